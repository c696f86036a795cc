import { z } from "zod";
import { Resources } from "./resources.ts";
import { Instant, Waiting } from "./run.ts";
import {
  ACTIONS,
  ATTEMPT_STATUSES,
  EVIDENCE_SOURCES,
  EXECUTOR_KINDS,
  FAILURE_CLASSES,
  JOB_STATUSES,
} from "./status.ts";

/** One thing that was seen and that speaks for a class: a counted kill, a line of the log, an event's text. */
export const Evidence = z.object({
  source: z.enum(EVIDENCE_SOURCES),
  text: z.string(),
});
export type Evidence = z.infer<typeof Evidence>;

export const Decision = z.object({
  action: z.enum(ACTIONS),
  /** A sentence a person would write: what was seen, what was tried, what is done now. */
  reasoning: z.string(),
  /** The rule that decided; null where no rule did (a dependent, a cancel, a limit). */
  rule: z.string().nullable(),
  class: z.enum(FAILURE_CLASSES).nullable(),
  evidence: z.array(Evidence),
  timestamp: Instant,
  round: z.number().int(),
  attempt: z.number().int().nullable(),
  /** A retry of an attempt that never ran: it spends nothing. */
  free: z.boolean(),
});
export type Decision = z.infer<typeof Decision>;

/** What the executor needs to find the attempt again: its own business, opaque to core. */
export const Handle = z.record(z.string(), z.unknown());
export type Handle = z.infer<typeof Handle>;

export const Attempt = z.object({
  attempt: z.number().int().min(1),
  id: z.string(),
  status: z.enum(ATTEMPT_STATUSES),
  executor: z.enum(EXECUTOR_KINDS),
  handle: Handle.nullable(),
  /** Null until arrays come. */
  group: z.string().nullable(),
  origin: z.enum(["submitted", "adopted"]),
  resources: Resources,
  recorded_at: Instant,
  submitted_at: Instant.nullable(),
  started_at: Instant.nullable(),
  ended_at: Instant.nullable(),
  raw_state: z.string().nullable(),
  exit_code: z.number().int().nullable(),
  class: z.enum(FAILURE_CLASSES).nullable(),
  evidence: z.array(Evidence),
  /** Bytes. */
  peak_memory: z.number().nullable(),
  log_tail: z.string().nullable(),
  log_uri: z.string().nullable(),
  cancel_requested_at: Instant.nullable(),
  /** Why we cancel it when not because the run stops: a waiting rule wants it elsewhere, or over. */
  cancel_decision: Decision.nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** A published file, as its manifest says. */
export const OutputFile = z.object({
  path: z.string(),
  /** Bytes. */
  size: z.number(),
  checksum: z.string().nullable(),
});
export type OutputFile = z.infer<typeof OutputFile>;

/** Failures by class. */
export const ClassCounts = z.partialRecord(z.enum(FAILURE_CLASSES), z.number().int());
export type ClassCounts = z.infer<typeof ClassCounts>;

export const Job = z.object({
  run_id: z.string(),
  pipeline: z.string(),
  /** `STEP-SAMPLE`, or the step's id when it is per run. */
  key: z.string(),
  /** The current attempt's id; the id that the first attempt will have, before there is one. */
  job_id: z.string(),
  step: z.string(),
  sample: z.string().nullable(),
  inputs: z.record(z.string(), z.string()),
  status: z.enum(JOB_STATUSES),
  submitted_at: Instant.nullable(),
  started_at: Instant.nullable(),
  completed_at: Instant.nullable(),
  exit_code: z.number().int().nullable(),
  class: z.enum(FAILURE_CLASSES).nullable(),
  /** Of every attempt, so that what a retry cured is still found. */
  exit_codes: z.array(z.number().int().nullable()),
  classes: z.array(z.enum(FAILURE_CLASSES).nullable()),
  /** Attempts after the first. */
  retry_count: z.number().int(),
  /** Retries spent in this round, by class. */
  retries: ClassCounts,
  error: z.string().nullable(),
  decision: Decision.nullable(),
  /** What the next attempt will ask for: the rung of the ladder. */
  resources: Resources,
  /** Where the next attempt will run. */
  executor: z.enum(EXECUTOR_KINDS),
  outputs: z.array(OutputFile),
  metrics: z.record(z.string(), z.unknown()),
  waiting: Waiting.nullable(),
  /** The next attempt waits until then (backoff). */
  not_before: Instant.nullable(),
  fingerprint: z.string().nullable(),
  /** The run and job whose outputs this one took over; it has no attempt of its own. */
  reused_from: z.object({ run_id: z.string(), job: z.string() }).nullable(),
  /** The job that this one needed and that did not succeed. */
  blocked_by: z.string().nullable(),
  /** Ended by its own attempts, not as a dependent, nor by cancel. */
  exhausted: z.boolean(),
  attempts: z.array(Attempt),
  decisions: z.array(Decision),
  rev: z.number().int(),
});
export type Job = z.infer<typeof Job>;

/**
 * A job as a tick loads it: the deciding fields, and of the attempts only the last, without its log.
 * `whole` says whether it is all there; only a whole job may be changed.
 */
export interface LoadedJob extends Job {
  readonly whole: boolean;
}

/** The current attempt, if there ever was one. */
export const lastAttempt = (job: Pick<Job, "attempts">): Attempt | undefined => job.attempts.at(-1);

/** The id of a job's attempt number `n`: the job's base, then `-aN`. */
export const attemptId = (base: string, attempt: number): string => `${base}-a${attempt}`;
export const attemptBase = (id: string): string => id.replace(/-a\d+$/, "");

/** What every planned job is before anything has happened to it. */
export const UNTOUCHED = {
  status: "pending",
  submitted_at: null,
  started_at: null,
  completed_at: null,
  exit_code: null,
  class: null,
  exit_codes: [],
  classes: [],
  retry_count: 0,
  retries: {},
  error: null,
  decision: null,
  outputs: [],
  metrics: {},
  waiting: null,
  not_before: null,
  reused_from: null,
  blocked_by: null,
  exhausted: false,
  attempts: [],
  decisions: [],
  rev: 0,
} satisfies Partial<Job>;

/** The next attempt of a job, as it is written down before anything is submitted. */
export function nextAttempt(job: Job, recordedAt: string): Attempt {
  const attempt = (lastAttempt(job)?.attempt ?? 0) + 1;
  return {
    attempt,
    id: attemptId(attemptBase(job.job_id), attempt),
    status: "recorded",
    executor: job.executor,
    handle: null,
    group: null,
    origin: "submitted",
    resources: job.resources,
    recorded_at: recordedAt,
    submitted_at: null,
    started_at: null,
    ended_at: null,
    raw_state: null,
    exit_code: null,
    class: null,
    evidence: [],
    peak_memory: null,
    log_tail: null,
    log_uri: null,
    cancel_requested_at: null,
    cancel_decision: null,
  };
}
