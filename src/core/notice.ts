import { z } from "zod";
import { Instant, NOTICE_EVENTS } from "./run.ts";

export const NOTICE_STATUSES = [
  /** In the outbox; `next_at` says from when it may be taken. */
  "pending",
  /** Claimed by a deliverer until `next_at`; if it dies, the notice is taken again and marked as a possible repeat. */
  "sending",
  /** The channel has taken it. Final. */
  "sent",
  /** Permanently refused, or given up: a dead letter. Final until `notify retry`. */
  "failed",
  /** Nobody knows whether it arrived, and it is not worth a repeat. Final. */
  "unknown",
  /** Overtaken: the run's end was told on this channel before it, or another message told it too; or a test that was refused. Final. */
  "dropped",
] as const;
export type NoticeStatus = (typeof NOTICE_STATUSES)[number];

/** The facts that a message is made of, as they were when the notice was committed. */
export const NoticeFacts = z.object({
  run_id: z.string(),
  name: z.string(),
  pipeline: z.string(),
  status: z.string(),
  outcome: z.string().nullable(),
  /** The line after `Status: `. */
  status_line: z.string(),
  output: z.string(),
  executor: z.string(),
  description: z.string(),
  /** Who failed or was skipped, and why, one line each; the first lines after the fixed five. */
  details: z.array(z.string()),
  /** Details left out. */
  more: z.number().int(),
  retries: z.string().nullable(),
  /** Jobs by status, at a run's end: `37 succeeded, 2 skipped`. */
  jobs: z.string().nullable().optional(),
  /** Where the attempts' logs lie, when people can go there. */
  logs: z.string().nullable().optional(),
  seconds: z.number().nullable(),
  /** What to type next. */
  commands: z.array(z.string()),
});
export type NoticeFacts = z.infer<typeof NoticeFacts>;

export const Notice = z.object({
  /** Run, round, event, group, channel, recipient: the same transition makes the same notice. */
  id: z.string(),
  run_id: z.string(),
  round: z.number().int(),
  event: z.enum(NOTICE_EVENTS),
  group: z.string(),
  channel: z.string(),
  recipient: z.string(),
  status: z.enum(NOTICE_STATUSES),
  facts: NoticeFacts,
  created_at: Instant,
  /** When it may be taken (again), or until when it is claimed. Null when final. */
  next_at: Instant.nullable(),
  /** It was due, and `deliver` put it off: a bridge may fetch it nevertheless. */
  put_off: z.boolean().optional(),
  /** The turn that its busy channel gave it; it is that as long as `next_at` says the same. */
  turn_at: Instant.nullable().optional(),
  /** Sendings begun. */
  tries: z.number().int(),
  /** When trying began, or began again (`notify retry`); what cannot be told within a day of it is given up. */
  since: Instant.nullable().optional(),
  /** Set when an earlier sending may have arrived. */
  possible_repeat: z.boolean(),
  /** Sent by `notify test` of a run that is only an example: tried once, whatever comes of it. */
  test: z.boolean().optional(),
  sent_at: Instant.nullable(),
  error: z.string().nullable(),
  rev: z.number().int(),
});
export type Notice = z.infer<typeof Notice>;

/** Terminal events must arrive, even twice; progress is told at most once when the outcome is ambiguous. */
export const mustArrive = (event: Notice["event"]): boolean =>
  !["run.started", "run.progress", "job.retried", "job.skipped"].includes(event);
