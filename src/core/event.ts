import { z } from "zod";
import { Instant } from "./run.ts";

export const EVENT_TYPES = [
  "run.created",
  "run.approved",
  "run.planned",
  "run.note",
  "run.waiting",
  "run.stopping",
  "run.reopened",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "job.recorded",
  "job.observed",
  "job.decided",
  "job.reused",
  "job.succeeded",
  "job.failed",
  "job.skipped",
  "job.cancelled",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One line of a run's history, append-only. Observations are in it, so a run can be replayed. */
export const Event = z.object({
  seq: z.number().int().min(0),
  at: Instant,
  type: z.enum(EVENT_TYPES),
  /** Job key. */
  job: z.string().nullable(),
  /** Attempt number. */
  attempt: z.number().int().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof Event>;
