/**
 * Runs the tests: `npm test` all but the long ones, `--chaos` the full counts of kills and histories, `--tools` the
 * pipelines of real bioinformatics tools. Further arguments are files to run instead.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname } from "node:path";

const root = dirname(import.meta.dirname);
const args = process.argv.slice(2);
const suite = args.find((arg) => arg.startsWith("--"))?.slice(2) ?? "all";
const named = args.filter((arg) => !arg.startsWith("--"));

const PATTERNS: Record<string, string[]> = {
  all: ["test/**/*.test.ts"],
  chaos: [
    "test/e2e/kills.test.ts",
    "test/e2e/cloud-kills.test.ts",
    "test/e2e/delivery-kills.test.ts",
    "test/app/deliver-crashes.test.ts",
    "test/e2e/at-once.test.ts",
    "test/core/{invariants,exhaustive,hostile}.test.ts",
  ],
  tools: ["test/**/*.tools.test.ts"],
};
const patterns = PATTERNS[suite];
if (!patterns) {
  console.error(`there is no suite --${suite}; there are ${Object.keys(PATTERNS).join(", ")}`);
  process.exit(2);
}
const found = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
const files =
  named.length > 0 ? named : found.filter((file) => suite !== "all" || !file.endsWith(".tools.test.ts"));

const full = {
  BIOAGENT_HISTORIES: "5000",
  BIOAGENT_KILLS: "200",
  BIOAGENT_CLOUD_KILLS: "100",
  BIOAGENT_DELIVERY_KILLS: "500",
};
const done = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, METADATA_SERVER_DETECTION: "none", ...(suite === "chaos" ? full : {}) },
});
process.exit(done.status ?? 1);
