import type { Notice } from "../core/notice.ts";
import type { ChannelState } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { later } from "./mark.ts";

const MOST_RACES = 8;

/** The notice is claimed, and the channel is this process's until its pace has passed. */
export interface Turn {
  readonly state: ChannelState;
  readonly notice: Notice;
}

/**
 * Claims a notice and its channel. Keeps the channel's pace over all processes: who sends has reserved it first, and a notice that must
 * wait is put off to a turn of its own, so that a thousand that come due at once are each put off once and not again and again.
 * Null: not now, or another process has the notice.
 */
export async function takeTurn(deps: Deps, notice: Notice, paceMilliseconds: number): Promise<Turn | null> {
  const { store } = deps;
  const pace = paceMilliseconds / 1000;
  let mine = notice;
  for (let race = 0; race < MOST_RACES; race++) {
    const state = await store.readChannel(notice.channel);
    // Nothing is sent on a disabled channel, so nothing waits there: it is given up, and told elsewhere, at once.
    const isUsed = state.disabled === null || notice.test === true;
    const turn = isUsed ? turnOf(state, notice, { now: deps.now(), pace }) : null;
    if (turn === null) {
      // The notice before the channel: whoever has reserved a channel also has what to send.
      const claimed = mine.status === "sending" && mine !== notice ? mine : await claim(deps, mine);
      if (claimed === null) return null;
      mine = claimed;
      const reserved = { ...state, not_before: later(deps.now(), pace) };
      if (pace === 0 || !isUsed || (await store.updateChannel(reserved)))
        return { state: reserved, notice: mine };
    } else {
      const put = await store.updateNotice({ ...notice, ...turnAt(turn.at), rev: mine.rev });
      if (put === null) return null;
      mine = put;
      if (pace === 0 || !turn.isTaken) return null;
      const next_turn = later(turn.at, pace * (1 + SLACK));
      if (await store.updateChannel({ ...state, next_turn })) return null;
    }
  }
  if (mine !== notice) await store.updateNotice({ ...notice, next_at: later(deps.now(), 1), rev: mine.rev });
  return null;
}

/** What a notice is given that shall come due then, and keep its place when the channel is late. */
export const turnAt = (at: string): Pick<Notice, "next_at" | "turn_at"> => ({ next_at: at, turn_at: at });

/** How long a claim holds, seconds: longer than any channel's own time limit. */
const LEASE = 120;

/** Null: another process was faster. */
export const claim = (deps: Pick<Deps, "store" | "now">, notice: Notice): Promise<Notice | null> =>
  deps.store.updateNotice({
    ...notice,
    status: "sending",
    next_at: later(deps.now(), LEASE),
    tries: notice.tries + 1,
    since: notice.since ?? deps.now(),
    possible_repeat: notice.possible_repeat || notice.status === "sending",
  });

/** Between two turns, of the pace: who comes a little late to his own does not hold up the next. */
const SLACK = 0.1;
/** Paces by which a notice may be late and still go in its place. */
const MOST_LATE = 10;
/** Seconds ahead for which a block or a queue is believed; beyond that somebody's clock was wrong. */
const HORIZON = 25 * 3600;

/**
 * When the notice may be sent, and whether that is a turn of its own that must be taken from the channel; null: now. A notice that has
 * just come lines up behind those that were given turns; one that comes to its turn while the one before is still being told waits for that.
 */
function turnOf(
  state: ChannelState,
  notice: Notice,
  { now, pace }: { now: string; pace: number },
): { readonly at: string; readonly isTaken: boolean } | null {
  const notBefore = ahead(state.not_before, now);
  const nextTurn = ahead(state.next_turn ?? null, now);
  const isNew = notice.next_at === notice.created_at;
  if (notBefore === null) return nextTurn !== null && isNew ? { at: nextTurn, isTaken: true } : null;
  const isShort = secondsTo(notBefore, now) <= 2 * pace;
  // What else comes due together (retried, or gathered for the same time) would be written down again at every sending.
  const turn = notice.turn_at === notice.next_at ? notice.turn_at : null;
  const isInTime = turn !== null && -secondsTo(turn, now) <= MOST_LATE * pace;
  if (isShort && isInTime) return { at: notBefore, isTaken: false };
  return { at: nextTurn !== null && nextTurn > notBefore ? nextTurn : notBefore, isTaken: true };
}

const secondsTo = (instant: string, now: string): number => (Date.parse(instant) - Date.parse(now)) / 1000;

/** Null for what is over, or so far ahead that it was never meant. */
const ahead = (instant: string | null, now: string): string | null =>
  instant !== null && instant > now && secondsTo(instant, now) <= HORIZON ? instant : null;
