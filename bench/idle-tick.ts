import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deps } from "../src/app/deps.ts";
import { RunsCache } from "../src/app/runs-cache.ts";
import { startRun } from "../src/app/start.ts";
import { tickAll, tickRun } from "../src/app/tick.ts";
import { Pipeline } from "../src/core/pipeline.ts";
import { writeLedger } from "../src/ledger/write-ledger.ts";
import { openSqliteStore } from "../src/stores/sqlite/sqlite-store.ts";
import { countingStore } from "./counting-store.ts";
import { inFolder, sampleNames } from "./project.ts";
import { type Bench, once, type Row, timed } from "./row.ts";
import { allRunning, stubDeps } from "./stub-world.ts";

export const RUNNING_JOBS = 10_000;
const TICKS = 5;

/** What a pass costs in which nothing happens, over 10,000 jobs that run. */
export const idleTickBench: Bench = {
  name: "idle",
  run: () =>
    inFolder(async (folder) => {
      const path = join(folder, "store.db");
      const runId = await startRunning(path);
      return [...(await warm(path, folder)), ...cold(path, runId)];
    }),
};

async function startRunning(path: string): Promise<string> {
  const store = openSqliteStore({ path });
  const deps = stubDeps(store, allRunning);
  const pipeline = Pipeline.parse({ pipeline: "idle", steps: [{ id: "wait", script: "sleep 1000" }] });
  const samples = sampleNames(RUNNING_JOBS).map((sample) => ({ sample, rows: [{ sample }] }));
  const { run } = await startRun(deps, { pipeline, samples, input: null, output: "/tmp/none" });
  const cache = new RunsCache();
  await tickRun(deps, cache, run.run_id);
  const after = await tickRun(deps, cache, run.run_id);
  if (after?.summary.running !== RUNNING_JOBS) throw new Error(`only ${after?.summary.running} jobs run`);
  await store.close();
  return run.run_id;
}

async function warm(path: string, folder: string): Promise<Row[]> {
  const store = countingStore(openSqliteStore({ path }));
  let now = Date.now();
  const written: string[] = [];
  const deps: Deps = {
    ...stubDeps(store, allRunning),
    now: () => new Date(now).toISOString(),
    ledger: writeLedger({
      files: { read: async () => null, write: async (uri) => void written.push(uri) },
      ledger: folder,
      store,
    }),
  };
  const cache = new RunsCache();
  const firstTick = await timed(() => tickAll(deps, cache, "due"));
  const milliseconds: number[] = [];
  Object.assign(store.counts, { reads: 0, writes: 0 });
  written.length = 0;
  for (let tick = 0; tick < TICKS; tick++) {
    now += 61_000;
    milliseconds.push(await timed(() => tickAll(deps, cache, "due")));
  }
  const { reads, writes } = store.counts;
  await store.close();
  const what = `idle tick over ${RUNNING_JOBS} running jobs, warm`;
  return [
    exactly(`${what}: document reads a run`, reads / TICKS, 2),
    exactly(`${what}: document writes`, writes / TICKS, 0),
    exactly(`${what}: ledger files written`, written.length / TICKS, 0),
    {
      what: `${what}: time`,
      measured: { unit: "ms", values: milliseconds },
      reference: { name: "the first tick of the same process", ...once(firstTick, "ms") },
      ratio: Math.min(...milliseconds) / firstTick,
      budget: null,
      holds: null,
    },
  ];
}

const exactly = (what: string, measured: number, budget: number): Row => ({
  what,
  measured: once(measured, ""),
  reference: null,
  ratio: null,
  budget: `${budget}`,
  holds: measured <= budget,
});

/** In a process of its own, whose memory is nobody else's. */
function cold(path: string, runId: string): Row[] {
  const child = spawnSync(
    process.execPath,
    [fileURLToPath(new URL("cold-tick.ts", import.meta.url)), path, runId],
    { encoding: "utf8" },
  );
  if (child.status !== 0) throw new Error(`cold tick failed: ${child.stderr}`);
  const { reads, milliseconds, peakMiB, bareMiB } = JSON.parse(child.stdout) as ColdTick;
  const what = `idle tick over ${RUNNING_JOBS} running jobs, cold`;
  return [
    {
      what: `${what}: document reads`,
      measured: once(reads, ""),
      reference: { name: "open jobs", ...once(RUNNING_JOBS, "") },
      ratio: reads / RUNNING_JOBS,
      budget: "one for each open job (and 2)",
      holds: reads <= RUNNING_JOBS + 2,
    },
    {
      what: `${what}: peak memory`,
      measured: once(peakMiB, "MiB"),
      reference: { name: "before the tick", ...once(bareMiB, "MiB") },
      ratio: peakMiB / bareMiB,
      budget: "under 200 MiB",
      holds: peakMiB < 200,
    },
    {
      what: `${what}: time`,
      measured: once(milliseconds, "ms"),
      reference: null,
      ratio: null,
      budget: null,
      holds: null,
    },
  ];
}

/** What `cold-tick.ts` prints. */
export interface ColdTick {
  readonly reads: number;
  readonly milliseconds: number;
  readonly peakMiB: number;
  readonly bareMiB: number;
}
