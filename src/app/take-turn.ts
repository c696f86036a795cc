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
    const at = turnOf(state, notice, deps.now());
    if (at === null) {
      // The notice before the channel: whoever has reserved a channel also has what to send.
      const claimed = mine.status === "sending" && mine !== notice ? mine : await claim(deps, mine);
      if (claimed === null) return null;
      mine = claimed;
      const reserved = { ...state, not_before: later(deps.now(), pace) };
      if (pace === 0 || (await store.updateChannel(reserved))) return { state: reserved, notice: mine };
    } else {
      const put = await store.updateNotice({ ...notice, next_at: at, rev: mine.rev });
      if (put === null) return null;
      mine = put;
      if (pace === 0 || (await store.updateChannel({ ...state, next_turn: later(at, pace) }))) return null;
    }
  }
  if (mine !== notice) await store.updateNotice({ ...notice, next_at: later(deps.now(), 1), rev: mine.rev });
  return null;
}

/** How long a claim holds, seconds: longer than any channel's own time limit. */
const LEASE = 120;

/** Null: another process was faster. */
export const claim = (deps: Pick<Deps, "store" | "now">, notice: Notice): Promise<Notice | null> =>
  deps.store.updateNotice({
    ...notice,
    status: "sending",
    next_at: later(deps.now(), LEASE),
    tries: notice.tries + 1,
    possible_repeat: notice.possible_repeat || notice.status === "sending",
  });

/** Null: now. A notice that has just come lines up behind those that were given turns. */
function turnOf({ not_before, next_turn }: ChannelState, notice: Notice, now: string): string | null {
  const isBusy = not_before !== null && not_before > now;
  const hasQueue = next_turn !== null && next_turn !== undefined && next_turn > now;
  const isNew = notice.next_at === notice.created_at;
  if (!isBusy && !(hasQueue && isNew)) return null;
  return hasQueue && (!isBusy || next_turn > not_before) ? next_turn : not_before;
}
