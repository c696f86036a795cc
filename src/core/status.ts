/** The closed vocabularies of runs, jobs and attempts. Foreign words stand only in `raw_state`. */

export const RUN_STATUSES = [
  /** Set by `start`; its jobs are being planned, in chunks. Left by the tick that plans the last chunk, or by cancel. */
  "planning",
  /** Jobs are being submitted and watched. Left when every job has ended. */
  "running",
  /** Every job ended and at least one sample succeeded; some may have been skipped: see `outcome`. */
  "completed",
  /** Stopped by a limit or the canary (`aborted`), or no sample succeeded (`all_failed`). */
  "failed",
  /** A person cancelled it, and every attempt has really ended. */
  "cancelled",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const OUTCOMES = [
  "all_succeeded",
  "some_skipped",
  "some_failed",
  "all_failed",
  "aborted",
  "cancelled",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const JOB_STATUSES = [
  /** Planned, or between two attempts. Left when the executor confirms an attempt, or by a skip or cancel. */
  "pending",
  /** The executor has taken the current attempt; it does not run yet. */
  "submitted",
  /** The current attempt runs. */
  "running",
  /** Exit 0, no memory kill, and every declared output verified. Final. */
  "succeeded",
  /** Used up its attempts and something must be mended. Final. */
  "failed",
  /** Used up its attempts and its data is unusable, or a job that it needs did not succeed. Final. */
  "skipped",
  /** The run was cancelled or aborted before the job succeeded. Final. */
  "cancelled",
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const ATTEMPT_STATUSES = [
  /** Written down under its derived id; perhaps not yet submitted. */
  "recorded",
  /** The executor has confirmed the id. */
  "submitted",
  /** It works. */
  "running",
  /** Exit 0 and outputs verified. Final. */
  "succeeded",
  /** Ended otherwise; `class` says how. Final. */
  "failed",
  /** Ended because we asked for it. Final. */
  "cancelled",
  /** Nobody knows, and the silence was long enough. Final. */
  "lost",
] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

export const FAILURE_CLASSES = [
  "oom",
  "preempted",
  "infra",
  "timeout",
  "disk_full",
  "missing_output",
  "not_executable",
  "image",
  "permission",
  "config",
  "io",
  "bad_input",
  "app",
  "cancelled_elsewhere",
  "lost",
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const EXECUTOR_KINDS = ["gcp_batch", "slurm", "local"] as const;
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];

/** Waits that are stored; `dependencies`, `concurrency` and `backoff` are derived when read. */
export const WAITING_REASONS = ["quota", "capacity", "executor_unreachable", "verification"] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

export const ACTIONS = ["retry", "skip", "fail", "abort", "wait"] as const;
export type Action = (typeof ACTIONS)[number];

export const EVIDENCE_SOURCES = [
  "exit_code",
  /** A kill that the kernel counted in the attempt's own group. */
  "cgroup",
  /** A limit that was only sampled. */
  "sampled",
  "log",
  /** The provider's own words. */
  "event",
  "manifest",
  "executor",
  /** The attempt's own limit of time or disk, enforced by its executor. */
  "limit",
  /** A pattern that the step or a rule names. */
  "pattern",
] as const;
export type EvidenceSource = (typeof EVIDENCE_SOURCES)[number];

export const isFinalRun = (status: RunStatus): boolean =>
  status === "completed" || status === "failed" || status === "cancelled";

export const isFinalJob = (status: JobStatus): boolean =>
  status === "succeeded" || status === "failed" || status === "skipped" || status === "cancelled";

export const isFinalAttempt = (status: AttemptStatus): boolean =>
  status === "succeeded" || status === "failed" || status === "cancelled" || status === "lost";
