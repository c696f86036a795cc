import type { StatusEvent } from "./document-shapes.ts";

/** Seconds since 1970, and nanoseconds of that second. */
export interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** The moment of an RFC 3339 text with 0 to 9 fractional digits, or of the client library's `{seconds, nanos}`. */
export function momentOf(value: unknown): Moment | null {
  if (typeof value === "string") return ofText(value);
  if (value === null || typeof value !== "object") return null;
  const { seconds, nanos = 0 } = value as { seconds?: unknown; nanos?: unknown };
  const whole = Number(seconds);
  if (seconds === undefined || !inRange(whole)) return null;
  return { seconds: whole, nanos: Math.min(Math.max(Number(nanos) || 0, 0), 999_999_999) };
}

function ofText(text: string): Moment | null {
  const match = RFC3339.exec(text);
  const millis = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN;
  return match && !Number.isNaN(millis) && inRange(millis / 1000)
    ? { seconds: millis / 1000, nanos: Number((match[2] ?? "").padEnd(9, "0")) }
    : null;
}

/** Within the years that an ISO text of four digits can name. */
const inRange = (seconds: number): boolean => Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 2e11;

/** UTC ISO 8601 with milliseconds; null when there is no moment. */
export const instantOf = (moment: Moment | null): string | null =>
  moment === null ? null : new Date(moment.seconds * 1000 + Math.floor(moment.nanos / 1e6)).toISOString();

const compare = (a: Moment | null, b: Moment | null): number => {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a.seconds - b.seconds || a.nanos - b.nanos;
};

/** Batch does not promise an order: by time, those without one first, otherwise as given. */
export const inTimeOrder = (events: readonly StatusEvent[]): StatusEvent[] =>
  events
    .map((event) => ({ event, at: momentOf(event.eventTime) }))
    .sort((a, b) => compare(a.at, b.at))
    .map(({ event }) => event);

/** Whether `a` is certainly before `b`, which follows it in time order: an event without a time has no place among those with one. */
export function liesBefore(a: StatusEvent, b: StatusEvent): boolean {
  const seconds = secondsBetween(a, b);
  return seconds === null ? momentOf(b.eventTime) === null : seconds > 0;
}

/** Seconds between two events; null when one has no time. */
export function secondsBetween(a: StatusEvent, b: StatusEvent): number | null {
  const [from, to] = [momentOf(a.eventTime), momentOf(b.eventTime)];
  return from && to ? to.seconds - from.seconds + (to.nanos - from.nanos) / 1e9 : null;
}
