import type { Evidence } from "../../core/job.ts";
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
} from "./event-facts.ts";
import { instantOf, momentOf, secondsBetween } from "./order-events.ts";

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
  /** In time order: the job's own events. */
  readonly own: readonly StatusEvent[];
  /** In time order: those of the tasks that failed. They come before what the job says of them. */
  readonly ofTasks: readonly StatusEvent[];
  /** What counts and durations tell of having run. */
  readonly countedRunning: boolean | undefined;
  readonly scriptsOnly: boolean;
}

/** What a failure that is certain looked like. */
export function judgeFailure({ own, ofTasks, countedRunning, scriptsOnly }: Source): FailureSeen {
  const withCode = ofTasks.some((event) => exitCodeOf(event) !== null);
  const source = withCode || own.length === 0 ? ofTasks : own;
  const judged = failingEvent(source) ?? failingEvent(ofTasks);
  const all = [...ofTasks, ...own];
  const exitCode = judged ? exitCodeOf(judged) : null;
  const { start, end } = startAndEnd(source, judged);
  return {
    exitCode,
    verdict: verdictOf(judged, all, exitCode, scriptsOnly),
    evidence: evidenceOf(judged, own, exitCode),
    ran: ranOf(all, exitCode, countedRunning),
    startedAt: start ? instantOf(momentOf(start.eventTime)) : null,
    endedAt: end ? instantOf(momentOf(end.eventTime)) : null,
    ranSeconds: start && end ? secondsBetween(start, end) : null,
    vanishedBefore: earlierLosses(source, judged),
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

/** A code that is not Batch's own comes from a script, so it ran; of Batch's own, the states before tell. */
function ranOf(
  all: readonly StatusEvent[],
  exitCode: number | null,
  countedRunning: boolean | undefined,
): boolean | undefined {
  if (countedRunning === true || reachedRunning(all)) return true;
  if (exitCode !== null && exitCode < 50000) return true;
  const told = exitCode === null ? all.length > 0 : all.some((event) => BEFORE_RUNNING.test(textOf(event)));
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
    .map((event) => textOf(event).slice(0, LONGEST))
    .filter((text) => text !== "")
    .map((text) => ({ source: "event", text }) as const);
}
