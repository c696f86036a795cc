import { deliver } from "../app/deliver.ts";
import { messageOf } from "../app/probe.ts";
import { looksLikeAttempt, type RunIndex } from "../app/run-index.ts";
import { sleep } from "../app/sleep.ts";
import type { Sweeper } from "../app/sweep.ts";
import type { App } from "../wire.ts";

/** A run is looked at at most so often, milliseconds; sweeps count. */
const BETWEEN_LOOKS = 5000;
/** Messages come in bursts: a look waits so long for those that follow the first, milliseconds. */
const GATHERING = 250;
/**
 * A look that began so much later than a message was published has seen what it tells, milliseconds. Clocks differ, and an
 * executor may answer from a listing that is a few seconds old.
 */
const SEEN_AFTER = 5000;
/** Requests that are held open for looks, over all runs. Cloud Run lets 80 in at a time, and sweeps need room too. */
const MOST_OPEN = 40;
const NOTICES_PER_LOOK = 20;

/** What became of hints. */
export const HINT_FATES = ["looked", "joined", "old", "ended", "unknown", "malformed", "crowded"] as const;
export type HintFate = (typeof HINT_FATES)[number];

/** The clock and the waiting of a process. */
export interface Time {
  /** Epoch milliseconds. */
  now(): number;
  /** Ends early, and keeps nothing alive, when the signal is given. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const realTime: Time = {
  now: Date.now,
  sleep,
};

export interface Hint {
  /** The last segment of a Batch job's name. */
  readonly attempt: string;
  /** Epoch milliseconds, or null. */
  readonly publishedAt: number | null;
}

/** A look that waits for its turn: attempts, and when the last message about each was published. */
type Waiting = Map<string, number>;

/**
 * Takes hints that attempts may have changed, and looks at them at most once in five seconds for each run.
 *
 * Cloud Run gives a service its CPU only while a request is open, so a look must be made inside one; but if every push stayed open
 * until its look is over, two hundred of a run's messages would be open at a time, above what Cloud Run lets in, and Pub/Sub would
 * take the refusals as a reason to slow down. So the hint that asks for a look stays open until it is made, and those that come
 * meanwhile are added to it and acknowledged at once: a run holds two requests at most, one that looks and one that waits. An
 * instance that dies in between loses hints that are already acknowledged. Nothing else is lost by that: the next sweep, at most a
 * minute later, looks at everything. For the same reason what is over `MOST_OPEN` is acknowledged and left to the sweep.
 */
export function openHints(parts: {
  readonly app: Pick<App, "deps" | "cache">;
  readonly sweeper: Sweeper;
  readonly index: RunIndex;
  readonly time: Time;
}): (hint: Hint) => Promise<HintFate> {
  const { app, sweeper, index, time } = parts;
  const waiting = new Map<string, Waiting>();
  let open = 0;

  const isSeen = (runId: string, publishedAt: number): boolean =>
    publishedAt + SEEN_AFTER < sweeper.begun(runId).full;
  const isWanted = (runId: string, attempt: string, publishedAt: number): boolean =>
    !isSeen(runId, publishedAt) && app.cache.mayBeNews(runId, attempt);

  const look = async (runId: string, mine: Waiting): Promise<void> => {
    await time.sleep(Math.max(GATHERING, sweeper.begun(runId).any + BETWEEN_LOOKS - time.now()));
    const run = await sweeper.look(runId, () => {
      // From here on hints wait for the next look. What a pass before us has seen need not be looked at.
      waiting.delete(runId);
      if (!index.has(runId)) return null; // it ended while we waited
      const hinted = [...mine].filter(([attempt, publishedAt]) => isWanted(runId, attempt, publishedAt));
      return hinted.length === 0 ? null : { hinted: new Set(hinted.map(([attempt]) => attempt)) };
    });
    if (run === null) return;
    for (const warning of await app.deps.ledger.record(app.cache.news([run]), app.deps.now()))
      app.deps.warn(warning);
    const until = Date.parse(app.deps.now()) + BETWEEN_LOOKS;
    await deliver(app.deps, { limit: NOTICES_PER_LOOK, runId, cache: app.cache, until });
  };

  return async ({ attempt, publishedAt }) => {
    if (!looksLikeAttempt(attempt)) return "unknown";
    const runId = await index.find(attempt);
    if (runId === null) return "unknown";
    const published = publishedAt ?? time.now();
    if (isSeen(runId, published)) return "old";
    if (!app.cache.mayBeNews(runId, attempt)) return "ended";
    const joined = waiting.get(runId);
    if (joined) {
      joined.set(attempt, Math.max(published, joined.get(attempt) ?? 0));
      return "joined";
    }
    if (open >= MOST_OPEN) return "crowded";
    const mine: Waiting = new Map([[attempt, published]]);
    waiting.set(runId, mine);
    open += 1;
    try {
      await look(runId, mine);
    } catch (error) {
      // Told, and left to the sweep: the push would only come again.
      app.deps.warn(`run ${runId}: ${messageOf(error)}`);
    } finally {
      open -= 1;
      if (waiting.get(runId) === mine) waiting.delete(runId);
    }
    return "looked";
  };
}
