import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { refusal } from "./failure.ts";

/** "BioA": marks the file as ours, so that nobody else's database gets our tables. */
const APPLICATION_ID = 0x42696f41;

/**
 * Each step takes the store from its index to the next version; a released step never changes.
 * `doc` is the document itself. The other columns are derived from it, for queries; `*_ms` are epoch milliseconds, because
 * instants with and without a fraction do not sort as text.
 */
const STEPS: readonly ((database: DatabaseSync) => void)[] = [
  (database) => {
    database.exec(`
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE counters (day TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE requests (
        key TEXT PRIMARY KEY, hash TEXT NOT NULL, run_id TEXT NOT NULL, expires_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX requests_by_expiry ON requests (expires_ms);

      CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL, status TEXT NOT NULL,
        pipeline TEXT NOT NULL, executor TEXT NOT NULL, created_ms INTEGER NOT NULL, active_ms INTEGER,
        search TEXT NOT NULL, labels TEXT NOT NULL, doc TEXT NOT NULL
      ) STRICT;
      CREATE INDEX runs_newest ON runs (created_ms DESC, run_id DESC);
      CREATE INDEX runs_active ON runs (active_ms, run_id) WHERE active_ms IS NOT NULL;

      CREATE TABLE sheets (run_id TEXT, page INTEGER, doc TEXT NOT NULL, PRIMARY KEY (run_id, page)) STRICT;

      CREATE TABLE jobs (
        run_id TEXT NOT NULL, key TEXT NOT NULL, rev INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        step TEXT NOT NULL, sample TEXT, status TEXT NOT NULL, troubled INTEGER NOT NULL,
        classes TEXT NOT NULL, exit_codes TEXT NOT NULL, head TEXT NOT NULL, doc TEXT NOT NULL,
        PRIMARY KEY (run_id, key)
      ) STRICT;
      CREATE INDEX jobs_by_rev ON jobs (run_id, rev);
      CREATE INDEX jobs_newest ON jobs (created_ms DESC, run_id DESC, key, step, sample);
      CREATE INDEX jobs_troubled ON jobs (created_ms DESC, run_id DESC, key, classes, exit_codes) WHERE troubled = 1;

      CREATE TABLE events (run_id TEXT, seq INTEGER, doc TEXT NOT NULL, PRIMARY KEY (run_id, seq)) STRICT, WITHOUT ROWID;

      CREATE TABLE notices (
        id TEXT PRIMARY KEY, run_id TEXT NOT NULL, channel TEXT NOT NULL, status TEXT NOT NULL,
        created_ms INTEGER NOT NULL, next_ms INTEGER, rev INTEGER NOT NULL, doc TEXT NOT NULL
      ) STRICT;
      CREATE INDEX notices_by_run ON notices (run_id, created_ms);
      CREATE INDEX notices_oldest ON notices (created_ms, id);
      CREATE INDEX notices_due ON notices (next_ms) WHERE next_ms IS NOT NULL;

      CREATE TABLE channels (channel TEXT PRIMARY KEY, rev INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
    `);
    database.prepare("INSERT INTO meta (key, value) VALUES ('uid', ?)").run(randomUUID());
  },
  (database) => {
    database.exec(`
      CREATE TABLE threads (
        run_id TEXT, channel TEXT, rev INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (run_id, channel)
      ) STRICT, WITHOUT ROWID;
    `);
  },
];

/** The version of the store that this program writes. */
export const CURRENT_VERSION = STEPS.length;

/** The store's version, 0 for a file with nothing in it. Throws, without having touched it, when the file is not ours to use. */
export function storeVersion(database: DatabaseSync, path: string): number {
  const version = numberOf(database, "PRAGMA user_version");
  const application = numberOf(database, "PRAGMA application_id");
  if (application === APPLICATION_ID) return refuseNewer(version, path);
  const empty = application === 0 && numberOf(database, "SELECT count(*) FROM sqlite_schema") === 0;
  if (empty && version === 0) return 0;
  throw refusal(
    "store_foreign",
    `store ${path}: cannot open it: it is an SQLite database of another program (application id ${application}), and was left as it is. Choose another path with BIOAGENT_STORE=sqlite:PATH.`,
  );
}

function refuseNewer(version: number, path: string): number {
  if (version <= CURRENT_VERSION) return version;
  throw refusal(
    "store_newer",
    `store ${path}: cannot open it: it has version ${version}, and this BioAgent knows versions up to ${CURRENT_VERSION}. A newer BioAgent has written it, and it was left as it is: update this one (npm install -g bioagent@latest), or choose another store with BIOAGENT_STORE=sqlite:PATH.`,
  );
}

/** Brings the store to the current version, in one transaction; harmless when several processes do so at once. */
export function migrate(database: DatabaseSync, path: string): void {
  if (storeVersion(database, path) === CURRENT_VERSION) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock: another process may have been faster.
    for (const step of STEPS.slice(storeVersion(database, path))) step(database);
    database.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${CURRENT_VERSION}; COMMIT`,
    );
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const numberOf = (database: DatabaseSync, sql: string): number =>
  Number(Object.values(database.prepare(sql).get() ?? {})[0]);
