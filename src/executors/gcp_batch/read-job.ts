import type { Observation } from "../../core/observation.ts";
import { judgeTasks } from "./decisive-task.ts";
import type { Job, Status, StatusEvent, Task } from "./document-shapes.ts";
import {
  cancelledWaiting,
  endsInFailure,
  endTold,
  reachedRunning,
  shortageIn,
  shortageNearEnd,
  startAndEnd,
} from "./event-facts.ts";
import { instantOf, inTimeOrder, momentOf } from "./order-events.ts";
import { resourcesOf, scriptsOnly, spotOf } from "./read-resources.ts";
import { readTasks } from "./read-tasks.ts";
import { nothingSeen, type Seen } from "./seen.ts";
import { jobState, taskState } from "./state-words.ts";

/** A job, with its tasks where they are known (null: nothing is known of them). Its state is `status.state`, and without one the end that its latest event tells. */
export function readJob(job: Job, tasks: readonly Task[] | null = null): Seen {
  const base: Seen = {
    ...nothingSeen(job.name ?? job.uid ?? null),
    resources: resourcesOf(job),
    spot: spotOf(job),
    definitionOnly: tasks === null && isDefinitionOnly(job),
  };
  const own = inTimeOrder(job.status?.statusEvents ?? []);
  const said = jobState(job.status?.state);
  const seen: Reading = {
    base,
    raw: said ?? endTold(own),
    whole: said !== null,
    own,
    tasks: tasks ?? [],
    countedRunning: tasks?.length === 0 ? false : countedRunning(job.status ?? {}),
    counted: tasks === null ? countedFailures(job.status ?? {}) : null,
    scriptsOnly: scriptsOnly(job),
    submittedAt: instantOf(momentOf(job.createTime)),
  };
  return readState(seen);
}

const isDefinitionOnly = ({ taskGroups, status }: Job): boolean =>
  Boolean(taskGroups) && !Object.values(status ?? {}).some((said) => said !== null && said !== undefined);

interface Reading {
  readonly base: Seen;
  /** Batch's own word. */
  readonly raw: string | null;
  /** Whether the state is given: events without one may be a part of the history only. */
  readonly whole: boolean;
  readonly own: readonly StatusEvent[];
  readonly tasks: readonly Task[];
  readonly countedRunning: boolean | undefined;
  /** How many of several tasks failed, by the job's own counts; null where one did, or they are known. */
  readonly counted: string | null;
  readonly scriptsOnly: boolean;
  readonly submittedAt: string | null;
}

function readState(reading: Reading): Seen {
  switch (reading.raw) {
    case "QUEUED":
    case "SCHEDULED":
      return withState(reading, "submitted", { waiting: shortageIn(reading.own) });
    case "RUNNING":
      return withState(reading, "running", times(reading));
    case "SUCCEEDED":
      return withState(reading, "succeeded", { ...times(reading), ran: true });
    case "FAILED":
      return withFailure(reading, "failed");
    case "CANCELLED":
      return readCancelled(reading);
    case "CANCELLATION_IN_PROGRESS":
      return {
        ...withState(reading, ranAtAll(reading) === false ? "submitted" : "running", {}),
        note: "It is being cancelled.",
      };
    case "DELETION_IN_PROGRESS":
      return readDeleted(reading);
    default:
      return readUnknown(reading);
  }
}

function withState(
  { base, raw, submittedAt }: Reading,
  status: Observation["status"],
  more: Partial<Observation>,
): Seen {
  const submitted = submittedAt ? { submitted_at: submittedAt } : {};
  return {
    ...base,
    state: status,
    waiting: more.waiting ? { detail: "", ...more.waiting } : null,
    observation: { ...base.observation, status, raw_state: raw, ...submitted, ...more },
  };
}

function times({ own }: Reading): Partial<Observation> {
  const { start, end } = startAndEnd(own, null);
  const [startedAt, endedAt] = [start, end].map((event) => event && instantOf(momentOf(event.eventTime)));
  return {
    ...(startedAt ? { started_at: startedAt } : {}),
    ...(endedAt ? { ended_at: endedAt } : {}),
  };
}

