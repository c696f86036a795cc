import type { Job, LoadedJob } from "./job.ts";
import { lastAttempt } from "./job.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Summary } from "./run.ts";
import { isFinalJob, JOB_STATUSES, type JobStatus } from "./status.ts";

/** How the jobs of one step stand. */
export interface StepCounts {
  readonly byStatus: Record<JobStatus, number>;
  total: number;
  /** Ended failed or skipped by their own attempts, in this round: a retry of some is not judged by the others. */
  exhausted: number;
  /** Samples that failed with class `app`, by exit code, in this round, and have not succeeded since. */
  readonly appFailures: Map<number, Set<string>>;
}

/** A fold of the job states, one pass; then kept up as jobs change. Never stored: counts are derived. */
export interface Board {
  readonly round: number;
  readonly steps: ReadonlyMap<string, StepCounts>;
}

export function countJobs(pipeline: Pipeline, round: number, jobs: Iterable<Job>): Board {
  const steps = new Map(pipeline.steps.map((step) => [step.id, emptyCounts()]));
  const board = { round, steps };
  for (const job of jobs) add(board, job, 1);
  return board;
}

/** Takes a job's old state out of the counts, and its new one in. */
export function recount(board: Board, before: Job, after: Job): void {
  add(board, before, -1);
  add(board, after, 1);
}

function add(board: Board, job: Job, sign: 1 | -1): void {
  const counts = board.steps.get(job.step);
  if (!counts) return;
  counts.total += sign;
  counts.byStatus[job.status] += sign;
  if (job.exhausted && job.decision?.round === board.round) counts.exhausted += sign;
  if (job.decision?.round === board.round) addAppFailures(counts, job, sign);
}

function addAppFailures(counts: StepCounts, job: Job, sign: 1 | -1): void {
  const failed = (job.retries.app ?? 0) > 0 || (job.exhausted && job.class === "app");
  const code = job.exit_codes[job.classes.lastIndexOf("app")];
  if (job.status === "succeeded" || !failed || typeof code !== "number") return;
  const samples = counts.appFailures.get(code) ?? new Set();
  counts.appFailures.set(code, samples);
  if (sign > 0) samples.add(job.key);
  else samples.delete(job.key);
}

const emptyCounts = (): StepCounts => ({
  byStatus: Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as Record<JobStatus, number>,
  total: 0,
  exhausted: 0,
  appFailures: new Map(),
});

/** Jobs of the step that have not ended. */
export const openJobs = (counts: StepCounts): number =>
  counts.byStatus.pending + counts.byStatus.submitted + counts.byStatus.running;

/** `summary` but for its notes. `total` counts jobs not yet planned too; those are pending. */
export function summarise(board: Board, total: number): Omit<Summary, "notes"> {
  const sum = Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as Record<JobStatus, number>;
  let planned = 0;
  for (const counts of board.steps.values()) {
    for (const status of JOB_STATUSES) sum[status] += counts.byStatus[status];
    planned += counts.total;
  }
  return {
    total_jobs: Math.max(total, planned),
    ...sum,
    pending: sum.pending + Math.max(0, total - planned),
  };
}

/** Whether the job's current attempt is somewhere between recorded and ended. */
export function hasLiveAttempt(job: LoadedJob | Job): boolean {
  const last = lastAttempt(job);
  return last !== undefined && !isFinalJob(job.status) && isLive(last.status);
}
const isLive = (status: string): boolean =>
  status === "recorded" || status === "submitted" || status === "running";
