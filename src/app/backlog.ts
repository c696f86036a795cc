import type { Notice } from "../core/notice.ts";
import { isGrouped } from "../core/outbox.ts";
import type { ChannelState } from "../ports.ts";

/** What waits to be told on one channel. */
export interface Backlog {
  readonly channel: string;
  /** Notices. */
  readonly waiting: number;
  /** Messages that they will be: what comes in a burst about jobs of one run is one. */
  readonly messages: number;
  /** When the one that has waited longest was committed. */
  readonly oldest: string;
  /** When the last of them is told at the channel's pace, if nothing goes wrong; null where nobody can say. */
  readonly last_told_at: string | null;
  /** Why the one that has waited longest was refused when it was last tried; null when none has been. */
  readonly refused: string | null;
}

/** What is known of a channel here. */
export interface BacklogChannel {
  /** Smallest time between two messages, milliseconds. */
  readonly paceMilliseconds: number;
  /** Its notices are fetched by a bridge: when it asks is its own affair. */
  readonly pulled?: boolean | undefined;
  readonly state: Pick<ChannelState, "not_before" | "disabled">;
}

/**
 * What waits on each channel, those with the most first. `open` are the notices that are pending or being sent. A channel that is not in
 * `channels` cannot be used here, so nobody can say when it is told.
 */
export function backlogs(
  open: readonly Notice[],
  channels: ReadonlyMap<string, BacklogChannel>,
  now: string,
): Backlog[] {
  const byChannel = Map.groupBy(open, (notice) => notice.channel);
  return [...byChannel]
    .map(([channel, notices]) => backlogOf(channel, notices, channels.get(channel), now))
    .sort((a, b) => b.waiting - a.waiting || (a.channel < b.channel ? -1 : 1));
}

function backlogOf(
  channel: string,
  notices: readonly Notice[],
  known: BacklogChannel | undefined,
  now: string,
): Backlog {
  const due = dueTimes(notices, Date.parse(now));
  const isTold = known && !known.pulled && !known.state.disabled;
  const oldest = notices.reduce((first, each) => (isEarlier(first, each) ? first : each));
  return {
    channel,
    waiting: notices.length,
    messages: due.length,
    oldest: oldest.created_at,
    last_told_at: isTold ? new Date(lastTold(due, known, Date.parse(now))).toISOString() : null,
    refused: oldest.error,
  };
}

/** One instant for each message, in order, epoch milliseconds: when it may be told at the earliest. */
function dueTimes(notices: readonly Notice[], now: number): number[] {
  const messages = new Map<string, number>();
  for (const notice of notices) {
    const { id, run_id, round, event, recipient, next_at, status } = notice;
    const key = isGrouped(notice) ? JSON.stringify([run_id, round, event, recipient]) : id;
    // One that is being sent has its turn now, whenever its claim runs out.
    const due = status === "sending" || next_at === null ? now : Math.max(now, Date.parse(next_at));
    messages.set(key, Math.min(due, messages.get(key) ?? Infinity));
  }
  return [...messages.values()].sort((a, b) => a - b);
}

/** Each when it is due, but none before the pace has passed since the one before it. */
function lastTold(due: readonly number[], { paceMilliseconds, state }: BacklogChannel, now: number): number {
  let free = state.not_before === null ? now : Math.max(now, Date.parse(state.not_before));
  let last = now;
  for (const at of due) {
    last = Math.max(at, free);
    free = last + paceMilliseconds;
  }
  return last;
}

const isEarlier = (a: Notice, b: Notice): boolean => Date.parse(a.created_at) <= Date.parse(b.created_at);
