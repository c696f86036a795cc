import { withinDay } from "../retry-after.ts";

/** Seconds after the first, second, ... try, as Standard Webhooks proposes; the last for all further ones. */
const SCHEDULE = [5, 300, 1_800, 7_200, 18_000, 36_000] as const;
/** Of the pause at most, so that a thousand notices that failed together do not come again together. */
const JITTER = 0.1;

/** When to try again after `tries` tries. `chance` is between 0 and 1. */
export function pauseAfter(tries: number, chance: number): number {
  const seconds = SCHEDULE[Math.min(Math.max(tries, 1), SCHEDULE.length) - 1]!;
  return Math.round(seconds * (1 + JITTER * chance));
}

/**
 * What a Retry-After asks for, seconds or a date (RFC 9110, 10.2.3), within a day; null when it says nothing, or no time to come: 0, and
 * the date of a clock that is late, would be a request each millisecond. `now`: milliseconds.
 */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : secondsUntil(text, now);
  return seconds > 0 ? withinDay(seconds) : null;
}

/** Other texts with a number in them are dates to `Date.parse`, too. */
const secondsUntil = (text: string, now: number): number =>
  /GMT$/.test(text) ? Math.ceil((Date.parse(text) - now) / 1000) : Number.NaN;
