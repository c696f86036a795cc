import type { Deps } from "../../src/app/deps.ts";
import type { Time } from "../../src/http/hints.ts";
import type { Executor, Files } from "../../src/ports.ts";

/** A clock that goes on only when it is told to; who sleeps wakes in order. */
export interface HandTime extends Time {
  /** Lets so many milliseconds pass, and all that they wake come to rest. */
  pass(milliseconds: number): Promise<void>;
  instant(): string;
}

export function handTime(begin: string): HandTime {
  let now = Date.parse(begin);
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const rest = async (turns: number) => {
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done));
  };
  return {
    now: () => now,
    instant: () => new Date(now).toISOString(),
    sleep: (milliseconds) => new Promise((wake) => sleepers.push({ at: now + milliseconds, wake })),
    async pass(milliseconds) {
      // Whoever is about to sleep does so first.
      await rest(1);
      now += milliseconds;
      const due = sleepers.filter(({ at }) => at <= now);
      sleepers = sleepers.filter(({ at }) => at > now);
      for (const { wake } of due.sort((a, b) => a.at - b.at)) wake();
      await rest(due.length > 0 ? 3 : 1);
    },
  };
}

/** Attempts that last until the moment that `endsAt` gives for their job, and then have succeeded; asked for, they are counted. */
export function cloudOf(endsAt: (job: string) => number, now: () => number) {
  const asked = { calls: 0, attempts: 0, cancels: 0 };
  const idle: Pick<Executor, "log" | "forget" | "changed"> = {
    log: async () => null,
    forget: async () => {},
    changed: (signal) =>
      new Promise((done) => signal.addEventListener("abort", () => done(), { once: true })),
  };
  const executor: Executor = {
    ...idle,
    kind: "local",
    capacity: async () => ({ largest: { cpu: 64, memory: 2 ** 40 }, free: null, notes: [] }),
    submit: async (all) =>
      all.map(({ attempt }) => ({ attempt: attempt.id, kind: "submitted", handle: { on: "paper" } })),
    observe: async (refs) => {
      asked.calls += 1;
      asked.attempts += refs.length;
      return refs.map(({ attempt, job }) =>
        endsAt(job) > now()
          ? { attempt: attempt.id, status: "running" }
          : {
              attempt: attempt.id,
              status: "succeeded",
              exit_code: 0,
              ended_at: new Date(endsAt(job)).toISOString(),
            },
      );
    },
    cancel: async (refs) => {
      asked.cancels += refs.length;
    },
  };
  const verify: Files["verify"] = async (_output, attempts) =>
    new Map(
      attempts.map(({ id }) => [id, { manifest: { attempt: id, outputs: [] }, sizes: {}, metrics: {} }]),
    );
  const over = (deps: Deps): Deps => ({
    ...deps,
    executors: new Map([["local", executor]]),
    files: { ...deps.files, verify },
  });
  return { asked, over };
}
