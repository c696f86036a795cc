import type { ExecutorKind } from "../core/status.ts";
import type { Executor } from "../ports.ts";

/** An executor that is opened, with all that it loads, when something is first asked of it; opening again is tried by the next call. */
export function lazyExecutor(kind: ExecutorKind, open: () => Promise<Executor>): Executor {
  let opening: Promise<Executor> | null = null;
  let opened: Executor | null = null;
  const ready = (): Promise<Executor> => {
    opening ??= open().then(
      (executor) => {
        opened = executor;
        return executor;
      },
      (error: unknown) => {
        opening = null;
        throw error;
      },
    );
    return opening;
  };
  return {
    kind,
    capacity: async () => (await ready()).capacity(),
    submit: async (submissions) => (await ready()).submit(submissions),
    observe: async (attempts) => (await ready()).observe(attempts),
    cancel: async (attempts) => (await ready()).cancel(attempts),
    log: async (attempt, request) => (await ready()).log(attempt, request),
    forget: async (attempts) => (await ready()).forget(attempts),
    changed: async (signal) => (await ready()).changed(signal),
    // One that was never opened has looked at nothing yet that could be old.
    hint: (attempt) => opened?.hint?.(attempt),
    sweep: async (live) => (await (await ready()).sweep?.(live)) ?? [],
  };
}
