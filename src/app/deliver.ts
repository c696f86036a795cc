import { endsRun } from "../core/message.ts";
import { mustArrive, type Notice, type NoticeFacts } from "../core/notice.ts";
import { isAlike, isGrouped, isOvertaken, mergeFacts, quietUntil } from "../core/outbox.ts";
import type { Channel, ChannelState, Delivery, RunView } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { isTooOld, LONGEST_PAUSE, later, mark } from "./mark.ts";
import { noteBrokenChannel } from "./note-broken-channel.ts";
import { messageOf } from "./probe.ts";
import type { RunsCache } from "./runs-cache.ts";
import { claim, takeTurn } from "./take-turn.ts";
import { tellInstead } from "./tell-instead.ts";
import { keepTold, readTold } from "./thread.ts";
import { viewRun } from "./view-run.ts";

/** Notices that are told in one message at most. */
const MOST_TOGETHER = 50;
/** A notice that no bridge has fetched for so long is told on the fallback channel, and looked at again. Seconds. */
const UNFETCHED = 900;
/** A bridge tries again what it has fetched before; this only keeps it out of the way of others' notices. Seconds. */
const FETCHED = 60;

export interface Deliveries {
  readonly sent: number;
  /** Tried, and to be tried again. */
  readonly postponed: number;
  /** Given up, with the reason. */
  readonly failed: readonly Notice[];
}

export interface DeliverOptions {
  readonly limit: number;
  readonly runId?: string | undefined;
  /** For channels that show a run's jobs: only those that changed are read again. */
  readonly cache?: RunsCache | undefined;
}

interface Delivering extends Deps {
  readonly cache: RunsCache | undefined;
}

/**
 * Delivers what is due in the outbox: claim, send, mark. A crash between send and mark repeats a message, marked as a
 * possible repeat; nothing is lost. Never throws for a channel's sake, never touches a run but for a note on a broken channel.
 */
export async function deliver(given: Deps, options: DeliverOptions): Promise<Deliveries> {
  const deps: Delivering = { ...given, cache: options.cache };
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
    else if (after.status !== "dropped") done.postponed += 1;
  }
  return done;
}

async function deliverInTurn(deps: Delivering, notices: readonly Notice[]): Promise<Notice[]> {
  const after: Notice[] = [];
  const handled = new Set<string>();
  for (const notice of notices) {
    if (handled.has(notice.id)) continue;
    const channel = deps.channels.get(notice.channel);
    if (channel?.pulled) {
      await leaveToBridge(deps, notice, channel);
      continue;
    }
    const tried = await deliverNext(deps, notice, channel?.paceMilliseconds ?? 0);
    for (const { id } of tried) handled.add(id);
    after.push(...tried);
  }
  return after;
}

/** The notice and those told with it, as they are afterwards; none when it was not its turn. */
async function deliverNext(deps: Delivering, notice: Notice, paceMilliseconds: number): Promise<Notice[]> {
  const now = deps.now();
  const { store } = deps;
  if (notice.status === "sending" && !mustArrive(notice.event)) {
    const outcome: Delivery = { kind: "ambiguous", reason: "the last sending was interrupted" };
    return found(await store.updateNotice(mark(notice, outcome, now)));
  }
  const told = await readTold(store, notice);
  if (isOvertaken(notice, told.ended_round)) {
    return found(await store.updateNotice(dropped(notice)));
  }
  const quiet = quietUntil(notice, told.progress_at, now);
  if (quiet !== null) {
    await store.updateNotice({ ...notice, next_at: quiet });
    return [];
  }
  const turn = await takeTurn(deps, notice, paceMilliseconds);
  if (turn === null) return [];
  const claimed = [turn.notice, ...(isGrouped(notice) ? await claimAlike(deps, notice) : [])];
  const outcome = await outcomeOf(deps, claimed, { state: turn.state, kept: told.kept });
  return settle(deps, claimed, outcome);
}

const found = (notice: Notice | null): Notice[] => (notice ? [notice] : []);

const dropped = (notice: Notice): Notice => ({
  ...notice,
  status: "dropped",
  next_at: null,
  error: "the run's end was told before",
});

/** Whoever has heard of the end need not hear of what went before. What is missed here is dropped when it comes due. */
async function dropOvertaken(deps: Deps, { run_id, channel, recipient, round }: Notice): Promise<void> {
  const query = { run_id, channel, status: ["pending"] as const, limit: MOST_TOGETHER };
  for (const notice of await deps.store.queryNotices(query))
    if (notice.recipient === recipient && isOvertaken(notice, round))
      await deps.store.updateNotice(dropped(notice));
}

