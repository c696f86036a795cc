import { mustArrive, type Notice } from "../core/notice.ts";
import type { Channel, Delivery } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { messageOf } from "./probe.ts";

/** How long a claim holds, seconds: longer than any channel's own time limit. */
const LEASE = 120;
/** Seconds between tries, the first, doubling up to an hour. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 3600;
/** A notice that cannot be delivered for so long is a dead letter. Hours. */
const GIVE_UP_AFTER = 24;

export interface Deliveries {
  readonly sent: number;
  /** Tried, and to be tried again. */
  readonly postponed: number;
  /** Given up, with the reason. */
  readonly failed: readonly Notice[];
}

/**
 * Delivers what is due in the outbox: claim, send, mark. A crash between send and mark repeats a message, marked as a
 * possible repeat; nothing is lost. Never throws for a channel's sake, never touches a run.
 */
export async function deliver(deps: Deps, options: { limit: number; runId?: string }): Promise<Deliveries> {
  const due = await deps.store.queryNotices({
    run_id: options.runId,
    due_at: deps.now(),
    limit: options.limit,
  });
  const done = { sent: 0, postponed: 0, failed: [] as Notice[] };
  // One after another in a channel, the channels side by side: one that hangs holds up no other.
  const byChannel = Map.groupBy(due, (notice) => notice.channel);
  const outcomes = await Promise.all([...byChannel.values()].map((notices) => deliverInTurn(deps, notices)));
  for (const after of outcomes.flat()) {
    if (after.status === "sent") done.sent += 1;
    else if (after.status === "failed") done.failed.push(after);
    else done.postponed += 1;
  }
  return done;
}

async function deliverInTurn(deps: Deps, notices: readonly Notice[]): Promise<Notice[]> {
  const after: Notice[] = [];
  for (const notice of notices) {
    const tried = await deliverOne(deps, notice);
    if (tried) after.push(tried);
  }
  return after;
}

/** The notice as it is after the try, or null when it was not its turn. */
async function deliverOne(deps: Deps, notice: Notice): Promise<Notice | null> {
  const now = deps.now();
  const state = await deps.store.readChannel(notice.channel);
  if (state.not_before !== null && state.not_before > now) {
    // Due again when its channel is: until then it must not stand in the way of other channels' notices.
    await deps.store.updateNotice({ ...notice, next_at: state.not_before });
    return null;
  }
  if (notice.status === "sending" && !mustArrive(notice.event)) {
    const outcome: Delivery = { kind: "ambiguous", reason: "the last sending was interrupted" };
    return deps.store.updateNotice(mark(notice, outcome, now));
  }
  const claimed = await deps.store.updateNotice({
    ...notice,
    status: "sending",
    next_at: later(now, LEASE),
    tries: notice.tries + 1,
    possible_repeat: notice.possible_repeat || notice.status === "sending",
  });
  if (!claimed) return null;
  const channel = deps.channels.get(notice.channel);
  const outcome: Delivery = state.disabled
    ? {
        kind: "permanent",
        reason: `channel ${notice.channel} is disabled: ${state.disabled.reason}`,
        disable: false,
      }
    : channel
      ? await send(channel, claimed)
      : { kind: "rejected", reason: missing(deps, notice.channel), after_seconds: LONGEST_PAUSE / 4 };
  await setPace(deps, notice.channel, channel, outcome);
  return deps.store.updateNotice(mark(claimed, outcome, deps.now()));
}

const missing = (deps: Deps, channel: string): string =>
  deps.brokenChannels.get(channel) ?? `channel ${channel} is not configured here; add it to bioagent.yaml`;

async function send(channel: Channel, notice: Notice): Promise<Delivery> {
  const { id: notice_id, event, facts, possible_repeat, round } = notice;
  try {
    const message = {
      notice_id,
      event,
      facts,
      possible_repeat,
      test: false,
      round,
      kept: {},
      view: async () => null,
    };
    return await channel.deliver(message, notice.recipient);
  } catch (error) {
    // A channel must not throw; if one does, nobody knows how far it came.
    return { kind: "ambiguous", reason: messageOf(error) };
  }
}

/** What a sending leaves behind. Terminal events are repeated when nobody knows; progress is not. */
export function mark(notice: Notice, outcome: Delivery, now: string): Notice {
  switch (outcome.kind) {
    case "delivered":
      return { ...notice, status: "sent", sent_at: now, next_at: null, error: null };
    case "permanent":
      return { ...notice, status: "failed", next_at: null, error: outcome.reason };
    case "ambiguous":
      if (!mustArrive(notice.event))
        return { ...notice, status: "unknown", next_at: null, error: outcome.reason };
      return again({ ...notice, possible_repeat: true }, outcome.reason, null, now);
    case "rejected":
      return again(notice, outcome.reason, outcome.after_seconds, now);
    default:
      return outcome satisfies never;
  }
}

function again(notice: Notice, reason: string, afterSeconds: number | null, now: string): Notice {
  const age = (Date.parse(now) - Date.parse(notice.created_at)) / 3_600_000;
  if (age >= GIVE_UP_AFTER) {
    return {
      ...notice,
      status: "failed",
      next_at: null,
      error: `given up after ${notice.tries} tries: ${reason}`,
    };
  }
  const pause = afterSeconds ?? Math.min(FIRST_PAUSE * 2 ** (notice.tries - 1), LONGEST_PAUSE);
  return { ...notice, status: "pending", next_at: later(now, pause), error: reason };
}

const later = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString();

/** The channel's pace, a provider's Retry-After and a broken channel are known to all instances. */
async function setPace(
  deps: Deps,
  name: string,
  channel: Channel | undefined,
  outcome: Delivery,
): Promise<void> {
  const now = deps.now();
  const wait = outcome.kind === "rejected" && channel ? (outcome.after_seconds ?? 0) : 0;
  const pause = Math.max(wait, (channel?.paceMilliseconds ?? 0) / 1000);
  const disable = outcome.kind === "permanent" && outcome.disable;
  if (pause === 0 && !disable) return;
  // Lost races are lost to somebody who has just set the same.
  const state = await deps.store.readChannel(name);
  const disabled = disable ? { reason: outcome.reason, since: now } : state.disabled;
  await deps.store.updateChannel({
    ...state,
    disabled,
    not_before: pause > 0 ? later(now, pause) : state.not_before,
  });
}
