import { mustArrive, type Notice } from "../core/notice.ts";
import type { Delivery } from "../ports.ts";

/** Seconds before the second try. */
const FIRST_PAUSE = 10;
/** Each further pause is so many times longer: what was refused can be tried often, what may have arrived is a nuisance each time. */
const GROWTH = { rejected: 2, ambiguous: 4 };
/** Whatever a provider says: its 0 would be asked again without end in one pass. */
const SHORTEST_PAUSE = 1;
const LONGEST_PAUSE = { rejected: 3600, ambiguous: 12 * 3600 };
/** A notice that cannot be delivered for so long is a dead letter. Hours. */
const GIVE_UP_AFTER = 24;

/** What a sending leaves behind. Terminal events are repeated when nobody knows; progress is not, and a test never. */
export function mark(notice: Notice, outcome: Delivery, now: string): Notice {
  if (notice.test && outcome.kind !== "delivered") return markTest(notice, outcome);
  switch (outcome.kind) {
    case "delivered":
      return { ...notice, status: "sent", sent_at: now, next_at: null, error: null };
    case "permanent":
      return { ...notice, status: "failed", next_at: null, error: outcome.reason };
    case "ambiguous":
      if (!mustArrive(notice.event))
        return { ...notice, status: "unknown", next_at: null, error: outcome.reason };
      return again({ ...notice, possible_repeat: true }, outcome, now);
    case "rejected":
      return again(notice, outcome, now);
    default:
      return outcome satisfies never;
  }
}

/** A test that does not arrive is told to whoever makes it, and is nobody's dead letter. */
const markTest = (notice: Notice, { kind, reason }: Exclude<Delivery, { kind: "delivered" }>): Notice => ({
  ...notice,
  status: kind === "ambiguous" ? "unknown" : "dropped",
  next_at: null,
  error: reason,
});

type Unsettled = Extract<Delivery, { kind: "rejected" | "ambiguous" }>;

function again(notice: Notice, outcome: Unsettled, now: string): Notice {
  const { reason } = outcome;
  if (isTooOld(notice, now)) {
    const error = `given up after ${notice.tries} tries: ${reason}`;
    return { ...notice, status: "failed", next_at: null, error };
  }
  const asked = outcome.kind === "rejected" ? outcome.after_seconds : null;
  const pause = Math.max(asked ?? backoff(outcome.kind, notice.tries), SHORTEST_PAUSE);
  return { ...notice, status: "pending", next_at: later(now, pause), error: reason };
}

const backoff = (kind: Unsettled["kind"], tries: number): number =>
  Math.min(FIRST_PAUSE * GROWTH[kind] ** (tries - 1), LONGEST_PAUSE[kind]);

/** Not worth telling any more; `why` says by what it was overtaken. */
export const drop = (notice: Notice, why: string): Notice => ({
  ...notice,
  status: "dropped",
  next_at: null,
  error: why,
});

/** Why what comes after a run's end is not told. */
export const END_WAS_TOLD = "the run's end was told before";

/** Whether another try is not worth it any more. */
export const isTooOld = ({ since, created_at }: Notice, now: string): boolean =>
  (Date.parse(now) - Date.parse(since ?? created_at)) / 3_600_000 >= GIVE_UP_AFTER;

export const later = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString();
