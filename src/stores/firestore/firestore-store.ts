import type { RunStore } from "../../ports.ts";
import { readChannel, updateChannel } from "./channels.ts";
import { commitChanges } from "./commit.ts";
import { Database, type DatabaseOptions, type Usage } from "./database.ts";
import { loadRun, readEvents, readJobs, readSheet } from "./load.ts";
import { addNotice, queryNotices, readNotice, updateNotice } from "./notices.ts";
import { queryJobs } from "./query-jobs.ts";
import { activeRuns, queryRuns } from "./query-runs.ts";
import { readRun } from "./read-run.ts";
import { resolveRun } from "./resolve.ts";
import { openSession } from "./session.ts";
import { startRun } from "./start.ts";
import { readThread, updateThread } from "./threads.ts";
import { readUid } from "./uid.ts";

export type { Usage } from "./database.ts";
export type { Shape } from "./shape.ts";

export interface FirestoreStoreOptions extends Omit<DatabaseOptions, "callMilliseconds"> {
  /** Told what the user should know: a document that was edited by hand, or that cannot be read. */
  readonly warn: (text: string) => void;
  readonly now?: (() => string) | undefined;
  /** How long one call may take with all its repeats, milliseconds. */
  readonly callMilliseconds?: number | undefined;
}

export interface FirestoreStore extends RunStore {
  /** What this store has cost since it was opened. */
  readonly usage: Readonly<Usage>;
}

/**
 * The run store in a Firestore database, for any number of processes at once. Google's client is loaded at the first call.
 * Calls throw an `AdapterError` that names the database, what was attempted and the remedy.
 */
export function openFirestoreStore(options: FirestoreStoreOptions): FirestoreStore {
  const { warn, now = () => new Date().toISOString(), callMilliseconds = 30_000, ...place } = options;
  const db = new Database({ ...place, callMilliseconds });
  const session = openSession(db, { warn, now });
  let uid: Promise<string> | null = null;
  const identity = (): Promise<string> => {
    uid ??= readUid(session).catch((error: unknown) => {
      uid = null;
      throw error;
    });
    return uid;
  };
  return {
    usage: db.usage,
    uid: identity,
    start: (request) => startRun(session, request),
    load: (runId, since, form) => loadRun(session, runId, since, form),
    readRun: (runId) => readRun(session, runId),
    readJobs: (runId, keys) => readJobs(session, runId, keys),
    readSheet: (runId, page) => readSheet(session, runId, page),
    commit: (commit) => commitChanges(session, commit),
    resolve: (reference) => resolveRun(session, reference),
    queryRuns: (query) => queryRuns(session, query),
    queryJobs: (query) => queryJobs(session, query),
    activeRuns: (at, limit) => activeRuns(session, at, limit),
    readEvents: (runId, after, limit) => readEvents(session, runId, after, limit),
    queryNotices: (query) => queryNotices(session, query),
    readNotice: (id) => readNotice(session, id),
    addNotice: (notice) => addNotice(session, notice),
    updateNotice: (notice) => updateNotice(session, notice),
    readChannel: (channel) => readChannel(session, channel),
    updateChannel: (state) => updateChannel(session, state),
    readThread: (runId, channel) => readThread(session, runId, channel),
    updateThread: (thread) => updateThread(session, thread),
    close: () => db.close(),
  };
}
