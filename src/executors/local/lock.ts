import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Does one thing at a time over all processes that use the same file. */
export interface Lock {
  /** Null when the lock could not be had within 5 s. */
  hold<T>(work: () => T): T | null;
}

/**
 * A lock that the kernel takes back when its holder dies at any instruction. Node has no `flock`; SQLite's
 * `BEGIN IMMEDIATE` is one, on an otherwise empty database.
 */
export function openLock(path: string): Lock {
  const database = new DatabaseSync(path, { timeout: 5000 });
  const begin = database.prepare("BEGIN IMMEDIATE");
  const rollback = database.prepare("ROLLBACK");
  return {
    hold(work) {
      if (!took(begin)) return null;
      try {
        return work();
      } finally {
        rollback.run();
      }
    },
  };
}

function took(begin: StatementSync): boolean {
  try {
    begin.run();
    return true;
  } catch (error) {
    const SQLITE_BUSY = 5;
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
