import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config.ts";
import type { App } from "../wire.ts";

export interface WarmParts<H> {
  /** Reads the configuration; throws when there is no valid one. */
  readonly read: () => Promise<Config>;
  /** Reads it again: the last good one stays in force, and `problem` says why. */
  readonly reread: (
    before: Config,
  ) => Promise<{ readonly config: Config; readonly changed: boolean; readonly problem: string | null }>;
  readonly open: (config: Config) => Promise<App>;
  /** What is made of an app, once: handlers. */
  readonly make: (app: App) => H;
  readonly warn: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

interface Opened<H> {
  readonly app: App;
  readonly made: H;
  users: number;
  replaced: boolean;
}

/** Scheduler comes once a minute: each of its ticks goes by the configuration as it is then. */
const BETWEEN_READS = 50_000;

/**
 * What an instance opens with its first request and keeps for all that follow. The configuration is read again at most every 50 seconds;
 * when it has changed, a new app takes over what is known of runs, and the old one is closed once nobody uses it any more.
 */
export function openWarm<H>(parts: WarmParts<H>): { use<T>(work: (made: H) => Promise<T>): Promise<T> } {
  const { now = Date.now } = parts;
  let current: Promise<Opened<H>> | null = null;
  let readAt = 0;
  let told: string | null = null;

  const opened = async (config: Config, before: Opened<H> | null): Promise<Opened<H>> => {
    const app = await parts.open(config);
    const isSameStore =
      before !== null &&
      isDeepStrictEqual(before.app.config.store, config.store) &&
      isDeepStrictEqual(before.app.config.gcp, config.gcp);
    const warm = isSameStore ? { ...app, cache: before.app.cache } : app;
    return { app: warm, made: parts.make(warm), users: 0, replaced: false };
  };

  const first = (): Promise<Opened<H>> => {
    readAt = now();
    const opening = parts.read().then((config) => opened(config, null));
    // What could not be opened is tried again by the next request.
    opening.catch(() => {
      if (current === opening) current = null;
    });
    current = opening;
    return opening;
  };

  const refreshed = async (before: Opened<H>): Promise<Opened<H>> => {
    readAt = now();
    try {
      const { config, changed, problem } = await parts.reread(before.app.config);
      if (problem !== null && problem !== told) parts.warn(problem);
      told = problem;
      if (!changed) return before;
      const next = await opened(config, before);
      current = Promise.resolve(next);
      before.replaced = true;
      return next;
    } catch (error) {
      parts.warn(
        `the configuration could not be taken over: ${error instanceof Error ? error.message : error}`,
      );
      return before;
    }
  };

  const closeUnused = (one: Opened<H>): void => {
    if (!one.replaced || one.users > 0) return;
    one.app.close().catch((error: unknown) => parts.warn(`an old store could not be closed: ${error}`));
  };

  return {
    async use(work) {
      const isStale = current !== null && now() - readAt >= BETWEEN_READS;
      const before = await (current ?? first());
      // Held while it is replaced, so that it is closed once, and not under anybody's hands.
      before.users += 1;
      const one = isStale && now() - readAt >= BETWEEN_READS ? await refreshed(before) : before;
      one.users += 1;
      before.users -= 1;
      if (one !== before) closeUnused(before);
      try {
        return await work(one.made);
      } finally {
        one.users -= 1;
        closeUnused(one);
      }
    },
  };
}
