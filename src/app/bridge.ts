import type { ClaimedNotice } from "../core/claimed-notice.ts";
import type { Notice } from "../core/notice.ts";
import { byAge, isAlike, isGrouped, isOvertaken, mergeFacts, quietUntil } from "../core/outbox.ts";
import type { Channel, Delivery } from "../ports.ts";
import { Conflict, type Deps, NotFound } from "./deps.ts";
import { disableChannel } from "./disable-channel.ts";
import { enableChannel } from "./enable-channel.ts";
import { drop, END_WAS_TOLD, later, mark } from "./mark.ts";
import { isForFallback, tellInstead } from "./tell-instead.ts";
import { keepTold, readTold } from "./thread.ts";

/** How long a claim holds for each message that a bridge takes along, seconds: it sends one after the other, and Messages may take minutes. */
const LEASE = 240;
/** Notices that one look at a channel reads: so many due ones, and so many of the newest. */
const MOST_OPEN = 200;
/** Notices of one run that are claimed at once: no look reads so many. */
const MOST_CLAIMED_OF_RUN = 1_000;
/** No claim holds for so long. Seconds. */
const LONGEST_CLAIM = 7 * 86_400;

export interface ClaimRequest {
  readonly channel: string;
  /** Messages, not notices: what comes in a burst is one message. */
  readonly limit: number;
  /** Who asks, for people who look at a notice that is under way. */
  readonly worker: string;
}

/**
 * Gives a bridge the notices of its channel that may be told now, claimed. One that dies leaves a claim that runs out: whoever comes
 * next is told that an earlier sending may have arrived, and looks. Of a channel that is not `pulled` nothing is given.
 */
export async function claimNotices(deps: Deps, request: ClaimRequest): Promise<ClaimedNotice[]> {
  requirePulled(deps, request.channel);
  const now = deps.now();
  const open = await openNotices(deps, request.channel, now);
  const given: ClaimedNotice[] = [];
  const seen = new Set<string>();
  for (const notice of open) {
    if (given.length >= request.limit) break;
    if (seen.has(notice.id) || !mayBeClaimed(notice, now)) continue;
    const group = await groupOf(deps, notice, open, now);
    for (const { id } of group) seen.add(id);
    const claim = await claimGroup(deps, group, { ...request, now, place: given.length + 1 });
    if (claim) given.push(claim);
  }
  return given;
}

/**
 * What may be claimed of a channel, oldest first. What waits for another try can hide nothing: the due ones are asked for by
 * themselves, and what no bridge has fetched yet is among the newest, or was there to be fetched before them.
 */
async function openNotices({ store }: Deps, channel: string, now: string): Promise<Notice[]> {
  const looks = await Promise.all([
    store.queryNotices({ channel, due_at: now, limit: MOST_OPEN }),
    store.queryNotices({ channel, status: ["pending"], newest: true, limit: MOST_OPEN }),
  ]);
  const open = new Map(looks.flat().map((notice) => [notice.id, notice]));
  return [...open.values()].sort(byAge);
}

function requirePulled({ channels, brokenChannels }: Deps, name: string): Channel {
  const channel = channels.get(name);
  if (channel?.pulled) return channel;
  if (channel) {
    throw new Conflict(
      `channel ${name} is told from here, not by a bridge; set via: bridge in its settings to fetch its notices`,
    );
  }
  const broken = brokenChannels.get(name);
  if (broken !== undefined) throw new Conflict(`${broken} (a bridge's channel needs no secret here)`);
  throw new NotFound(`there is no channel ${name}; add it to the configuration here, with via: bridge`);
}

/** Pure: whether a bridge may have this notice now. */
function mayBeClaimed(notice: Notice, now: string): boolean {
  const isDue = notice.next_at !== null && notice.next_at <= now;
  if (notice.status === "sending") return isDue;
  // `deliver` puts off what is due for its own sake only.
  return notice.status === "pending" && (isDue || notice.put_off === true);
}

/** What is told with it in one message. After a claim that ran out the very same, so that the text is found again. */
async function groupOf(deps: Deps, first: Notice, open: readonly Notice[], now: string): Promise<Notice[]> {
  if (!isGrouped(first)) return [first];
  if (first.status === "sending") return sameClaim(deps, first);
  const isWith = (other: Notice): boolean =>
    (other.status === "pending" || mayBeClaimed(other, now)) && isOfSameTry(other, first);
  return open.filter((other) => other.id === first.id || (isAlike(other, first) && isWith(other)));
}

