import { resolve } from "node:path";
import type { RunStore } from "../../ports.ts";
import { isReadOnly, makeDirectory, networkMountOf } from "./access.ts";
import { readChannel, updateChannel } from "./channels.ts";
import { commitChanges } from "./commit.ts";
import { Connection } from "./connection.ts";
import { storeFailure } from "./failure.ts";
import { loadRun, readEvents, readJobs, readRun, readSheet } from "./load.ts";
import { insertNotice, queryNotices, readNotice, updateNotice } from "./notices.ts";
import { openForReading, openForWriting } from "./open-database.ts";
import { queryJobs } from "./query-jobs.ts";
import { activeRuns, queryRuns, resolveRun } from "./query-runs.ts";
import { startRun } from "./start.ts";
import { readThread, updateThread } from "./threads.ts";

export interface SqliteStoreOptions {
  /** The store's file; it and its directory are made where they lack. */
  readonly path: string;
  /** Told what the user should know of the place: a network file system, a file that may only be read. */
  readonly warn?: ((text: string) => void) | undefined;
  /** How long one call waits for other processes, milliseconds. */
  readonly busyMilliseconds?: number | undefined;
}

/**
 * The run store in one SQLite file, for several processes of one machine at once.
 * Throws an `AdapterError` that names the path and the remedy when the file cannot be used.
 */
export function openSqliteStore(options: SqliteStoreOptions): RunStore {
  const db = connect(resolve(options.path), options.warn ?? (() => {}), options.busyMilliseconds ?? 10_000);
  return {
    uid: async () => readUid(db),
    start: async (request) => startRun(db, request),
    load: async (runId, since, form) => loadRun(db, runId, since, form),
    readRun: async (runId) => readRun(db, runId),
    readJobs: async (runId, keys) => readJobs(db, runId, keys),
    readSheet: async (runId, page) => readSheet(db, runId, page),
    commit: async (commit) => commitChanges(db, commit),
    resolve: async (reference) => resolveRun(db, reference),
    queryRuns: async (query) => queryRuns(db, query),
    queryJobs: async (query) => queryJobs(db, query),
    activeRuns: async (now, limit) => activeRuns(db, now, limit),
    readEvents: async (runId, after, limit) => readEvents(db, runId, after, limit),
    queryNotices: async (query) => queryNotices(db, query),
    readNotice: async (id) => readNotice(db, id),
    addNotice: async (notice) => insertNotice(db, notice),
    updateNotice: async (notice) => updateNotice(db, notice),
    readChannel: async (channel) => readChannel(db, channel),
    updateChannel: async (state) => updateChannel(db, state),
    readThread: async (runId, channel) => readThread(db, runId, channel),
    updateThread: async (thread) => updateThread(db, thread),
    close: async () => db.close(),
  };
}

function connect(path: string, warn: (text: string) => void, busyMilliseconds: number): Connection {
  try {
    makeDirectory(path);
    const readOnly = isReadOnly(path);
    const database = readOnly
      ? openForReading(path, warn, busyMilliseconds)
      : openForWriting(path, { network: networkMountOf(path), warn, busyMilliseconds });
    return new Connection(database, path, readOnly);
  } catch (error) {
    throw storeFailure(error, "open it", path);
  }
}

const readUid = (db: Connection): string =>
  db.read("read the store's identity", () =>
    String(db.get("SELECT value FROM meta WHERE key = 'uid'")?.["value"]),
  );
