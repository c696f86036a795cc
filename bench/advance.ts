import { createHash } from "node:crypto";
import { type AdvanceInput, advance } from "../src/core/advance.ts";
import { chunk } from "../src/core/chunk.ts";
import type { LoadedJob } from "../src/core/job.ts";
import type { Observation } from "../src/core/observation.ts";
import { Pipeline } from "../src/core/pipeline.ts";
import { planJob, slots } from "../src/core/plan.ts";
import type { Run } from "../src/core/run.ts";
import { isFinalRun } from "../src/core/status.ts";
import { aRun } from "../test/support/documents.ts";
import { sampleNames } from "./project.ts";
import { type Bench, median, type Row, timed } from "./row.ts";

const ROUNDS = 9;
const NOW = "2026-02-27T10:30:00.000Z";

/** The heart, on paper: so many jobs that run, so many of which have just ended. */
export const advanceBench: Bench = {
  name: "advance",
  async run() {
    const times = new Map<string, number[]>();
    const measure = async (jobs: number, changes: number): Promise<number[]> => {
      const key = `${jobs}/${changes}`;
      const known = times.get(key) ?? (await passes(jobs, changes));
      times.set(key, known);
      return known;
    };
    await measure(10_000, 1000); // warms the compiler up
    times.clear();
    const large = await measure(10_000, 1000);
    const small = await measure(10_000, 100);
    const tiny = await measure(10_000, 10);
    const none = await measure(10_000, 0);
    return [
      {
        what: "advance: 10,000 jobs, 1,000 of them ended now",
        measured: { unit: "ms", values: large },
        reference: { name: "none ended", unit: "ms", values: none },
        ratio: median(large) / median(none),
        budget: "under 100 ms",
        holds: median(large) < 100,
        soft: true,
      },
      perChange({ few: small, many: large, none, changes: [100, 1000] }),
      perChange({ few: tiny, many: small, none, changes: [10, 100] }),
      perJob(await measure(1000, 0), none, [1000, 10_000]),
      perJob(none, await measure(50_000, 0), [10_000, 50_000]),
      await chunking(),
    ];
  },
};

/** The cost of one change more, when there are many of them and when there are few: linear means about the same. */
function perChange(it: {
  few: readonly number[];
  many: readonly number[];
  none: readonly number[];
  changes: readonly [number, number];
}): Row {
  const [few, many] = it.changes;
  const base = Math.min(...it.none);
  const each = (values: readonly number[], changes: number): number =>
    (1000 * (Math.min(...values) - base)) / changes;
  const [small, large] = [each(it.few, few), each(it.many, many)];
  return {
    what: `advance: a change among ${many}, against one among ${few}`,
    measured: { unit: "us", values: [large] },
    reference: { name: `among ${few}`, unit: "us", values: [small] },
    ratio: large / small,
    budget: "linear: at most 2 x",
    holds: large <= 2 * Math.max(small, 1),
    soft: true,
  };
}

/** A pass in which nothing happens looks at every job once: so much for each. */
function perJob(few: readonly number[], many: readonly number[], jobs: readonly [number, number]): Row {
  const each = (values: readonly number[], count: number): number => (1e6 * Math.min(...values)) / count;
  const [small, large] = [each(few, jobs[0]), each(many, jobs[1])];
  return {
    what: `advance: nothing ended, a job among ${jobs[1]}, against one among ${jobs[0]}`,
    measured: { unit: "ns", values: [large] },
    reference: { name: `among ${jobs[0]}`, unit: "ns", values: [small] },
    ratio: large / small,
    budget: "linear: at most 2.5 x",
    holds: large <= 2.5 * small,
    soft: true,
  };
}

async function chunking(): Promise<Row> {
  const input = scene(10_000, 1000);
  const pass = advance(input);
  const values: number[] = [];
  let commits = 0;
  for (let round = 0; round < ROUNDS; round++) {
    values.push(
      await timed(() => {
        commits = chunk(input.run, input.jobs, pass).length;
      }),
    );
  }
  return {
    what: `chunk: those 1,000 changes into ${commits} commits`,
    measured: { unit: "ms", values },
    reference: null,
    ratio: null,
    budget: null,
    holds: null,
  };
}

async function passes(jobs: number, changes: number): Promise<number[]> {
  const input = scene(jobs, changes);
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    values.push(
      await timed(() => {
        const pass = advance(input);
        if (pass.jobs.length !== changes || isFinalRun(pass.run.status))
          throw new Error("not what was meant");
      }),
    );
  }
  return values;
}

/** A run of two steps, half of whose jobs run; of those, the first `changes` are now seen to have succeeded. */
function scene(jobs: number, changes: number): AdvanceInput {
  const pipeline = Pipeline.parse({
    pipeline: "p",
    steps: [
      { id: "a", script: "true", resources: { memory: "1GiB" } },
      { id: "b", needs: ["a"], script: "true", resources: { memory: "1GiB" } },
    ],
    max_parallel: jobs / 2,
  });
  const samples = sampleNames(jobs / 2);
  const run = runOf(pipeline, samples);
  const ready = advance(inputOf(run, plannedJobs(run)));
  const known = apply(plannedJobs(run), ready.jobs);
  const going = advance(inputOf(ready.run, known, running(ready.jobs.map(attemptIdOf))));
  const jobsNow = apply(known, going.jobs);
  // Nothing more is to be started: the changes are the ends alone, and the run is not over.
  const full: AdvanceInput = { ...inputOf(going.run, jobsNow), capacity: new Map([["local", FULL]]) };
  return { ...full, observations: ended([...going.jobs].slice(0, changes).map(attemptIdOf)) };
}

const ROOMY = { largest: {}, free: null };
const FULL = { largest: {}, free: { cpu: 0, memory: 0 } };

const inputOf = (
  run: Run,
  jobs: ReadonlyMap<string, LoadedJob>,
  observations: readonly Observation[] = [],
): AdvanceInput => ({
  run,
  jobs,
  observations,
  capacity: new Map([["local", ROOMY]]),
  recipients: new Map(),
  mostAttempts: 20,
  now: NOW,
});

function runOf(pipeline: Pipeline, samples: string[]): Run {
  const total = samples.length * pipeline.steps.length;
  const run = aRun({ pipeline_spec: pipeline, samples, status: "running", planned: total, rules: [] });
  return { ...run, summary: { ...run.summary, total_jobs: total, pending: total } };
}

function plannedJobs(run: Run): Map<string, LoadedJob> {
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const jobs = slots(run.pipeline_spec, run.samples, 0, Number.MAX_SAFE_INTEGER).map((slot) =>
    planJob(run, slot, { inputs: {}, upstream: [], storeUid: "store", hash }),
  );
  return new Map(jobs.map((job) => [job.key, { ...job, whole: true }]));
}

const apply = (jobs: ReadonlyMap<string, LoadedJob>, changed: readonly Omit<LoadedJob, "whole">[]) =>
  new Map([...jobs, ...changed.map((job) => [job.key, { ...job, whole: true }] as const)]);

const attemptIdOf = (job: Pick<LoadedJob, "attempts">): string => job.attempts.at(-1)!.id;

const running = (ids: readonly string[]): Observation[] =>
  ids.map((attempt) => ({ attempt, status: "running", raw_state: "RUNNING" }));

const ended = (ids: readonly string[]): Observation[] =>
  ids.map((attempt) => ({
    attempt,
    status: "succeeded",
    exit_code: 0,
    ended_at: NOW,
    verification: { manifest: { attempt, outputs: [] }, sizes: {}, metrics: {} },
  }));
