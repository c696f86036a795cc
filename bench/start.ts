import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { RunsCache } from "../src/app/runs-cache.ts";
import { startRun } from "../src/app/start.ts";
import { tickRun } from "../src/app/tick.ts";
import type { Job } from "../src/core/job.ts";
import { Pipeline } from "../src/core/pipeline.ts";
import type { Run } from "../src/core/run.ts";
import type { RunStore } from "../src/ports.ts";
import { openSqliteStore } from "../src/stores/sqlite/sqlite-store.ts";
import { inFolder, sampleNames } from "./project.ts";
import { type Bench, median, type Row, timed } from "./row.ts";
import { allRunning, stubDeps } from "./stub-world.ts";

const STARTS = 20;
const COMMITS = 50;
const pipeline = Pipeline.parse({ pipeline: "p", steps: [{ id: "a", script: "true" }] });

/** How fast a run begins, and what a commit of the embedded store costs beside SQLite's own. */
export const startBench: Bench = {
  name: "start",
  run: () =>
    inFolder(async (folder) => {
      const bare = bareCommits(join(folder, "bare.db"));
      const store = openSqliteStore({ path: join(folder, "store.db") });
      try {
        return [await starts(store, bare), await planning(store), ...(await commits(store, bare))];
      } finally {
        await store.close();
      }
    }),
};

const milliseconds = (values: readonly number[]) => ({ unit: "ms", values });

/** One row inserted and on the disk, as the store has it: write-ahead log, synchronous FULL. */
function bareCommits(path: string): number[] {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; CREATE TABLE t (text TEXT)");
  const insert = database.prepare("INSERT INTO t VALUES (?)");
  const text = "x".repeat(3000);
  const values = Array.from({ length: COMMITS }, () => {
    const begun = performance.now();
    insert.run(text);
    return performance.now() - begun;
  });
  database.close();
  return values;
}

const inputOf = (samples: number) => ({
  pipeline,
  samples: sampleNames(samples).map((sample) => ({ sample, rows: [{ sample }] })),
  input: null,
  output: "/tmp/none",
});

async function starts(store: RunStore, bare: readonly number[]): Promise<Row> {
  const deps = stubDeps(store, allRunning);
  const values: number[] = [];
  for (let at = 0; at < STARTS; at++) values.push(await timed(() => startRun(deps, inputOf(100))));
  return {
    what: "start of a run of 100 samples (one atomic commit)",
    measured: milliseconds(values),
    reference: { name: "a bare SQLite insert", ...milliseconds(bare) },
    ratio: median(values) / median(bare),
    budget: null,
    holds: null,
  };
}

/** Planning in chunks of one commit each, and how that grows. */
async function planning(store: RunStore): Promise<Row> {
  const [few, many] = [1000, 10_000];
  const rate = async (samples: number): Promise<number> => {
    const deps = stubDeps(store, allRunning);
    const { run } = await startRun(deps, { ...inputOf(samples), hold: true });
    return samples / ((await timed(() => tickRun(deps, new RunsCache(), run.run_id))) / 1000);
  };
  const slow = await rate(few);
  const fast = await rate(many);
  return {
    what: `planning, ${many} jobs`,
    measured: { unit: "jobs/s", values: [fast] },
    reference: { name: `${few} jobs`, unit: "jobs/s", values: [slow] },
    ratio: slow / fast,
    budget: "linear: at most 2 x slower",
    holds: slow <= 2 * fast,
    soft: true,
  };
}

async function commits(store: RunStore, bare: readonly number[]): Promise<Row[]> {
  const deps = stubDeps(store, allRunning);
  const { run } = await startRun(deps, { ...inputOf(180), hold: true });
  await tickRun(deps, new RunsCache(), run.run_id);
  const { run: planned, jobs } = (await store.load(run.run_id, 0, "whole"))!;
  const whole = jobs.map(({ whole: _whole, ...job }) => job);
  const rows: Row[] = [];
  let now = planned;
  for (const count of [1, 180]) {
    const values: number[] = [];
    for (let at = 0; at < COMMITS; at++) {
      values.push(
        await timed(async () => {
          now = await commitJobs(store, now, whole.slice(0, count));
        }),
      );
    }
    rows.push({
      what: `commit of ${count} job${count === 1 ? "" : "s"} (SQLite, on the disk)`,
      measured: milliseconds(values),
      reference: { name: "a bare SQLite insert", ...milliseconds(bare) },
      ratio: median(values) / median(bare),
      budget: null,
      holds: null,
    });
  }
  return rows;
}

async function commitJobs(store: RunStore, run: Run, jobs: readonly Job[]): Promise<Run> {
  const result = await store.commit({ run, jobs, events: [], notices: [] });
  if (result.kind === "conflict") throw new Error("nobody else writes here");
  return { ...run, rev: result.rev };
}
