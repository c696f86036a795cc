import { openRounds } from "../app/deliver-rounds.ts";
import { messageOf } from "../app/probe.ts";
import { sleep } from "../app/sleep.ts";
import { tellMended } from "../app/tell-mended.ts";
import { tickAll } from "../app/tick.ts";
import { within } from "../app/within.ts";
import type { App } from "../wire.ts";

/** Milliseconds between two passes at least, however often something wakes us. */
const SHORTEST_PAUSE = 200;
const NOTICES_PER_LOOK = 200;
/** What is being told when we are asked to stop is waited for so long, milliseconds. Nothing is lost: it is told again, marked. */
const PATIENCE_OF_STOP = 5000;

export interface Ticker {
  /** Something was changed by a request: the next pass comes at once. */
  wake(): void;
  /** Ends after the pass that is being made. Runs go on without us. */
  stop(): Promise<void>;
}

/**
 * Passes over the runs that are due, one after another, every so many milliseconds or when an executor has news. Notices are delivered
 * beside them: a channel that hangs delays no run.
 */
export function startTicker(app: App, every: number): Ticker {
  const ending = new AbortController();
  let waking = new AbortController();
  const telling = tellBeside(app, every, ending.signal);
  const ping = pingBeside(app);
  const loop = (async () => {
    const say = sayOnce(app.deps.warn);
    while (!ending.signal.aborted) {
      waking = new AbortController();
      const earliest = Date.now() + SHORTEST_PAUSE;
      say(await onePass(app, ping));
      telling.wake();
      await pause(app, every, AbortSignal.any([waking.signal, ending.signal]));
      await sleep(earliest - Date.now(), ending.signal);
    }
  })();
  return {
    wake: () => waking.abort(),
    async stop() {
      ending.abort();
      await loop;
      await within(PATIENCE_OF_STOP, telling.ended, () => {});
    },
  };
}

/** What went wrong in this pass. A store that is away for a while does not end the ticker. */
async function onePass({ deps, cache }: App, ping: () => void): Promise<string[]> {
  try {
    const { errors } = await tickAll(deps, cache, "due");
    ping();
    return errors;
  } catch (error) {
    return [`a pass over the runs failed and is made again: ${messageOf(error)}`];
  }
}

/** Delivers what is due when it is woken, and what comes due in between. */
function tellBeside({ deps, cache }: App, every: number, ending: AbortSignal) {
  const rounds = openRounds(deps, { limit: NOTICES_PER_LOOK, cache, sleep });
  const say = sayOnce(deps.warn);
  let waking = new AbortController();
  let isMended = false;
  const begin = async (): Promise<number | null> => {
    if (!isMended) await tellMended(deps);
    isMended = true;
    return rounds.begin();
  };
  const ended = (async () => {
    while (!ending.aborted) {
      const woken = AbortSignal.any([waking.signal, ending]);
      const { wait, errors } = await begin().then(
        (wait) => ({ wait, errors: [] as unknown[] }),
        (error: unknown) => ({ wait: null, errors: [error] }),
      );
      const all = [...errors, ...rounds.takeErrors()];
      say(all.map((error) => `notices could not be delivered, they are tried again: ${messageOf(error)}`));
      await rounds.pause(Math.min(wait ?? every, every), woken);
      if (waking.signal.aborted) waking = new AbortController();
    }
    await rounds.end();
  })();
  return { wake: () => waking.abort(), ended };
}

/** One ping at a time, which nobody waits for. */
function pingBeside({ deps }: App): () => void {
  let isPinging = false;
  const ping = async (): Promise<void> => {
    if (isPinging) return;
    isPinging = true;
    try {
      await deps.ping();
    } catch (error) {
      deps.warn(`the ping failed: ${messageOf(error)}`);
    } finally {
      isPinging = false;
    }
  };
  return () => void ping();
}

/** A trouble that lasts is told when it begins, not every second. */
function sayOnce(warn: (text: string) => void): (errors: readonly string[]) => void {
  let said = new Set<string>();
  return (errors) => {
    for (const error of errors) if (!said.has(error)) warn(error);
    said = new Set(errors);
  };
}

/** Until time is over, an executor has news, or the signal. */
async function pause({ deps }: App, milliseconds: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, signal]);
  try {
    const news = [...deps.executors.values()].map((executor) => executor.changed(stop));
    await Promise.race([sleep(milliseconds, stop), ...news]);
  } catch (error) {
    deps.warn(`an executor could not be listened to: ${messageOf(error)}`);
    await sleep(milliseconds, signal);
  } finally {
    over.abort();
  }
}
