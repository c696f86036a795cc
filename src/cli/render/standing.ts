import type { DisabledChannel, StandingBacklog } from "../../app/channel-standing.ts";
import { count } from "../../core/count.ts";
import { sayDuration } from "../../core/quantity.ts";
import { secondsBetween } from "./time.ts";

/** `lab: 40 notices wait; the last is told in about 40 s`. */
export function sayBacklog(backlog: StandingBacklog, now: string): string {
  const { channel, waiting, messages, last_told_at, oldest, why } = backlog;
  const wait = `${count(waiting, "notice")} ${waiting === 1 ? "waits" : "wait"}`;
  const as = messages < waiting ? `, told in ${count(messages, "message")}` : "";
  const age = `the oldest for ${sayDuration(secondsBetween(oldest, now))}`;
  return `${channel}: ${wait}${as}; ${last_told_at === null ? `${age}: ${why}` : `the last is told ${sayWhen(last_told_at, now)}`}`;
}

/** `lab is disabled: REASON Mend it, then: COMMAND`; `who` says more of it than its name. */
export const sayDisabled = ({ channel, reason, remedy }: DisabledChannel, who: string = channel): string =>
  `${who} is disabled: ${reason} Mend it, then: ${remedy}`;

function sayWhen(instant: string, now: string): string {
  const seconds = secondsBetween(now, instant);
  return seconds < 1 ? "with the next pass" : `in about ${sayDuration(seconds)}`;
}
