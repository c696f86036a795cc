import type { Attempt, Decision, Job } from "../core/job.ts";
import { nextAttempt } from "../core/job.ts";
import type { NoticeEvent } from "../core/run.ts";
import type { FailureClass } from "../core/status.ts";

/** How far the example run is. */
export interface Progress {
  readonly event: NoticeEvent;
  readonly now: string;
  readonly startedAt: string;
}

/** The sample that runs out of memory. */
const HUNGRY = "sample02";
/** In the middle of the run these have been aligned. */
const ALIGNED = ["sample01", "sample03", "sample04", "sample05"];

/** A planned job as it is at the moment that the event tells of. */
export function exampleJob(job: Job, progress: Progress): Job {
  switch (progress.event) {
    case "run.started":
      return job;
    case "run.failed":
      return job.step === "fastqc" ? missingProgram(job, progress) : notStarted(job, progress);
    case "run.completed":
      return job.step === "star_align" && job.sample === HUNGRY
        ? outOfMemory(job, progress)
        : succeeded(job, progress);
    default:
      return inTheMiddle(job, progress);
  }
}

function inTheMiddle(job: Job, progress: Progress): Job {
  if (job.step === "fastqc") return succeeded(job, progress);
  if (job.step === "multiqc") return rest(job, progress);
  const { event } = progress;
  if (job.sample === HUNGRY) {
    if (event === "job.retried") return retriedOnce(job, progress);
    return event === "run.waiting" ? waiting(job, progress) : outOfMemory(job, progress);
  }
  if (ALIGNED.includes(job.sample ?? "")) return succeeded(job, progress);
  return job.sample === "sample06" && event !== "run.cancelled"
    ? running(job, progress)
    : rest(job, progress);
}

const rest = (job: Job, { event, now }: Progress): Job =>
  event === "run.cancelled" ? { ...job, status: "cancelled", completed_at: now } : job;

/** Minutes of the example's attempts. */
const TOOK = 12;
const later = (instant: string, minutes: number): string =>
  new Date(Date.parse(instant) + minutes * 60_000).toISOString();

interface End {
  readonly code: number;
  readonly failure: FailureClass | null;
  readonly memory?: string;
}

function withAttempts(job: Job, { startedAt }: Progress, ends: readonly End[]): Job {
  const attempts: Attempt[] = ends.map(({ code, failure, memory }, at) => {
    const begun = later(startedAt, at * (TOOK + 2));
    return {
      ...nextAttempt(job, begun),
      attempt: at + 1,
      status: code === 0 ? "succeeded" : "failed",
      resources: { ...job.resources, ...(memory === undefined ? {} : { memory }) },
      submitted_at: begun,
      started_at: later(begun, 1),
      ended_at: later(begun, TOOK),
      exit_code: code,
      class: failure,
    };
  });
  const last = attempts.at(-1)!;
  return {
    ...job,
    submitted_at: last.submitted_at,
    started_at: last.started_at,
    completed_at: last.ended_at,
    exit_code: last.exit_code,
    class: last.class,
    exit_codes: attempts.map((attempt) => attempt.exit_code),
    classes: attempts.map((attempt) => attempt.class),
    retry_count: attempts.length - 1,
    attempts,
  };
}

function succeeded(job: Job, progress: Progress): Job {
  const metrics = job.step === "star_align" ? { reads: 41_250_000, mapped: 0.94 } : {};
  return {
    ...withAttempts(job, progress, [{ code: 0, failure: null }]),
    status: "succeeded",
    metrics,
  };
}

const decision = (progress: Progress, fields: Pick<Decision, "action" | "reasoning" | "rule" | "class">) => ({
  ...fields,
  evidence: [],
  timestamp: progress.now,
  round: 1,
  attempt: null,
  free: false,
});

const OOM = { code: 137, failure: "oom" } as const;

function outOfMemory(job: Job, progress: Progress): Job {
  const reasoning = `Exit code 137 indicates OOM. 8 GiB, 16 GiB and 32 GiB were not enough; the rule allows 2 retries. Skipping ${job.sample}.`;
  const ends = ["8GiB", "16GiB", "32GiB"].map((memory) => ({ ...OOM, memory }));
  return {
    ...withAttempts(job, progress, ends),
    status: "skipped",
    exhausted: true,
    error: "out of memory",
    decision: decision(progress, { action: "skip", reasoning, rule: "oom-ladder", class: "oom" }),
  };
}

function retriedOnce(job: Job, progress: Progress): Job {
  const reasoning = "Exit code 137 indicates OOM at 8 GiB. Trying again with 16 GiB (retry 1 of 2).";
  return {
    ...withAttempts(job, progress, [{ ...OOM, memory: "8GiB" }]),
    status: "pending",
    error: "out of memory",
    decision: decision(progress, { action: "retry", reasoning, rule: "oom-ladder", class: "oom" }),
  };
}

const running = (job: Job, progress: Progress): Job => ({
  ...withAttempts(job, progress, [{ code: 0, failure: null }]),
  status: "running",
  exit_code: null,
  completed_at: null,
});

const waiting = (job: Job, { now }: Progress): Job => ({
  ...job,
  status: "submitted",
  submitted_at: later(now, -31),
  waiting: { reason: "quota", since: later(now, -31), detail: "CPUS in us-central1 is used up" },
});

function missingProgram(job: Job, progress: Progress): Job {
  const reasoning =
    "Exit code 127: fastqc was not found. Install it, or name an image that has it. No retry would help.";
  return {
    ...withAttempts(job, progress, [{ code: 127, failure: "not_executable" }]),
    status: "failed",
    exhausted: true,
    error: "exit code 127: fastqc was not found",
    decision: decision(progress, {
      action: "fail",
      reasoning,
      rule: "not-executable",
      class: "not_executable",
    }),
  };
}

const notStarted = (job: Job, { now }: Progress): Job => ({
  ...job,
  status: "skipped",
  completed_at: now,
  blocked_by: "fastqc",
  error: "fastqc did not succeed",
});
