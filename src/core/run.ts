import { z } from "zod";
import { Limits, Params, Pipeline, PRESETS } from "./pipeline.ts";
import { Rule } from "./rule.ts";
import { EXECUTOR_KINDS, JOB_STATUSES, OUTCOMES, RUN_STATUSES, WAITING_REASONS } from "./status.ts";

/** An instant: UTC, ISO 8601, `2026-02-27T10:30:00Z` or with milliseconds. */
export const Instant = z.iso.datetime();

export const Waiting = z.object({
  reason: z.enum(WAITING_REASONS),
  since: Instant,
  detail: z.string().optional(),
});
export type Waiting = z.infer<typeof Waiting>;

/** What one can subscribe to. */
export const SUBSCRIBED_EVENTS = [
  "run.started",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "job.skipped",
  "job.retried",
  "run.waiting",
  "run.stalled",
] as const;
/** `run.progress` goes to channels that follow a run: its jobs have changed. */
export const NOTICE_EVENTS = [...SUBSCRIBED_EVENTS, "run.progress"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** What shall be told, to whom. `to` are channel names. */
export const Subscription = z.strictObject({
  on: z.array(z.enum(SUBSCRIBED_EVENTS)).min(1),
  to: z.array(z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/)).min(1),
  pipelines: z.array(z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
export type Subscription = z.infer<typeof Subscription>;

/** How many jobs stand in each status: a fold of the job states, never counted on its own. */
export const Summary = z.object({
  total_jobs: z.number().int(),
  ...(Object.fromEntries(JOB_STATUSES.map((status) => [status, z.number().int()])) as Record<
    (typeof JOB_STATUSES)[number],
    z.ZodNumber
  >),
  /** One line for people: who was skipped or failed, and why. */
  notes: z.string(),
});
export type Summary = z.infer<typeof Summary>;

/** From cancel or abort until every attempt has really ended. */
export const Stopping = z.object({
  reason: z.string(),
  since: Instant,
  action: z.enum(["cancel", "abort"]),
  by: z.string().nullable().optional(),
});
export type Stopping = z.infer<typeof Stopping>;

/** Names of labels. */
export const LABEL_PATTERN = /^[a-z][a-z0-9_-]{0,62}$/;

/** Run names: four words, or a slug of the user's. */
export const NAME_PATTERN = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export const RunConfig = z.object({
  input: z.string().nullable(),
  /** The folder the user gave, the run id, and `/`. */
  output: z.string(),
  reference: z.string().nullable(),
  executor: z.enum(EXECUTOR_KINDS),
  region: z.string().nullable(),
  params: Params,
  limits: Limits,
});

export const Run = z.object({
  run_id: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/),
  name: z.string(),
  description: z.string(),
  pipeline: z.string(),
  executor: z.enum(EXECUTOR_KINDS),
  status: z.enum(RUN_STATUSES),
  outcome: z.enum(OUTCOMES).nullable(),
  stopping: Stopping.nullable(),
  waiting: Waiting.nullable(),
  /** Raised by `retry`; budgets and notice ids are per round. */
  round: z.number().int().min(1),
  created_at: Instant,
  started_at: Instant.nullable(),
  completed_at: Instant.nullable(),
  /** When `retry` began this round; absent in the first, and in rounds of versions that did not note it. */
  reopened_at: Instant.optional(),
  config: RunConfig,
  samples: z.array(z.string()),
  steps: z.array(z.string()),
  /** The earliest step, in topological order, that has not ended; null at the end. */
  current_step: z.string().nullable(),
  active_steps: z.array(z.string()),
  preset: z.enum(PRESETS),
  /** The whole table in force: the steps' own rules, the pipeline's, the preset's. First match wins. */
  rules: z.array(Rule),
  summary: Summary,
  labels: z.record(z.string(), z.string()),
  queue: z.string().nullable(),
  requested_by: z.string().nullable(),
  resumed_from: z.string().nullable(),
  /** Raised by every commit; a write is conditional on the one that was read. */
  rev: z.number().int(),
  pipeline_spec: Pipeline,
  subscriptions: z.array(Subscription),
  /** When the sweep must look again; null when the run is final. */
  next_poll_at: Instant.nullable(),
  /** True from `--plan-only` until `approve`. */
  held: z.boolean(),
  /** Jobs planned so far; planning is over when it equals `summary.total_jobs`. */
  planned: z.number().int(),
  /** Events written so far: the next event's number. */
  event_count: z.number().int(),
  /** Waits that people were told of in this round: the reason, and `REASON#N` for its Nth reminder. */
  told_waiting: z.array(z.string()),
  /** When channels that follow the run were last promised an update; within a minute of it none is added. */
  told_progress: Instant.nullable().optional(),
  /** What people should know that is no failure: images not run, limits only sampled, a channel that is broken. */
  notes: z.array(z.string()),
});
export type Run = z.infer<typeof Run>;
