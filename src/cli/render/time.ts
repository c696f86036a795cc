import { sayDuration } from "../../core/quantity.ts";

/** `12:01:03` of an instant. People read UTC, as run ids and documents do. */
export const clockOf = (instant: string): string => instant.slice(11, 19);

/** `2026-02-27 12:01`, UTC. */
export const minuteOf = (instant: string | null): string =>
  instant === null ? "-" : `${instant.slice(0, 10)} ${instant.slice(11, 16)}`;

/** Seconds between two instants, never negative. */
export const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);

/** How long something took, or has taken until `now`; `-` when it has not begun. */
export const tookOf = (from: string | null, to: string | null, now: string): string =>
  from === null ? "-" : sayDuration(secondsBetween(from, to ?? now));
