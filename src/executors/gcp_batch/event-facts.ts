import { cutText } from "../../core/message.ts";
import type { StatusEvent } from "./document-shapes.ts";
import { liesBefore, secondsBetween } from "./order-events.ts";
import { taskState } from "./state-words.ts";

/** How an event of a task that failed ends; the number is the fact, never the sentence around it. */
const EXIT_CODE = /with exit code (\d{1,6})\b/;
const QUOTA =
  /CODE_GCE_QUOTA_EXCEEDED|QUOTA_EXCEEDED|inadequate quotas|\bQuota '?[\w.-]+'? exceeded|RESOURCE_EXHAUSTED/i;
const CAPACITY =
  /RESOURCE_POOL_EXHAUSTED|STOCKOUT|does not have enough resources|insufficient (?:capacity|resources)/i;
const TOWARDS_RUNNING = /\bto RUNNING\b|\bfrom RUNNING\b/;
const ENDED = /\bto (?:FAILED|CANCELLED|SUCCEEDED)\b/;
const PREEMPTION = 50001;
const OVER_TIME = 50005;
const LOST_MACHINE = 50002;
/** Seconds within which a kill is taken for the effect of a preemption, a time limit or a cancel. */
const NEAR = 120;

export const textOf = (event: StatusEvent): string => event.description ?? "";

/** The exit code that an event tells, structured or in its text. A 0 is only the protocol's default. */
export function exitCodeOf(event: StatusEvent): number | null {
  const code = event.taskExecution?.exitCode;
  if (typeof code === "number" && code !== 0) return code;
  const said = Number(EXIT_CODE.exec(textOf(event))?.[1] ?? 0);
  return said === 0 ? null : said;
}

/** Whether an event is about an end in failure. */
const tellsFailure = (event: StatusEvent): boolean =>
  taskState(event.taskState) === "FAILED" ||
  exitCodeOf(event) !== null ||
  /\bto FAILED\b/.test(textOf(event));

const JOB_CHANGE = /\bJob state is set from [\w-]+ to (\w+)/;
const ENDS = ["SUCCEEDED", "FAILED", "CANCELLED"];

/** The end that the job's latest change of state tells, of events in time order; null when that is no end. */
export function endTold(events: readonly StatusEvent[]): string | null {
  const change = events.findLast((event) => JOB_CHANGE.test(textOf(event)));
  const to = change ? JOB_CHANGE.exec(textOf(change))?.[1] : undefined;
  return to !== undefined && ENDS.includes(to) ? to : null;
}

/** Whether a change of the job's state says that it was cancelled while it still waited. */
export const cancelledWaiting = (events: readonly StatusEvent[]): boolean =>
  events.some((event) => CANCELLED_WAITING.test(textOf(event)));
const CANCELLED_WAITING = /\bfrom (?:QUEUED|SCHEDULED) to (?:CANCELLATION_IN_PROGRESS|CANCELLED)\b/;

/** A job quotes the events of its tasks. */
const OF_JOB = /\bJob (?:state is|failed)\b/;
const TASK_CHANGE = /\bTask state is updated (?:from [\w-]+ )?to (\w+)/;

/** The state of a task that an event of that task tells; null for the job's own words. */
function taskStateTold(event: StatusEvent): string | null {
  const said = taskState(event.taskState);
  if (said !== null || OF_JOB.test(textOf(event))) return said;
  const changed = TASK_CHANGE.exec(textOf(event))?.[1];
  return changed ?? (event.taskExecution?.exitCode ? "FAILED" : null);
}

const GOES_ON = ["PENDING", "ASSIGNED", "RUNNING", "SUCCEEDED"];

/**
 * One task's events in time order, without the failures that it was tried again after: those before the state that it was
 * last in. Where that is a failure, all of them.
 */
