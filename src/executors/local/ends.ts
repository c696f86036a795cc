import { type FSWatcher, watch } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** Wakes a waiting monitor when an attempt ends. */
export interface Ends {
  /** What happens from here on will be told; call it before looking. */
  mark(): void;
  /** Something changed that no watcher sees. */
  bump(): void;
  /** The end of this attempt is known: more events about its record wake nobody. */
  settle(id: string): void;
  /** Resolves at the first change since the last mark or the last wake, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** One watcher for the executor's whole life: an end between looking and waiting is counted, not missed. */
export function watchEnds(folder: string): Ends {
  let changes = 0;
  let marked = 0;
  let wake: () => void = () => {};
  const settled = new Set<string>();
  const bump = () => {
    changes++;
    wake();
  };
  const watcher = openWatcher(folder, (id) => {
    if (id === null || !settled.has(id)) bump();
  });
  return {
    mark: () => {
      marked = changes;
    },
    bump,
    settle: (id) => settled.add(id),
    async changed(signal) {
      if (changes === marked && !signal.aborted) {
        await (watcher
          ? nextChange(watcher, signal, (resolve) => {
              wake = resolve;
            })
          : pollOnce(signal));
      }
      marked = changes;
    },
  };
}

/** Null where the kernel has no watch to give (inotify limits are small and shared by everything on the machine). */
function openWatcher(folder: string, onChange: (id: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, (_, name) => onChange(name));
    watcher.on("error", () => {}); // the folder went away: looking at it will say so
    watcher.unref();
    return watcher;
  } catch {
    return null;
  }
}

async function nextChange(
  watcher: FSWatcher,
  signal: AbortSignal,
  onWake: (resolve: () => void) => void,
): Promise<void> {
  watcher.ref(); // somebody waits: the process stays for it
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  onWake(stop);
  signal.addEventListener("abort", stop);
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    watcher.unref();
  }
}

async function pollOnce(signal: AbortSignal): Promise<void> {
  await wait(500, undefined, { signal }).catch(() => {});
}