/** Everything else that waits to be told to the same people about the same run in the same words, due or not. */
async function claimAlike(deps: Deps, notice: Notice): Promise<Notice[]> {
  const { run_id, channel } = notice;
  const query = { run_id, channel, status: ["pending"] as const, limit: MOST_TOGETHER };
  const claimed: Notice[] = [];
  for (const other of await deps.store.queryNotices(query)) {
    const mine = isAlike(other, notice) ? await claim(deps, other) : null;
    if (mine) claimed.push(mine);
  }
  return claimed;
}

type Kept = Awaited<ReturnType<typeof readTold>>["kept"];

async function outcomeOf(
  deps: Delivering,
  claimed: readonly Notice[],
  { state, kept }: { state: ChannelState; kept: Kept },
): Promise<Delivery> {
  const [notice] = claimed as readonly [Notice];
  if (state.disabled) {
    const reason = `channel ${notice.channel} is disabled: ${state.disabled.reason}`;
    return { kind: "permanent", reason, disable: false };
  }
  const channel = deps.channels.get(notice.channel);
  if (!channel)
    return { kind: "rejected", reason: missing(deps, notice.channel), after_seconds: LONGEST_PAUSE / 4 };
  return send(deps, channel, notice, { kept, facts: mergeFacts(claimed) });
}

const missing = (deps: Deps, channel: string): string =>
  deps.brokenChannels.get(channel) ?? `channel ${channel} is not configured here; add it to bioagent.yaml`;

async function send(
  deps: Delivering,
  channel: Channel,
  notice: Notice,
  { kept, facts }: { kept: Kept; facts: NoticeFacts },
): Promise<Delivery> {
  const { id: notice_id, event, possible_repeat, round, tries, created_at } = notice;
  const view = (): Promise<RunView | null> => viewRun(deps.store, notice.run_id, deps.cache);
  try {
    const about = { notice_id, event, facts, possible_repeat, test: false, round, tries, created_at };
    return await channel.deliver({ ...about, kept, view }, notice.recipient);
  } catch (error) {
    // A channel must not throw; if one does, nobody knows how far it came.
    return { kind: "ambiguous", reason: messageOf(error) };
  }
}

/** First what the channel must know for its next message, then the notice: whoever dies in between repeats, marked. */
async function settle(deps: Delivering, claimed: readonly Notice[], outcome: Delivery): Promise<Notice[]> {
  const now = deps.now();
  const [first] = claimed as readonly [Notice];
  await keepTold(deps, first, outcome);
  await tellOthers(deps, first, outcome);
  const after: Notice[] = [];
  for (const notice of claimed) {
    const marked = mark(notice, outcome, now);
    if (marked.status === "failed") await tellInstead(deps, marked);
    after.push(...found(await deps.store.updateNotice(marked)));
  }
  if (outcome.kind === "delivered" && endsRun(first.event)) await dropOvertaken(deps, first);
  return after;
}

/** What a bridge does not fetch is told elsewhere, and kept for it for a day. */
async function leaveToBridge(deps: Deps, notice: Notice, channel: Channel): Promise<void> {
  const now = deps.now();
  if (isTooOld(notice, now)) {
    const error = `no bridge has fetched it: is \`bioagent bridge\` running for channel ${channel.name}?`;
    await tellInstead(deps, { ...notice, error });
    await deps.store.updateNotice({ ...notice, status: "failed", next_at: null, error });
    return;
  }
  const unfetched = later(notice.created_at, UNFETCHED);
  const isLate = unfetched <= now;
  if (isLate && notice.tries === 0) await tellInstead(deps, notice);
  await deps.store.updateNotice({
    ...notice,
    status: "pending",
    possible_repeat: notice.possible_repeat || notice.status === "sending",
    next_at: notice.tries > 0 ? later(now, FETCHED) : isLate ? later(now, UNFETCHED) : unfetched,
  });
}

/** A provider's Retry-After and a broken channel are known to all instances. */
async function tellOthers(deps: Deps, notice: Notice, outcome: Delivery): Promise<void> {
  const isTheirs = outcome.kind === "rejected" && !outcome.alone && deps.channels.has(notice.channel);
  const wait = isTheirs ? outcome.after_seconds : null;
  const disable = outcome.kind === "permanent" && outcome.disable;
  if (!wait && !disable) return;
  const now = deps.now();
  // Lost races are lost to somebody who has just set the same.
  const state = await deps.store.readChannel(notice.channel);
  const disabled = disable ? { reason: outcome.reason, since: now } : state.disabled;
  await deps.store.updateChannel({
    ...state,
    disabled,
    not_before: wait ? later(now, wait) : state.not_before,
  });
  if (disable) await noteBrokenChannel(deps, notice, outcome.reason);
}
