/** Seconds after the first, second, ... try, as Standard Webhooks proposes; the last for all further ones. */
const SCHEDULE = [5, 300, 1_800, 7_200, 18_000, 36_000] as const;
const MAX_SECONDS = 86_400;
/** Of the pause at most, so that a thousand notices that failed together do not come again together. */
const JITTER = 0.1;

/** When to try again after `tries` tries. `chance` is between 0 and 1. */
export function pauseAfter(tries: number, chance: number): number {
  const seconds = SCHEDULE[Math.min(Math.max(tries, 1), SCHEDULE.length) - 1]!;
  return Math.round(seconds * (1 + JITTER * chance));
}

/** What a Retry-After asks for, seconds or a date (RFC 9110, 10.2.3), within a day; null when it says nothing. `now`: milliseconds. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_SECONDS);
  // Other texts with a number in it are dates to `Date.parse` too.
  const at = /GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(Math.max(Math.ceil((at - now) / 1000), 0), MAX_SECONDS);
}
