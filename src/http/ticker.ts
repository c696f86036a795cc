import { deliver } from "../app/deliver.ts";
import { messageOf } from "../app/probe.ts";
import { sleep } from "../app/sleep.ts";
import { tickAll } from "../app/tick.ts";
import type { App } from "../wire.ts";

/** Milliseconds between two passes at least, however often something wakes us. */
const SHORTEST_PAUSE = 200;
const NOTICES_PER_PASS = 50;

export interface Ticker {
  /** Something was changed by a request: the next pass comes at once. */
  wake(): void;
  /** Ends after the pass that is being made. Runs go on without us. */
  stop(): Promise<void>;
}

/** Passes over the runs that are due, one after another, every so many milliseconds or when an executor has news. */
export function startTicker(app: App, every: number): Ticker {
  const ending = new AbortController();
  let waking = new AbortController();
  const loop = (async () => {
    const say = sayOnce(app.deps.warn);
    while (!ending.signal.aborted) {
      waking = new AbortController();
      const earliest = Date.now() + SHORTEST_PAUSE;
      say(await onePass(app));
      await pause(app, every, AbortSignal.any([waking.signal, ending.signal]));
      await sleep(earliest - Date.now(), ending.signal);
    }
  })();
  return {
    wake: () => waking.abort(),
    stop: () => {
      ending.abort();
      return loop;
    },
  };
}

/** What went wrong in this pass. A store that is away for a while does not end the ticker. */
async function onePass({ deps, cache }: App): Promise<string[]> {
  try {
    const { errors } = await tickAll(deps, cache, "due");
    await deliver(deps, { limit: NOTICES_PER_PASS, cache });
    await deps.ping();
    return errors;
  } catch (error) {
    return [`a pass over the runs failed and is made again: ${messageOf(error)}`];
  }
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
