/** Holds the rooms apart: imports point one way. Prints every import that does not, and exits 1. */
import { importProblems } from "./import-rules.ts";

const problems = importProblems();
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log("imports point one way");
