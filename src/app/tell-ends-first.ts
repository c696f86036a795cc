import { endsRun } from "../core/message.ts";
import type { Notice } from "../core/notice.ts";
import { isOvertaken } from "../core/outbox.ts";
import type { Deps } from "./deps.ts";
import { drop } from "./mark.ts";
import { turnAt } from "./take-turn.ts";

const MOST_NOTICES = 1000;

/**
 * Whoever is to hear of a run's end need not hear first that it started: what waits to be told to them before it is dropped, and the
 * end takes its turn in a channel in which notices wait for theirs.
 */
export async function tellEndsFirst(deps: Deps, runId: string): Promise<void> {
  const query = { run_id: runId, status: ["pending"] as const, limit: MOST_NOTICES };
  const waiting = await deps.store.queryNotices(query);
  const key = ({ channel, recipient }: Notice): string => JSON.stringify([channel, recipient]);
  const byRecipient = Map.groupBy(waiting, key);
  for (const end of waiting.filter(({ event }) => endsRun(event))) {
    const turns: string[] = [];
    for (const notice of byRecipient.get(key(end)) ?? []) {
      if (!isOvertaken(notice, end.round)) continue;
      const after = drop(notice, "the run's end is told instead");
      const isMine = (await deps.store.updateNotice(after)) !== null;
      if (isMine && notice.turn_at && notice.turn_at === notice.next_at) turns.push(notice.turn_at);
    }
    await takeTurnOf(deps, end, turns.sort()[0]);
  }
}

async function takeTurnOf(deps: Deps, end: Notice, turn: string | undefined): Promise<void> {
  const isNew = end.tries === 0 && end.next_at === end.created_at;
  if (turn !== undefined && isNew && turn > deps.now())
    await deps.store.updateNotice({ ...end, ...turnAt(turn) });
}
