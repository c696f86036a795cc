import { newNotice } from "./new-notice.ts";
import { mustArrive, type Notice, type NoticeFacts } from "./notice.ts";

/** Lines about single jobs that a message made of several carries; the rest is counted. */
const MOST_DETAILS = 10;

/** Whether people know better already: of a round whose end was told, only what must arrive is still worth telling. */
export const isOvertaken = ({ event, round }: Notice, endedRound: number): boolean =>
  round <= endedRound && (!mustArrive(event) || event === "run.waiting" || event === "run.stalled");

/** Whether notices of this kind that come one soon after the other are told as one. */
export const isGrouped = ({ event }: Pick<Notice, "event">): boolean =>
  event === "job.skipped" || event === "job.retried";

/** Whether one message tells all that wait of its kind; of progress it does, since it shows the run as it is by then. */
export const isToldTogether = (notice: Pick<Notice, "event">): boolean =>
  isGrouped(notice) || notice.event === "run.progress";

/** Seconds between two messages about single jobs of one run to the same people. */
const BETWEEN_GROUPS = 300;

/** When such a message may be told again; null: now. */
export function quietUntil(notice: Pick<Notice, "event">, lastAt: string | null, now: string): string | null {
  if (!isGrouped(notice) || lastAt === null) return null;
  // What was told in the future was told by a clock that was wrong.
  if (lastAt > now) return null;
  const until = new Date(Date.parse(lastAt) + BETWEEN_GROUPS * 1000).toISOString();
  return until > now ? until : null;
}

/** Whether two notices can be one message. */
export const isAlike = (a: Notice, b: Notice): boolean =>
  a.run_id === b.run_id &&
  a.round === b.round &&
  a.event === b.event &&
  a.channel === b.channel &&
  a.recipient === b.recipient;

/** The oldest first. */
export const byAge = (a: Notice, b: Notice): number =>
  Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1);

/** What several notices say together, oldest first: every detail once, all else as the newest has it. */
export function mergeFacts(notices: readonly Notice[]): NoticeFacts {
  const newest = notices.at(-1)!.facts;
  const details = [...new Set(notices.flatMap(({ facts }) => facts.details))];
  const more = notices.reduce((sum, { facts }) => sum + facts.more, 0);
  return {
    ...newest,
    details: details.slice(0, MOST_DETAILS),
    more: more + Math.max(0, details.length - MOST_DETAILS),
  };
}

const INSTEAD = "instead-of-";

/** The same told on another channel, because the one it was meant for could not. Null when it is not worth that, or was that already. */
export function toldInstead(
  notice: Notice,
  { channel, recipient, why, now }: { channel: string; recipient: string; why: string; now: string },
): Notice | null {
  if (!mustArrive(notice.event) || notice.group.includes(INSTEAD) || channel === notice.channel) return null;
  const { run_id, round, event, facts } = notice;
  const group = `${notice.group}${INSTEAD}${notice.channel}-${notice.recipient}`;
  const details = [`Channel ${notice.channel} could not tell this: ${why}`, ...facts.details];
  const told = { ...facts, details };
  return newNotice({ run_id, round, event, group, channel, recipient, facts: told, created_at: now });
}
