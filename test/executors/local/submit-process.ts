/** Another monitor: submits the attempts of the file it is given, says what came of each, and stays until it is killed. */
import { readFileSync } from "node:fs";
import { type LocalExecutorOptions, openLocalExecutor } from "../../../src/executors/local/local-executor.ts";
import type { Submission } from "../../../src/ports.ts";

const { options, submissions } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as {
  options: LocalExecutorOptions;
  submissions: Submission[];
};
const executor = openLocalExecutor(options);
const results = await executor.submit(submissions);
process.stdout.write(`${JSON.stringify(results)}\n`);
setInterval(() => {}, 1000);
