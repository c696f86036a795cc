import { createHash } from "node:crypto";
import type { Deps } from "../../src/app/deps.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { startRun } from "../../src/app/start.ts";
import { tickRun } from "../../src/app/tick.ts";
import type { Job } from "../../src/core/job.ts";
import { Pipeline, type PipelineInput } from "../../src/core/pipeline.ts";
import type { Run } from "../../src/core/run.ts";
import { isFinalJob, isFinalRun, JOB_STATUSES } from "../../src/core/status.ts";
import type { Commit, RunStore } from "../../src/ports.ts";
import { openMemoryStore } from "./memory-store.ts";
import type { Processes } from "./processes.ts";
import type { World } from "./world.ts";

/** A store whose every commit is held against the invariants. */
export function watchedStore(world: World): RunStore & { readonly commits: Commit[] } {
  const store = openMemoryStore();
  const commits: Commit[] = [];
  const finalJobs = new Map<string, Job>();
  const commit = async (change: Commit) => {
    const result = await store.commit(change);
    if (result.kind === "done") {
      commits.push(change);
      const loaded = await store.load(change.run.run_id, 0, "whole");
      checkState(world, loaded!.run, loaded!.jobs, finalJobs);
    }
    return result;
  };
  return Object.assign(Object.create(store), { ...store, commit, commits });
}

function checkState(world: World, run: Run, jobs: readonly Job[], finals: Map<string, Job>): void {
  const blame = (text: string) => world.violations.push(text);
  for (const status of JOB_STATUSES) {
    const count = jobs.filter((job) => job.status === status).length;
    const unplanned = status === "pending" ? Math.max(0, run.summary.total_jobs - jobs.length) : 0;
    if (run.summary[status] !== count + unplanned) {
      blame(`summary says ${run.summary[status]} ${status}, the jobs say ${count + unplanned}`);
    }
  }
  for (const job of jobs) checkJob(world, run, job, finals);
  if (isFinalRun(run.status) && jobs.some((job) => !isFinalJob(job.status)))
    blame("a final run has open jobs");
}

function checkJob(world: World, run: Run, job: Job, finals: Map<string, Job>): void {
  const blame = (text: string) => world.violations.push(`${job.key}: ${text}`);
  const before = finals.get(`${run.round}/${job.key}`);
  if (before && before.status !== job.status) blame(`was ${before.status} for good, and is ${job.status}`);
  if (isFinalJob(job.status)) finals.set(`${run.round}/${job.key}`, job);
  const last = job.attempts.at(-1);
  if (job.status === "succeeded" && last && !world.published(last.id))
    blame("succeeded without published outputs");
  job.attempts.forEach((attempt, at) => {
    if (attempt.attempt !== at + 1) blame(`attempt ${at + 1} is numbered ${attempt.attempt}`);
  });
  const ooms = job.classes.filter((failure) => failure === "oom").length;
  const memory = Number.parseInt(job.resources.memory, 10);
  if (memory > 2 ** ooms) blame(`memory is ${job.resources.memory} after ${ooms} OOMs`);
  if (job.retry_count !== Math.max(0, job.attempts.length - 1))
    blame("retry_count is not the attempts after the first");
}

/** What a monitor process has; with `processes`, each call of a port is a step that can be its last. */
export function monitorDeps(
  world: World,
  store: RunStore,
  at?: { processes: Processes; name: string; steps: readonly string[] },
): Deps {
  const wrap = <T extends object>(port: T): T => (at ? at.processes.wrap(at.name, port, at.steps) : port);
  return {
    store: wrap(store),
    executors: new Map([["local", wrap(world.executor())]]),
    files: wrap(world.files()),
    channels: new Map(),
    brokenChannels: new Map(),
    patterns: { matching: () => [] },
    ledger: { record: async () => [] },
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    now: world.now,
    random: () => 0.5,
    dayOf: (instant) => instant.slice(0, 10),
    defaultExecutor: "local",
    subscriptions: [{ on: ["run.completed", "run.failed", "run.cancelled"], to: ["lab"] }],
    caps: { jobsPerRun: 1000, runsPerHour: 1000, attemptsPerJob: 20, memoryBytes: null },
    ping: async () => {},
    warn: () => {},
  };
}

/** The steps of a process worth choosing between: those that others can see, or that read what others change. */
export const VISIBLE_STEPS = ["load", "commit", "observe", "submit", "cancel"] as const;

export async function startIn(
  deps: Deps,
  pipeline: PipelineInput,
  samples: readonly string[],
): Promise<string> {
  const { run } = await startRun(deps, {
    pipeline: Pipeline.parse(pipeline),
    samples: samples.map((sample) => ({ sample, rows: [{ sample }] })),
    input: null,
    output: "/out",
  });
  return run.run_id;
}

/** Ticks without faults until the run ends: at most `bound` times. Returns the run. */
export async function finish(world: World, store: RunStore, runId: string, bound: number): Promise<Run> {
  world.unreachable = world.blind = world.stale = false;
  const deps = monitorDeps(world, store);
  const cache = new RunsCache();
  for (let tick = 0; tick < bound; tick++) {
    const run = await tickRun(deps, cache, runId);
    if (run && isFinalRun(run.status)) return run;
    world.progress();
    world.pass(60);
  }
  const left = await store.load(runId, 0, "whole");
  const open = left!.jobs.filter((job) => !isFinalJob(job.status)).map((job) => `${job.key} ${job.status}`);
  throw new Error(`the run has not ended after ${bound} ticks; open: ${open.join(", ")}`);
}
