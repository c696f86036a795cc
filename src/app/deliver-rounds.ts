import type { Notice } from "../core/notice.ts";
import type { NoticeQuery } from "../ports.ts";
import { type Deliveries, deliver } from "./deliver.ts";
import type { Deps } from "./deps.ts";
import type { RunsCache } from "./runs-cache.ts";

const SHORTEST_WAIT = 100;
/** What comes due later is somebody else's business, milliseconds. */
const LONGEST_WAIT = 15_000;
/** Notices that are looked at to see when the next comes due. */
const LOOKED_AHEAD = 5;

export interface RoundsOptions {
  /** Notices of one look at most; of each channel, while another is busy. */
  readonly limit: number;
  readonly runId?: string | undefined;
  readonly cache?: RunsCache | undefined;
  readonly longestWait?: number | undefined;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Deliveries side by side: in each channel one round at a time, so that one that hangs holds up no other. */
export interface Rounds {
  /**
   * Begins a round in every channel that has something due and is not busy; no sending begins at `until`. Does not wait for them.
   * Milliseconds until something comes due in a channel that is not busy; null: nothing does soon.
   */
  begin(until?: number): Promise<number | null>;
  isBusy(): boolean;
  /** Ends with the round that ends next, after so many milliseconds, or by the signal. */
  pause(milliseconds: number | null, signal?: AbortSignal): Promise<void>;
  /** Ends when all rounds have. */
  end(): Promise<void>;
  told(): Deliveries;
  /** What went wrong since this was last asked. A channel that does not take a message is no error. */
  takeErrors(): unknown[];
}

export function openRounds(deps: Deps, options: RoundsOptions): Rounds {
  const { runId, limit, cache, sleep, longestWait = LONGEST_WAIT } = options;
  const busy = new Map<string, Promise<void>>();
  const postponed = new Map<string, number>();
  const failed: Notice[] = [];
  let sent = 0;
  let errors: unknown[] = [];

  const round = async (channel: string, due: readonly Notice[], until: number | undefined): Promise<void> => {
    try {
      const told = await deliver(deps, { limit, cache, until, due });
      sent += told.sent;
      failed.push(...told.failed);
      postponed.set(channel, told.postponed);
      // What was only put off, or taken by another process, is not asked for again at once.
      if (told.sent + told.postponed + told.failed.length === 0) await sleep(SHORTEST_WAIT);
    } catch (error) {
      errors.push(error);
    } finally {
      busy.delete(channel);
    }
  };

  const look = (query: NoticeQuery): Promise<Notice[]> => lookBeside(deps, busy, { ...query, run_id: runId });
  const untilNextDue = async (): Promise<number | null> => {
    const now = Date.parse(deps.now());
    const due_at = new Date(now + longestWait).toISOString();
    const soon = await look({ status: ["pending"], due_at, limit: LOOKED_AHEAD });
    if (soon.length === 0) return null;
    const next = Math.min(...soon.map(({ next_at }) => Date.parse(next_at ?? deps.now())));
    return Math.max(SHORTEST_WAIT, next - now);
  };

  return {
    async begin(until) {
      const due = await look({ due_at: deps.now(), limit });
      for (const [channel, notices] of Map.groupBy(due, (notice) => notice.channel))
        if (!busy.has(channel)) busy.set(channel, round(channel, notices, until));
      return untilNextDue();
    },
    isBusy: () => busy.size > 0,
    async pause(milliseconds, signal) {
      const over = new AbortController();
      const stop = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
      try {
        const waits = milliseconds === null ? [] : [sleep(milliseconds, stop)];
        await Promise.race([...busy.values(), ...waits]);
      } finally {
        over.abort();
      }
    },
    async end() {
      while (busy.size > 0) await Promise.all(busy.values());
    },
    told: () => ({ sent, postponed: [...postponed.values()].reduce((sum, each) => sum + each, 0), failed }),
    takeErrors() {
      const taken = errors;
      errors = [];
      return taken;
    },
  };
}

/** While channels are busy, the others are asked for by name: what waits for those that hang would fill every look. */
async function lookBeside(
  { store, channels, brokenChannels }: Deps,
  busy: ReadonlyMap<string, unknown>,
  query: NoticeQuery,
): Promise<Notice[]> {
  if (busy.size === 0) return store.queryNotices(query);
  const idle = [...channels.keys(), ...brokenChannels.keys()].filter((channel) => !busy.has(channel));
  const looks = idle.map((channel) => store.queryNotices({ ...query, channel }));
  return (await Promise.all(looks)).flat();
}
