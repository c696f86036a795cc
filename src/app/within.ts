import { sleep as realSleep } from "./sleep.ts";

type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/** What the work comes to, or after so long `late()`; the work then goes on. What is over in time leaves no timer, which would hold a process. */
export async function within<T, L>(
  milliseconds: number,
  work: Promise<T>,
  late: () => L,
  sleep: Sleep = realSleep,
): Promise<T | L> {
  const over = new AbortController();
  try {
    return await Promise.race([work, sleep(milliseconds, over.signal).then(late)]);
  } finally {
    over.abort();
  }
}