export function withoutStale(events: readonly StatusEvent[]): readonly StatusEvent[] {
  const last = events.findLast((event) => taskStateTold(event) !== null);
  if (!last || !GOES_ON.includes(taskStateTold(last) ?? "")) return events;
  return events.filter((event) => taskStateTold(event) !== "FAILED" || !liesBefore(event, last));
}

/** The event that a failure is judged by: the latest that has an exit code, else the latest that tells of it. */
export const failingEvent = (events: readonly StatusEvent[]): StatusEvent | null =>
  events.findLast((event) => exitCodeOf(event) !== null) ?? events.findLast(tellsFailure) ?? null;

/** Whether the last thing told is a failure: then it is one, whatever is not said of the state. */
export const endsInFailure = (events: readonly StatusEvent[]): boolean => {
  const last = events.findLast((event) => waitingText(event) === null);
  return last !== undefined && tellsFailure(last);
};

/** Whether it reached RUNNING: events tell a history, and here only the history is asked for. */
export const reachedRunning = (events: readonly StatusEvent[]): boolean =>
  events.some((event) => taskState(event.taskState) === "RUNNING" || TOWARDS_RUNNING.test(textOf(event)));

export type Shortage = { readonly reason: "quota" | "capacity"; readonly detail: string };

function waitingText(event: StatusEvent): Shortage["reason"] | null {
  const text = textOf(event);
  if (ENDED.test(text)) return null;
  if (CAPACITY.test(text)) return "capacity";
  return QUOTA.test(text) ? "quota" : null;
}

/** The last word about quota or capacity: a warning while it waits, never a failure. */
export function shortageIn(events: readonly StatusEvent[]): Shortage | null {
  const event = events.findLast((candidate) => waitingText(candidate) !== null);
  return event ? { reason: waitingText(event)!, detail: cutText(textOf(event), 500) } : null;
}

/** Whether a shortage is near the end of what had run; an event without a time counts as near. */
export function shortageNearEnd(events: readonly StatusEvent[]): boolean {
  const end = events.at(-1);
  return events.some(
    (event) => waitingText(event) !== null && Math.abs(secondsBetween(event, end!) ?? 0) <= 5 * NEAR,
  );
}

/** A kill (137, 143) right beside a preemption, a time limit or a cancel is its effect, not a lack of memory. */
export function causeOfKill(
  killed: StatusEvent,
  events: readonly StatusEvent[],
): "preempted" | "timeout" | "cancelled_elsewhere" | null {
  const code = exitCodeOf(killed);
  if (code !== 137 && code !== 143) return null;
  const near = events.filter((event) => {
    const seconds = event === killed ? null : secondsBetween(event, killed);
    return seconds !== null && Math.abs(seconds) <= NEAR;
  });
  if (near.some((event) => exitCodeOf(event) === PREEMPTION)) return "preempted";
  if (near.some((event) => exitCodeOf(event) === OVER_TIME)) return "timeout";
  return near.some((event) => /\bto CANCELLATION_IN_PROGRESS\b/.test(textOf(event)))
    ? "cancelled_elsewhere"
    : null;
}

/** Losses of the machine before the one that it is judged by; the job repeats in its own words what its task told. */
export function earlierLosses(events: readonly StatusEvent[], judged: StatusEvent | null): number {
  const lost = events.filter(
    (event) => event !== judged && event.taskExecution && exitCodeOf(event) === LOST_MACHINE,
  );
  return judged?.taskExecution ? lost.length : Math.max(0, lost.length - 1);
}

/** The times of its start and end, as far as events have them. */
export function startAndEnd(
  events: readonly StatusEvent[],
  judged: StatusEvent | null,
): { start: StatusEvent | null; end: StatusEvent | null } {
  const until = judged ? events.slice(0, events.indexOf(judged) + 1) : events;
  const starts = (event: StatusEvent): boolean =>
    taskState(event.taskState) === "RUNNING" || /\bto RUNNING\b/.test(textOf(event));
  const end = judged ?? events.findLast((event) => ENDED.test(textOf(event))) ?? null;
  return { start: until.findLast(starts) ?? null, end };
}
