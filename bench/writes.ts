import { join } from "node:path";
import { RunsCache } from "../src/app/runs-cache.ts";
import { startRun } from "../src/app/start.ts";
import { tickRun } from "../src/app/tick.ts";
import type { Observation } from "../src/core/observation.ts";
import { Pipeline } from "../src/core/pipeline.ts";
import { isFinalRun } from "../src/core/status.ts";
import type { AttemptRef } from "../src/ports.ts";
import { openSqliteStore } from "../src/stores/sqlite/sqlite-store.ts";
import { countingStore } from "./counting-store.ts";
import { inFolder, sampleNames } from "./project.ts";
import { type Bench, once } from "./row.ts";
import { stubDeps, stubExecutor } from "./stub-world.ts";

const SAMPLES = 200;
const BUDGET = 5;

/** Job documents written for each attempt: recorded, submitted, running, ended, when each falls into a tick of its own. */
export const writesBench: Bench = {
  name: "writes",
  run: () =>
    inFolder(async (folder) => {
      const store = countingStore(openSqliteStore({ path: join(folder, "store.db") }));
      const attempts = await runWithRetries(store);
      const { jobWrites, writes } = store.counts;
      await store.close();
      const perAttempt = jobWrites / attempts;
      return [
        {
          what: `writes: job documents an attempt, ${SAMPLES} jobs, every fifth of them retried`,
          measured: once(perAttempt, ""),
          reference: { name: "all documents, events too", ...once(writes / attempts, "") },
          ratio: jobWrites / writes,
          budget: `at most ${BUDGET}`,
          holds: perAttempt <= BUDGET,
        },
      ];
    }),
};

async function runWithRetries(store: ReturnType<typeof countingStore>): Promise<number> {
  const asked = new Map<string, number>();
  const deps = stubDeps(
    store,
    stubExecutor((ref) => {
      const times = (asked.get(ref.attempt.id) ?? 0) + 1;
      asked.set(ref.attempt.id, times);
      return say(ref, times);
    }),
  );
  const pipeline = Pipeline.parse({
    pipeline: "writes",
    limits: { failed_jobs: 1, failed_samples: 1 },
    steps: [{ id: "a", script: "true", resources: { memory: "1GiB" } }],
  });
  const samples = sampleNames(SAMPLES).map((sample) => ({ sample, rows: [{ sample }] }));
  const { run } = await startRun(deps, { pipeline, samples, input: null, output: "/tmp/none" });
  const cache = new RunsCache();
  for (let tick = 0; tick < 100; tick++) {
    const after = await tickRun(deps, cache, run.run_id);
    if (after && isFinalRun(after.status)) break;
  }
  const { jobs } = (await store.load(run.run_id, 0, "whole"))!;
  return jobs.reduce((sum, job) => sum + job.attempts.length, 0);
}

/** Asked for the third time it is running, for the fifth time it has ended; every fifth job's first attempt in an OOM. */
function say({ attempt, job }: AttemptRef, times: number): Observation {
  if (times < 5) return { attempt: attempt.id, status: times < 3 ? "submitted" : "running" };
  const ill = attempt.attempt === 1 && Number(job.slice("a-s".length)) % 5 === 0;
  return ill
    ? { attempt: attempt.id, status: "failed", exit_code: 137, verdict: "oom" }
    : { attempt: attempt.id, status: "succeeded", exit_code: 0 };
}
