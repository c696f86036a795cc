import { AdapterError } from "../../ports.ts";

interface Meaning {
  readonly code: string;
  readonly retryable: boolean;
  /** What the user does about it. */
  readonly remedy: string;
}

/** SQLite's primary result codes that have a cause outside this program: https://sqlite.org/rescode.html */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  5: {
    code: "store_busy",
    retryable: true,
    remedy: "Another process holds it locked; try again, and if it stays so look for a process that hangs.",
  },
  8: {
    code: "store_read_only",
    retryable: false,
    remedy:
      "Make the file and its directory writable, or choose another store with BIOAGENT_STORE=sqlite:PATH.",
  },
  10: {
    code: "store_io",
    retryable: true,
    remedy: "Check the disk, its quota and its mount; nothing was half-written, so try again after that.",
  },
  11: {
    code: "store_corrupt",
    retryable: false,
    remedy: "Keep the file, and restore it from a backup; `sqlite3 FILE .recover` saves what can be read.",
  },
  13: {
    code: "store_full",
    retryable: true,
    remedy: "Free space on its disk or raise the quota; nothing was half-written, so try again after that.",
  },
  14: {
    code: "store_unreachable",
    retryable: false,
    remedy: "Check that the path names a file, and that it and its directory may be read and written.",
  },
  26: {
    code: "store_not_database",
    retryable: false,
    remedy: "It was left as it is; choose another path with BIOAGENT_STORE=sqlite:PATH.",
  },
};
const UNKNOWN: Meaning = {
  code: "store_failed",
  retryable: false,
  remedy: "Nothing was half-written; report this with the text above.",
};

/** SQLite's primary result code of an error that `node:sqlite` threw; null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") return null;
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 1;
}

export const isBusy = (error: unknown): boolean => sqliteCode(error) === 5;

/** The same error, or what SQLite said as an `AdapterError`: `what` was attempted (`commit run x`) on the file at `path`. */
export function storeFailure(error: unknown, what: string, path: string): unknown {
  const code = sqliteCode(error);
  if (code === null || !(error instanceof Error)) return error;
  const { code: name, retryable, remedy } = MEANINGS[code] ?? UNKNOWN;
  return new AdapterError(`store ${path}: cannot ${what}: ${error.message} (SQLite ${code}). ${remedy}`, {
    code: name,
    retryable,
    cause: error,
  });
}

/** A store that this program must not touch, or cannot use as it is. */
export const refusal = (code: string, message: string): AdapterError =>
  new AdapterError(message, { code, retryable: false });
