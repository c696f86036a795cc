import type { Evidence } from "../../core/job.ts";
import { cutText } from "../../core/message.ts";
import type { FailureClass } from "../../core/status.ts";
import type { StatusEvent } from "./document-shapes.ts";
import {
  causeOfKill,
  earlierLosses,
  exitCodeOf,
  failingEvent,
  reachedRunning,
  startAndEnd,
  textOf,
  withoutStale,
} from "./event-facts.ts";
import { instantOf, inTimeOrder, momentOf, secondsBetween } from "./order-events.ts";

export interface FailureSeen {
  readonly exitCode: number | null;
  readonly verdict: FailureClass | null;
  readonly evidence: readonly Evidence[];
  /** Undefined where the document does not tell. */
  readonly ran: boolean | undefined;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly ranSeconds: number | null;
  readonly vanishedBefore: number;
}

interface Source {
  /** In time order: the job's own events. Those of tasks among them do not say of which, and are taken for one task's. */
  readonly own: readonly StatusEvent[];
  /** Those of the tasks that failed, task by task. They come before what the job says of them. */
  readonly ofTasks: readonly (readonly StatusEvent[])[];
  /** Those of other tasks, which may have shared its machine. */
  readonly beside?: readonly StatusEvent[];
  /** What counts and durations tell of having run. */
  readonly countedRunning: boolean | undefined;
  readonly scriptsOnly: boolean;
}

/** What a failure that is certain looked like. */
export function judgeFailure({
  own: told,
  ofTasks,
  beside = [],
  countedRunning,
  scriptsOnly,
}: Source): FailureSeen {
  const toldByTasks = inTimeOrder(ofTasks.flat());
  const own = withoutStale(told);
  const byTasks = inTimeOrder(ofTasks.flatMap((events) => withoutStale(inTimeOrder(events))));
  const decidedByTasks = byTasks.some((event) => exitCodeOf(event) !== null) || told.length === 0;
  const source = decidedByTasks ? byTasks : own;
  const judged = failingEvent(source) ?? failingEvent(byTasks);
  const all = [...byTasks, ...own];
  const exitCode = judged ? exitCodeOf(judged) : null;
  const { start, end } = startAndEnd(source, judged);
  return {
    exitCode,
    verdict: verdictOf(judged, [...all, ...beside], exitCode, scriptsOnly),
    evidence: evidenceOf(judged, own, exitCode),
    ran: ranOf([...toldByTasks, ...told], all, exitCode, countedRunning),
    startedAt: start ? instantOf(momentOf(start.eventTime)) : null,
    endedAt: end ? instantOf(momentOf(end.eventTime)) : null,
    ranSeconds: start && end ? secondsBetween(start, end) : null,
    vanishedBefore: earlierLosses(decidedByTasks ? toldByTasks : told, judged),
  };
}

function verdictOf(
  judged: StatusEvent | null,
  all: readonly StatusEvent[],
  exitCode: number | null,
  scriptsOnly: boolean,
): FailureClass | null {
  // docker's own code for what it could not start: mostly an image that may not be pulled (cromwell 7515).
  if (exitCode === 125 && !scriptsOnly) return "image";
  return judged ? causeOfKill(judged, all) : null;
}

const BEFORE_RUNNING = /from (?:QUEUED|SCHEDULED|PENDING|ASSIGNED) to FAILED/;

/**
 * A code that is not Batch's own comes from a script, so it ran; of Batch's own, the states before tell. `standing` is `all`
 * without stale failures: where there are some, silence about RUNNING tells nothing.
 */
function ranOf(
  all: readonly StatusEvent[],
  standing: readonly StatusEvent[],
  exitCode: number | null,
  countedRunning: boolean | undefined,
): boolean | undefined {
  if (countedRunning === true || reachedRunning(all)) return true;
  if (exitCode !== null && exitCode < 50000) return true;
  const silent = exitCode === null && all.length > 0 && standing.length === all.length;
  const told = silent || standing.some((event) => BEFORE_RUNNING.test(textOf(event)));
  return told || countedRunning === false ? false : undefined;
}

/** Batch's own report of a change of state: what went wrong stands in the other events. */
const A_CHANGE = /^(?:Job|Task) state is (?:set|updated) from/;
const MOST_EVENTS = 3;
const LONGEST = 500;

/** The failing event; the other events too where no exit code says what it was, and so the provider's words decide. */
function evidenceOf(
  judged: StatusEvent | null,
  own: readonly StatusEvent[],
  exitCode: number | null,
): Evidence[] {
  const others =
    exitCode === null ? own.filter((event) => event !== judged && !A_CHANGE.test(textOf(event))) : [];
  return [...others.slice(-MOST_EVENTS), ...(judged ? [judged] : [])]
    .map((event) => cutText(textOf(event), LONGEST))
    .filter((text) => text !== "")
    .map((text) => ({ source: "event", text }) as const);
}
