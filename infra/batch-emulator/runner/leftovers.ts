import { processIds, readOr } from "./memory-watch.ts";

/** In every process's environment, so that an emulator finds again what one before it left. */
export const MARK = "BATCH_EMULATOR_MARK";

/** Of one run of an emulator: its own mark, and what tells it from those before it on the same state file. */
export const runMark = (mark: string): string => `${mark}.${process.pid}.${Date.now()}`;

/**
 * Kills processes that carry this mark: those of an emulator with the same state file that was killed. Marks are random, so
 * nobody else's are touched. Returns how many it found; on systems without /proc, none.
 */
export function killLeftovers(mark: string): number {
  const found = processIds().filter((pid) => readOr(`/proc/${pid}/environ`).includes(`${MARK}=${mark}.`));
  for (const pid of found) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between the look and the kill.
    }
  }
  return found.length;
}
