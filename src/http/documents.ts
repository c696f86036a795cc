import { z } from "zod";
import { Event } from "../core/event.ts";
import { Job } from "../core/job.ts";
import { Notice } from "../core/notice.ts";
import { Run } from "../core/run.ts";
import { EXECUTOR_KINDS, OUTCOMES, RUN_STATUSES } from "../core/status.ts";

/** What the API answers with, for its OpenAPI document; made of core's own schemas. */

/** As `renderRun` makes it: said once above, a job does not repeat it. */
const JobDocument = Job.omit({ run_id: true, pipeline: true, rev: true }).partial({
  error: true,
  decision: true,
});

export const RunDocument = Run.omit({ planned: true, event_count: true }).extend({
  jobs: z.record(z.string(), JobDocument).optional(),
});

const cursor = z.string().nullable().meta({ description: "gives the next page; null at the end" });

export const RunPage = z.object({ runs: z.array(RunDocument), cursor });
export const JobPage = z.object({ jobs: z.array(Job), cursor });
export const EventList = z.object({ events: z.array(Event) });

const instant = z.string();

/** What waits on a channel. */
const Backlog = z.object({
  channel: z.string(),
  waiting: z.number().int().meta({ description: "notices" }),
  messages: z.number().int().meta({ description: "messages that they will be" }),
  oldest: instant.meta({ description: "when the one that has waited longest was committed" }),
  last_told_at: instant.nullable().meta({ description: "at the channel's pace; null where nobody can say" }),
  refused: z.string().nullable().meta({ description: "why the oldest was refused when it was last tried" }),
  why: z.string().nullable().meta({ description: "why nobody can say" }),
  pulled: z.boolean().meta({ description: "a bridge fetches them" }),
});

const DisabledChannel = z.object({
  channel: z.string(),
  reason: z.string(),
  since: instant,
  remedy: z.string().meta({ description: "the command that enables it again" }),
});

export const NoticePage = z.object({
  notices: z.array(Notice),
  backlog: z.array(Backlog),
  disabled: z.array(DisabledChannel),
  unusable: z
    .array(z.object({ channel: z.string(), reason: z.string() }))
    .meta({ description: "channels that cannot be used here: a variable is missing" }),
  more: z.boolean().meta({ description: "more waits than was counted" }),
});

/** What a change of a run answers with. */
export const RunReceipt = z.object({
  run_id: z.string(),
  name: z.string(),
  status: z.enum(RUN_STATUSES),
});
export const RunState = RunReceipt.extend({
  outcome: z.enum(OUTCOMES).nullable(),
  stopping: Run.shape.stopping,
});

export const Health = z.object({
  status: z.enum(["ok", "unavailable"]),
  store: z.enum(["sqlite", "firestore"]),
  executors: z.array(z.enum(EXECUTOR_KINDS)),
  version: z.string(),
});

export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
