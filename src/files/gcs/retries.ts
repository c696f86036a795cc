import { setTimeout } from "node:timers/promises";
import { type CallFacts, cloudError, isPassing } from "./cloud-error.ts";

const TRIES = 4;
const FIRST_PAUSE = 500;

export type Sleep = (milliseconds: number) => Promise<unknown>;

export interface Patience {
  readonly sleep: Sleep;
  /** In [0, 1). */
  readonly random: () => number;
}

export const PATIENT: Patience = { sleep: setTimeout, random: Math.random };

/**
 * Tries again what passes by waiting (429, 5xx, no answer), at most four times within about ten seconds; every other
 * failure, and the last one, is an `AdapterError` that begins with `attempted`. Work must be safe to repeat.
 */
export async function withRetries<T>(
  attempted: string,
  facts: CallFacts,
  { sleep, random }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const failure = cloudError(attempted, error, facts);
      if (tries === TRIES || !isPassing(failure)) throw failure;
      await sleep(FIRST_PAUSE * 2 ** (tries - 1) * (1 + random()));
    }
  }
}

/**
 * What work gives, or a timeout. What was sent may still be done: all our writing carries a condition, so that it is then
 * done once. The client's own `timeout` setting does not hold for calls of files (8.4, measured).
 */
export async function inTime<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = globalThis.setTimeout(
      () => fail(Object.assign(new Error(`nothing within ${milliseconds / 1000} s`), { status: 408 })),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
