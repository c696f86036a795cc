/**
 * `npm run bench [-- --only NAME --full --json]`: the budgets of the design, measured, each against something that is measured in
 * the same run. Exits 1 when a budget is broken that does not depend on how busy the machine is. docs/benchmarks.md explains.
 */
import { parseArgs } from "node:util";
import { advanceBench } from "./advance.ts";
import { cloudBench } from "./cloud.ts";
import { coldImportBench } from "./cold-import.ts";
import { doomedRunBench } from "./doomed-run.ts";
import { idleTickBench } from "./idle-tick.ts";
import { latencyBench } from "./latency.ts";
import { loadBench } from "./load.ts";
import { localJobsBench } from "./local-jobs.ts";
import type { Bench, Row } from "./row.ts";
import { startBench } from "./start.ts";
import { renderTable } from "./table.ts";
import { writesBench } from "./writes.ts";

const BENCHES: readonly Bench[] = [
  localJobsBench,
  latencyBench,
  doomedRunBench,
  idleTickBench,
  writesBench,
  advanceBench,
  startBench,
  loadBench,
  coldImportBench,
  cloudBench,
];

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true },
      full: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const names = BENCHES.map(({ name }) => name);
  const unknown = values.only?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    console.error(`bench: there is no ${unknown}; there are ${names.join(", ")}`);
    return 2;
  }
  const rows: Row[] = [];
  for (const bench of BENCHES.filter(({ name }) => values.only?.includes(name) ?? true)) {
    if (!values.json) console.error(`bench: ${bench.name} ...`);
    rows.push(...(await bench.run({ full: values.full })));
  }
  console.log(values.json ? JSON.stringify({ node: process.version, rows }, null, 2) : renderTable(rows));
  return rows.some(({ holds, soft }) => holds === false && !soft) ? 1 : 0;
}
