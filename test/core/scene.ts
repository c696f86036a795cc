import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Advance, advance } from "../../src/core/advance.ts";
import { ruleTable } from "../../src/core/default-rules.ts";
import type { CoreCapacity } from "../../src/core/draft.ts";
import type { Event } from "../../src/core/event.ts";
import type { Attempt, Job, LoadedJob } from "../../src/core/job.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { Observation } from "../../src/core/observation.ts";
import { Pipeline, type PipelineInput, stepOf } from "../../src/core/pipeline.ts";
import { jobCount, planJob, slots } from "../../src/core/plan.ts";
import type { Run } from "../../src/core/run.ts";
import { type ExecutorKind, JOB_STATUSES } from "../../src/core/status.ts";
import { fillPattern } from "../../src/core/verify.ts";
import { aRun } from "../support/documents.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

type StepInput = Partial<PipelineInput["steps"][number]> & { id: string };

/** A pipeline of steps that are given only as far as the test cares. */
export const pipelineOf = (
  steps: readonly StepInput[],
  rest: Partial<Omit<PipelineInput, "steps">> = {},
): Pipeline =>
  Pipeline.parse({
    pipeline: "p",
    steps: steps.map((step) => ({
      script: "true",
      outputs: [step.per === "run" ? `${step.id}.txt` : `${step.id}/{sample}.txt`],
      ...step,
    })),
    ...rest,
  });

/** A planned run of this pipeline, running, with its table of rules. */
export function runOf(pipeline: Pipeline, samples: readonly string[], fields: Partial<Run> = {}): Run {
  const total = jobCount(pipeline, samples.length);
  const run = aRun({
    run_id: "2026-02-27_p_001",
    pipeline_spec: pipeline,
    samples: [...samples],
    status: "running",
    started_at: "2026-02-27T10:00:00Z",
    rules: ruleTable(pipeline),
    planned: total,
    ...fields,
  });
  const summary = { ...run.summary, total_jobs: total, pending: total };
  const config = { ...run.config, output: "/out/2026-02-27_p_001/", limits: pipeline.limits };
  return { ...run, summary, config };
}

/** Every job of a run, planned. */
export function planned(run: Run): Map<string, LoadedJob> {
  const jobs = slots(run.pipeline_spec, run.samples, 0, Number.MAX_SAFE_INTEGER).map((slot) =>
    planJob(run, slot, { inputs: {}, upstream: [], storeUid: "store", hash: sha256 }),
  );
  return new Map(jobs.map((job) => [job.key, { ...job, whole: true }]));
}

const ROOMY: CoreCapacity = { largest: {}, free: null };

/** A run on paper: a clock driven by hand, and what `advance` makes of what is seen. */
export class Scene {
  run: Run;
  jobs: Map<string, LoadedJob>;
  now = "2026-02-27T10:30:00.000Z";
  mostAttempts = 100;
  followers: ReadonlySet<string> = new Set();
  capacity = new Map<ExecutorKind, CoreCapacity>([["local", ROOMY]]);
  readonly events: Event[] = [];
  readonly notices: Notice[] = [];

  constructor(pipeline: Pipeline, samples: readonly string[], fields: Partial<Run> = {}) {
    this.run = runOf(pipeline, samples, fields);
    this.jobs = planned(this.run);
  }

  /** One pass. The summary of what comes out is held against the fold of its jobs. */
  advance(observations: readonly Observation[] = []): Advance {
    const pass = advance({
      run: this.run,
      jobs: this.jobs,
      observations,
      capacity: this.capacity,
      recipients: new Map(),
      followers: this.followers,
      mostAttempts: this.mostAttempts,
      now: this.now,
    });
    assert.deepEqual(pass.missing, []);
    this.run = pass.run;
    for (const job of pass.jobs) this.jobs.set(job.key, { ...job, whole: true });
    this.events.push(...pass.events);
    this.notices.push(...pass.notices);
    assertFold(this.run, this.jobs.values());
    return pass;
  }

  wait(seconds: number): void {
    this.now = new Date(Date.parse(this.now) + seconds * 1000).toISOString();
  }

  job(key: string): LoadedJob {
    const job = this.jobs.get(key);
    assert.ok(job, `there is no job ${key}`);
    return job;
  }

  /** The job's current attempt. */
  attempt(key: string): Attempt {
    const attempt = this.job(key).attempts.at(-1);
    assert.ok(attempt, `job ${key} has no attempt`);
    return attempt;
  }

  /** An observation of the job's current attempt. */
  of(key: string, seen: Omit<Observation, "attempt">): Observation {
    return { attempt: this.attempt(key).id, ...seen };
  }

  /** Exit 0 with every declared output there. */
  ok(key: string): Observation {
    const job = this.job(key);
    const outputs = stepOf(this.run.pipeline_spec, job.step).outputs.map(({ path }) => {
      const filled = fillPattern(path, job.sample);
      return { pattern: filled, path: filled, size: 3, checksum: null };
    });
    const sizes = Object.fromEntries(outputs.map(({ path }) => [path, 3]));
    const manifest = { attempt: this.attempt(key).id, outputs };
    return this.of(key, {
      status: "succeeded",
      exit_code: 0,
      verification: { manifest, sizes, metrics: {} },
    });
  }

  /** The keys of jobs in each status that occurs. */
  standing(): Record<string, string[]> {
    const by = Map.groupBy([...this.jobs.values()], (job) => job.status);
    return Object.fromEntries([...by].map(([status, jobs]) => [status, jobs.map((job) => job.key)]));
  }
}

/** Counts are derived: `summary` is the fold of the job states, jobs not yet planned being pending. */
export function assertFold(run: Run, jobs: Iterable<Job>): void {
  const all = [...jobs];
  const unplanned = Math.max(0, run.summary.total_jobs - all.length);
  for (const status of JOB_STATUSES) {
    const count = all.filter((job) => job.status === status).length + (status === "pending" ? unplanned : 0);
    assert.equal(run.summary[status], count, `summary.${status}`);
  }
}