function withFailure(reading: Reading, status: Observation["status"]): Seen {
  const { own, tasks, countedRunning, scriptsOnly, base } = reading;
  const { resources } = base;
  const failure = judgeTasks(tasks, { own, countedRunning, scriptsOnly, resources });
  const seen = withState(reading, status, {
    exit_code: failure.exitCode,
    verdict: failure.verdict,
    evidence: failure.evidence,
    ...(failure.ran === undefined ? {} : { ran: failure.ran }),
    ...(failure.startedAt ? { started_at: failure.startedAt } : {}),
    ...(failure.endedAt ? { ended_at: failure.endedAt } : {}),
  });
  return {
    ...seen,
    failure: true,
    ranSeconds: failure.ranSeconds,
    vanishedBefore: failure.vanishedBefore,
    note: failure.note ?? reading.counted,
  };
}

/**
 * Batch itself cancels for want of quota or capacity, and is not always heard to say so: what is known never to have run counts as
 * its doing (DESIGN section 5). Any other cancel that we did not ask for is somebody else's.
 */
function readCancelled(reading: Reading): Seen {
  const ran = ranAtAll(reading);
  const shortage = shortageIn(reading.own);
  const byProvider = shortage !== null && (ran === false || shortageNearEnd(reading.own));
  const last = reading.own.at(-1)?.description;
  const text = (byProvider ? shortage.detail : last) || "the job's state is CANCELLED";
  const seen = withState(reading, "cancelled", {
    ...times(reading),
    verdict: byProvider || ran === false ? "infra" : "cancelled_elsewhere",
    evidence: [{ source: "event", text: text.slice(0, 500) }],
    ...(ran === undefined ? {} : { ran }),
  });
  return { ...seen, failure: true };
}

/** Deleting also ends what runs; until the job is not found any more, it is not certain that nothing does. */
function readDeleted(reading: Reading): Seen {
  const text = "the job was deleted, and is going away";
  const evidence = [{ source: "executor", text }] as const;
  return { ...withState(reading, "lost", { evidence, certain: false }), failure: true };
}

/** No state, or one that this version does not know: unknown is not failed, and what events tell is only told. */
function readUnknown(reading: Reading): Seen {
  const note = reading.raw === null ? null : `The state ${reading.raw} is not known here.`;
  if (reading.raw === null && reading.tasks.length > 0) {
    const { name, resources, spot } = reading.base;
    return { ...readTasks(reading.tasks, true), name, resources, spot };
  }
  if (reading.raw === null) return { ...readEvents(reading), note };
  return { ...withState(reading, null, {}), note };
}

/** Events alone that tell no end of the job: a task's own states among them are said outright, the rest is a history. */
function readEvents(reading: Reading): Seen {
  const last = reading.own.findLast((event) => taskState(event.taskState) !== null);
  const said = last ? taskState(last.taskState) : null;
  if (said === "FAILED") return withFailure(reading, "failed");
  if (said !== null) return withState(reading, TASK_STATUS[said] ?? null, times(reading));
  if (endsInFailure(reading.own)) return withFailure(reading, null);
  const waiting = reachedRunning(reading.own) ? null : shortageIn(reading.own);
  return withState(reading, null, { waiting });
}

const TASK_STATUS: Readonly<Record<string, Observation["status"]>> = {
  PENDING: "submitted",
  ASSIGNED: "submitted",
  RUNNING: "running",
  SUCCEEDED: "succeeded",
};

/** What counts of tasks and the time it ran tell; undefined when there are neither. */
function countedRunning({ taskGroups, runDuration }: Status): boolean | undefined {
  const counts = Object.values(taskGroups ?? {}).flatMap((group) => Object.entries(group.counts ?? {}));
  const some = (...states: string[]): boolean =>
    counts.some(([state, count]) => states.includes(state) && count > 0);
  if (some("RUNNING", "SUCCEEDED") || (runDuration ?? 0) > 0) return true;
  return (runDuration === 0 && !some("FAILED")) || (taskGroups && counts.length === 0) ? false : undefined;
}

function countedFailures({ taskGroups }: Status): string | null {
  const counts = Object.values(taskGroups ?? {}).flatMap((group) => Object.entries(group.counts ?? {}));
  const sum = (some: typeof counts): number => some.reduce((total, [, count]) => total + count, 0);
  const failed = sum(counts.filter(([state]) => state === "FAILED"));
  return failed > 1
    ? `${failed} of ${sum(counts)} tasks failed, and the job tells how one of them did: its list of tasks tells of all.`
    : null;
}

function ranAtAll({ own, whole, countedRunning: counted }: Reading): boolean | undefined {
  if (counted === true || reachedRunning(own)) return true;
  const waited = whole ? own.length > 0 : cancelledWaiting(own);
  return waited || counted === false ? false : undefined;
}
