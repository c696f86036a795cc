import type { Time } from "../../src/http/hints.ts";

/** A clock that stands still while anybody has something to do, and then goes on to whoever wakes first. */
export class VirtualTime implements Time {
  #now: number;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  constructor(begin: string) {
    this.#now = Date.parse(begin);
  }

  readonly now = (): number => this.#now;

  instant(): string {
    return new Date(this.#now).toISOString();
  }

  readonly sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    if (milliseconds <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + milliseconds, wake });
      signal?.addEventListener("abort", () => wake(), { once: true });
    });
  };

  /** Goes on until the work is over. */
  async run(work: Promise<unknown>): Promise<void> {
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    while (!over) {
      // Everything that is only a matter of promises; stores and channels of these tests are no more.
      for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
      const at = Math.min(...this.#sleepers.map((sleeper) => sleeper.at));
      if (over || at === Number.POSITIVE_INFINITY) continue;
      this.#now = Math.max(this.#now, at);
      const due = this.#sleepers.filter((sleeper) => sleeper.at <= this.#now);
      for (const sleeper of due) {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        sleeper.wake();
      }
    }
    await done;
  }
}
