import { DatabaseSync } from "node:sqlite";

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
  return {
    hold(work) {
      if (!begin(database)) return null;
      try {
        return work();
      } finally {
        database.exec("ROLLBACK");
      }
    },
  };
}

function begin(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    const SQLITE_BUSY = 5;
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
