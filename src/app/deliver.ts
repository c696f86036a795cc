import { endsRun } from "../core/message.ts";
import { mustArrive, type Notice } from "../core/notice.ts";
import { byAge, isAlike, isOvertaken, isToldTogether, mergeFacts, quietUntil } from "../core/outbox.ts";
import type { Channel, ChannelState, Delivery, Kept } from "../ports.ts";
import { changeChannel } from "./change-channel.ts";
import type { Deps } from "./deps.ts";
import { disableChannel } from "./disable-channel.ts";
import { enableChannel } from "./enable-channel.ts";
import { fanOut, isForAll } from "./fan-out.ts";
import { leaveToBridge } from "./leave-to-bridge.ts";
import { drop, END_WAS_TOLD, later, mark } from "./mark.ts";
import { noteBrokenChannel } from "./note-broken-channel.ts";
import { putBack } from "./put-back.ts";
import type { RunsCache } from "./runs-cache.ts";
import { send } from "./send.ts";
import { claim, takeTurn, turnAt } from "./take-turn.ts";
import { isForFallback, tellInstead } from "./tell-instead.ts";
import { keepTold, readTold } from "./thread.ts";

/** Notices that are told in one message at most. */
const MOST_TOGETHER = 50;
/** A failure that took so long is the channel's, not the message's: its other notices wait. Seconds. */
const SLOW = 5;
const AFTER_SLOW = 30;

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
  /** No sending begins at or after this instant, epoch milliseconds by the clock of `deps`. */
  readonly until?: number | undefined;
  /** These that were found due, instead of looking again. */
  readonly due?: readonly Notice[] | undefined;
}

interface Delivering extends Deps {
  readonly cache: RunsCache | undefined;
  readonly until: number;
}

/**
 * Delivers what is due in the outbox: claim, send, mark. A crash between send and mark repeats a message, marked as a
 * possible repeat; nothing is lost. Never throws for a channel's sake, never touches a run but for a note on a broken channel.
 */
export async function deliver(given: Deps, options: DeliverOptions): Promise<Deliveries> {
  const { cache, until = Number.POSITIVE_INFINITY } = options;
  const deps: Delivering = { ...given, cache, until };
  const { runId: run_id, limit } = options;
  const due = options.due ?? (await deps.store.queryNotices({ run_id, due_at: deps.now(), limit }));
  const done = { sent: 0, postponed: 0, failed: [] as Notice[] };
  // One after another in a channel, the channels side by side: one that hangs holds up no other.
  const byChannel = Map.groupBy(due, (notice) => notice.channel);
  const channels = [...byChannel.values()].map((notices) => deliverInTurn(deps, notices));
  const ends = await Promise.allSettled(channels);
  for (const after of ends.flatMap((end) => (end.status === "fulfilled" ? end.value : []))) {
    if (after.status === "sent") done.sent += 1;
    else if (after.status === "failed") done.failed.push(after);
    else if (after.status !== "dropped") done.postponed += 1;
  }
  // Only when all are through: whoever hears of it may close the store.
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return done;
}

async function deliverInTurn(deps: Delivering, notices: readonly Notice[]): Promise<Notice[]> {
  const after: Notice[] = [];
  const handled = new Set<string>();
  let slowAt: string | null = null;
  for (const notice of notices) {
    if (Date.parse(deps.now()) >= deps.until) break;
    if (handled.has(notice.id)) continue;
    const channel = deps.channels.get(notice.channel);
    if (channel?.pulled) await leaveToBridge(deps, notice);
    else if (channel && isForAll(notice, channel)) await fanOut(deps, notice, channel);
    else if (slowAt !== null)
      await deps.store.updateNotice({ ...notice, next_at: later(slowAt, AFTER_SLOW) });
    else {
      const begun = Date.parse(deps.now());
      const tried = await deliverNext(deps, notice, channel).catch((error) => putBack(deps, notice, error));
      for (const { id } of tried) handled.add(id);
      after.push(...tried);
      const isSlow = Date.parse(deps.now()) - begun >= SLOW * 1000;
      if (isSlow && tried.some(({ status }) => status !== "sent")) slowAt = deps.now();
    }
  }
  return after;
}

/** The notice and those told with it, as they are afterwards; none when it was not its turn. */
async function deliverNext(
  deps: Delivering,
  notice: Notice,
  channel: Channel | undefined,
): Promise<Notice[]> {
  const now = deps.now();
  const { store } = deps;
  if (notice.status === "sending" && (notice.test || !mustArrive(notice.event))) {
    const outcome: Delivery = { kind: "ambiguous", reason: "the last sending was interrupted" };
    return found(await store.updateNotice(mark(notice, outcome, now)));
  }
  const told = await readTold(store, notice);
  if (isOvertaken(notice, told.ended_round)) {
    return found(await store.updateNotice(drop(notice, END_WAS_TOLD)));
  }
  const quiet = quietUntil(notice, told.progress_at, now);
  if (quiet !== null) {
    await store.updateNotice({ ...notice, next_at: quiet });
    return [];
  }
  const turn = await takeTurn(deps, notice, channel?.paceMilliseconds ?? 0);
  if (turn === null) return [];
  if (channel?.follows && (await standBack(deps, notice, turn.notice))) return [];
  const alike = isToldTogether(notice) ? await claimAlike(deps, notice) : [];
  // The oldest stands for all, at every try: channels know a message again by its id.
  const claimed = [turn.notice, ...alike].sort(byAge);
  // Who follows a run goes by what was kept: it is read when nobody else is telling it.
  const { kept } = channel?.follows ? await readTold(store, notice) : told;
  const outcome = await outcomeOf(deps, claimed, { state: turn.state, kept });
  return settle(deps, claimed, outcome);
}

