/** What two processes do to one another, at the very instruction where it would hurt. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { Connection } from "../../../src/stores/sqlite/connection.ts";
import { loadRun } from "../../../src/stores/sqlite/load.ts";
import { CURRENT_VERSION, migrate, storeVersion } from "../../../src/stores/sqlite/migrations.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { aCommit, aJob, aStart } from "../../support/documents.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("a commit between a load's reading of the run and of its jobs is not seen", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const store = openSqliteStore({ path });
  t.after(() => store.close());
  const result = await store.start(aStart());
  const run = result.kind === "created" ? result.run : assert.fail(result.kind);
  const db = new Connection(new DatabaseSync(path), path, false);
  t.after(() => db.close());
  const documents = db.documents.bind(db);
  const commits: Promise<unknown>[] = [];
  db.documents = (sql, ...values) => {
    commits.push(store.commit(aCommit(run, { jobs: [aJob({ run_id: run.run_id })] })));
    return documents(sql, ...values);
  };
  assert.deepEqual(loadRun(db, run.run_id, 0, "heads"), { run, jobs: [] });
  assert.deepEqual(await Promise.all(commits), [{ kind: "done", rev: run.rev + 1 }]);
});

test("a store that another process brought up to date a moment ago is left alone", (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const [slow, fast] = [new DatabaseSync(path), new DatabaseSync(path)];
  t.after(() => slow.close());
  const exec = slow.exec.bind(slow);
  slow.exec = (sql) => {
    if (sql === "BEGIN IMMEDIATE") {
      migrate(fast, path);
      fast.close();
    }
    exec(sql);
  };
  migrate(slow, path);
  assert.equal(storeVersion(slow, path), CURRENT_VERSION);
  assert.equal(slow.prepare("SELECT count(*) AS n FROM meta").get()?.["n"], 1);
});

test("opening waits for a process that holds the new file", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  // Changing the journal mode is refused at once while another holds the lock: only trying again helps.
  // The opening blocks this thread, so nothing can tell the holder that it has been refused: it lets go after a while.
  const holder = new Worker(
    `const { DatabaseSync } = require("node:sqlite");
     const { workerData: path, parentPort } = require("node:worker_threads");
     const database = new DatabaseSync(path);
     database.exec("BEGIN IMMEDIATE");
     parentPort.postMessage("held");
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
     database.exec("ROLLBACK");
     database.close();`,
    { eval: true, workerData: path },
  );
  t.after(() => holder.terminate());
  await new Promise((resolve) => holder.once("message", resolve));
  const store = openSqliteStore({ path, busyMilliseconds: 5_000 });
  t.after(() => store.close());
  assert.equal((await store.start(aStart())).kind, "created");
});
