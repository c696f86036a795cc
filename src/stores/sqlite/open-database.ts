import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isBusy, refusal, sqliteCode } from "./failure.ts";
import type { Mount } from "./file-system.ts";
import { CURRENT_VERSION, migrate, storeVersion } from "./migrations.ts";

type Warn = (text: string) => void;

/** Opens the store for reading and writing, made or brought up to date first. */
export function openForWriting(
  path: string,
  options: { readonly network: Mount | null; readonly warn: Warn; readonly busyMilliseconds: number },
): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: options.busyMilliseconds });
  return closedOnError(database, () => {
    const concern = patiently(options.busyMilliseconds, () => {
      // Before anything is changed: the file may be somebody else's.
      storeVersion(database, path);
      const warning = chooseJournal(database, path, options.network);
      migrate(database, path);
      return warning;
    });
    if (concern !== null) options.warn(concern);
    database.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384");
  });
}

/**
 * WAL on a local disk: readers and the writer do not wait for one another. Its index is shared memory, so on a network file
 * system the rollback journal takes its place. Returns what the user should know of it.
 *
 * `synchronous = FULL` in both, so that a commit is on the disk before it returns. NORMAL is enough to keep a WAL store
 * consistent, but a power loss may undo its last commits, and then what we did on their strength was never recorded: a run
 * id that was already told is given to another run, an attempt is submitted with nobody knowing, a notice that was claimed goes
 * out again unmarked. FULL costs one more sync per commit: 0.3 ms instead of 0.1 ms for a commit of one job on the ext4
 * virtual disk it was measured on, and no difference that can be seen for 300 jobs (20 ms).
 */
function chooseJournal(database: DatabaseSync, path: string, network: Mount | null): string | null {
  const wanted = network ? "delete" : "wal";
  const mode = Object.values(database.prepare(`PRAGMA journal_mode = ${wanted}`).get() ?? {})[0];
  database.exec("PRAGMA synchronous = FULL");
  if (network) {
    return `store ${path} lies on a network file system (${network.type} at ${network.point}): commits are slower there, and safe only as far as its file locks are. A local disk is better: BIOAGENT_STORE=sqlite:PATH.`;
  }
  return mode === wanted
    ? null
    : `store ${path} cannot use a write-ahead log here (journal mode ${mode}): commits are slower.`;
}

/** Opens a store that may only be read: for `list` and `show`. */
export function openForReading(path: string, warn: Warn, busyMilliseconds: number): DatabaseSync {
  const database = readable(path, busyMilliseconds);
  return closedOnError(database, () => {
    const version = storeVersion(database, path);
    if (version < CURRENT_VERSION) {
      throw refusal(
        "store_read_only",
        `store ${path}: cannot open it: it has version ${version}, version ${CURRENT_VERSION} is needed, and it may only be read. Make it and its directory writable once, so that it can be brought up to date.`,
      );
    }
    warn(`store ${path} may only be read: runs can be listed and shown, not started, watched or cancelled.`);
  });
}

function readable(path: string, timeout: number): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout });
  try {
    database.prepare("PRAGMA schema_version").get();
    return database;
  } catch (error) {
    database.close();
    // A WAL store wants its index beside it, which cannot be made here. Without a log the file alone is the whole truth.
    const noIndex = sqliteCode(error) === 14 || sqliteCode(error) === 8;
    if (!noIndex || hasLog(path)) throw error;
    const url = pathToFileURL(path);
    url.search = "immutable=1";
    return new DatabaseSync(url, { readOnly: true, timeout });
  }
}

const hasLog = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

function closedOnError(database: DatabaseSync, prepare: () => void): DatabaseSync {
  try {
    prepare();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Tries again while others hold the file: changing the journal mode gives up at once, without waiting its turn. */
function patiently<T>(milliseconds: number, attempt: () => T): T {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + milliseconds;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
}