const found = (notice: Notice | null): Notice[] => (notice ? [notice] : []);

/** Whoever has heard of the end need not hear of what went before. What is missed here is dropped when it comes due. */
async function dropOvertaken(deps: Deps, { run_id, channel, recipient, round }: Notice): Promise<void> {
  const query = { run_id, channel, status: ["pending"] as const, limit: MOST_TOGETHER };
  for (const notice of await deps.store.queryNotices(query))
    if (notice.recipient === recipient && isOvertaken(notice, round))
      await deps.store.updateNotice(drop(notice, END_WAS_TOLD));
}

/** Seconds after which a notice comes back that stood back. */
const STAND_BACK = 3;

/**
 * Whether another process is telling the same people of the same run on the same channel, and was first: a channel that keeps one
 * message per run would make two. Then the notice is put back as it was.
 */
async function standBack(deps: Deps, notice: Notice, claimed: Notice): Promise<boolean> {
  const { run_id, channel, recipient } = notice;
  const query = { run_id, channel, status: ["sending"] as const, limit: MOST_TOGETHER };
  const now = deps.now();
  const order = ({ next_at, id }: Notice): string => `${next_at} ${id}`;
  const isFirst = (other: Notice): boolean =>
    other.id !== notice.id &&
    other.recipient === recipient &&
    (other.next_at ?? "") > now &&
    order(other) < order(claimed);
  if (!(await deps.store.queryNotices(query)).some(isFirst)) return false;
  await deps.store.updateNotice({ ...notice, ...turnAt(later(now, STAND_BACK)), rev: claimed.rev });
  return true;
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

async function outcomeOf(
  deps: Delivering,
  claimed: readonly Notice[],
  { state, kept }: { state: ChannelState; kept: Kept },
): Promise<Delivery> {
  const [notice] = claimed as readonly [Notice];
  if (state.disabled && !notice.test) {
    await noteBrokenChannel(deps, notice, state.disabled.reason);
    const reason = `channel ${notice.channel} is disabled: ${state.disabled.reason}`;
    return { kind: "permanent", reason, disable: false };
  }
  const channel = deps.channels.get(notice.channel);
  if (!channel) return { kind: "rejected", reason: missing(deps, notice.channel), after_seconds: ELSEWHERE };
  return send(deps, { channel, notice, kept, facts: mergeFacts(claimed), cache: deps.cache });
}

/** What a channel that is not known to this process waits for another one that knows it. Seconds. */
const ELSEWHERE = 300;

const missing = (deps: Deps, channel: string): string =>
  deps.brokenChannels.get(channel) ?? `channel ${channel} is not configured here; add it to bioagent.yaml`;

/** First what the channel must know for its next message, then the notice: whoever dies in between repeats, marked. */
async function settle(deps: Delivering, claimed: readonly Notice[], outcome: Delivery): Promise<Notice[]> {
  const now = deps.now();
  const [first] = claimed as readonly [Notice];
  if (first.test) await keepTest(deps, first, outcome);
  else await keepTold(deps, first, outcome);
  await tellOthers(deps, first, outcome);
  const after: Notice[] = [];
  for (const notice of claimed) {
    const marked = mark(notice, outcome, now);
    if (isForFallback(marked, now)) await tellInstead(deps, marked);
    after.push(...found(await deps.store.updateNotice(marked)));
  }
  if (outcome.kind === "delivered" && endsRun(first.event) && !first.test) await dropOvertaken(deps, first);
  return after;
}

/** A test belongs to no run, so nothing of it is kept; one that arrives shows that the channel works. */
async function keepTest({ store }: Deps, { channel }: Notice, { kind }: Delivery): Promise<void> {
  if (kind === "delivered") await enableChannel(store, channel);
}

/** A provider's Retry-After and a broken channel are known to all instances. */
async function tellOthers(deps: Deps, notice: Notice, outcome: Delivery): Promise<void> {
  if (outcome.kind === "permanent" && outcome.disable) await disableChannel(deps, notice, outcome.reason);
  const isTheirs = outcome.kind === "rejected" && !outcome.alone && deps.channels.has(notice.channel);
  if (!isTheirs || !outcome.after_seconds) return;
  const not_before = later(deps.now(), outcome.after_seconds);
  await changeChannel(deps.store, notice.channel, (state) => ({ ...state, not_before }));
}