/** Pure: what `deliver` put off after a claim that ran out may have been sent, as one text, and nothing else may be in it. */
const isOfSameTry = (a: Notice, b: Notice): boolean =>
  a.possible_repeat === b.possible_repeat && (!a.possible_repeat || a.error === b.error);

/** What was claimed as one message with it, itself included, oldest first. */
async function sameClaim({ store, now }: Deps, notice: Notice): Promise<[Notice, ...Notice[]]> {
  const { run_id } = notice;
  if (!isGrouped(notice)) return [notice];
  const due_at = later(now(), LONGEST_CLAIM);
  const query = { run_id, status: ["sending" as const], due_at, limit: MOST_CLAIMED_OF_RUN };
  const others = (await store.queryNotices(query)).filter((other) => isSameClaim(notice, other));
  return [notice, ...others.filter(({ id }) => id !== notice.id)];
}

/** Pure: notices that were claimed as one message: at the same instant, by the same bridge (`leased` names it). */
const isSameClaim = (a: Notice, b: Notice): boolean =>
  isGrouped(a) &&
  isAlike(a, b) &&
  a.status === "sending" &&
  b.status === "sending" &&
  a.next_at === b.next_at &&
  a.error === b.error;

interface Claiming extends ClaimRequest {
  readonly now: string;
  /** Among what this bridge is given, from 1: it is told after those before it. */
  readonly place: number;
}

async function claimGroup(
  deps: Deps,
  group: readonly Notice[],
  claiming: Claiming,
): Promise<ClaimedNotice | null> {
  const [first] = group as readonly [Notice];
  const { now, place } = claiming;
  const told = await readTold(deps.store, first);
  if (isOvertaken(first, told.ended_round)) {
    await deps.store.updateNotice(drop(first, END_WAS_TOLD));
    return null;
  }
  if (quietUntil(first, told.progress_at, now) !== null) return null;
  const claimed: Notice[] = [];
  for (const notice of group) {
    const mine = await deps.store.updateNotice(
      leased({ ...notice, since: notice.since ?? now }, later(now, LEASE * place), claiming.worker),
    );
    if (mine) claimed.push(mine);
    // Somebody else was faster with the one that stands for all.
    if (claimed.length === 0) return null;
  }
  const { id, rev, event, recipient, round, tries, created_at, next_at } = claimed[0]!;
  const possible_repeat = claimed.some((notice) => notice.possible_repeat);
  const facts = mergeFacts(claimed);
  return {
    id,
    rev,
    event,
    facts,
    recipient,
    round,
    tries,
    created_at,
    possible_repeat,
    kept: told.kept,
    claimed_until: next_at!,
  };
}

/** Pure: claimed by a bridge, which has the text of earlier sendings looked for where there may be one. */
const leased = ({ put_off: _, ...notice }: Notice, until: string, worker: string): Notice => ({
  ...notice,
  status: "sending",
  next_at: until,
  tries: notice.tries + 1,
  possible_repeat: notice.possible_repeat || notice.status === "sending",
  error: `fetched by the bridge on ${worker}, which has not reported yet`,
});

/**
 * Marks what a bridge was given, by the rules of `deliver`, and gives the notice as it is then. Throws `Conflict` when the claim is not
 * its own any more: it ran out and somebody took it, or this outcome was reported before.
 */
export async function reportOutcome(
  deps: Deps,
  id: string,
  { rev, outcome }: { readonly rev: number; readonly outcome: Delivery },
): Promise<Notice> {
  const first = await deps.store.readNotice(id);
  if (first?.status !== "sending" || first.rev !== rev) throw notClaimed(id);
  requirePulled(deps, first.channel);
  const group = await sameClaim(deps, first);
  await keepOutcome(deps, first, outcome);
  let after: Notice | null = null;
  for (const notice of group.toReversed()) {
    const marked = mark(notice, outcome, deps.now());
    if (isForFallback(marked, deps.now())) await tellInstead(deps, marked);
    // The one that was reported comes last: until it is marked, the report may be made again.
    after = await deps.store.updateNotice(marked);
  }
  if (!after) throw notClaimed(id);
  return after;
}

const notClaimed = (id: string): Conflict =>
  new Conflict(
    `notice ${id.slice(0, 300)} is not claimed under this revision: it was reported before, or the claim ran out and it is somebody else's now`,
  );

async function keepOutcome(deps: Deps, notice: Notice, outcome: Delivery): Promise<void> {
  await keepTold(deps, notice, outcome);
  if (outcome.kind === "delivered") await enableChannel(deps.store, notice.channel);
  if (outcome.kind === "permanent" && outcome.disable) await disableChannel(deps, notice, outcome.reason);
}
