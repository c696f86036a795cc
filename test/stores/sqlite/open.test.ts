import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openForWriting } from "../../../src/stores/sqlite/open-database.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { aStart } from "../../support/documents.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** The value of a pragma, on a connection of its own. */
const pragma = (database: DatabaseSync, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

test("what was committed is there when the store is opened again", async (t) => {
  const path = join(temporaryDirectory(t), "a", "b", "store.db");
  const first = openSqliteStore({ path });
  const uid = await first.uid();
  const result = await first.start(aStart());
  await first.close();
  await first.close();
  const second = openSqliteStore({ path });
  t.after(() => second.close());
  assert.equal(await second.uid(), uid);
  assert.deepEqual(result.kind === "created" && result.run, await second.readRun("2026-02-27_rnaseq_001"));
});

test("two stores have two identities", async (t) => {
  const directory = temporaryDirectory(t);
  const stores = ["a.db", "b.db"].map((name) => openSqliteStore({ path: join(directory, name) }));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  assert.notEqual(await stores[0]!.uid(), await stores[1]!.uid());
});

test("a closed store says so", async (t) => {
  const store = openSqliteStore({ path: join(temporaryDirectory(t), "store.db") });
  await store.close();
  await assert.rejects(store.readRun("x"), /cannot read run x: it has been closed/);
});

test("the thousandth run of a day has four digits", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const store = openSqliteStore({ path });
  t.after(() => store.close());
  const beside = new DatabaseSync(path);
  beside.exec("INSERT INTO counters (day, count) VALUES ('2026-02-27', 998)");
  beside.close();
  const ids = [await store.start(aStart({ name: "x" })), await store.start(aStart({ name: "y" }))].map(
    (result) => result.kind === "created" && result.run.run_id,
  );
  assert.deepEqual(ids, ["2026-02-27_rnaseq_999", "2026-02-27_rnaseq_1000"]);
});

test("a local disk gets a write-ahead log, each commit on the disk before it returns, and no warning", (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const database = openForWriting(path, { network: null, warn: assert.fail, busyMilliseconds: 100 });
  t.after(() => database.close());
  assert.equal(pragma(database, "journal_mode"), "wal");
  assert.equal(pragma(database, "synchronous"), 2);
});

test("a network file system gets a rollback journal, and a warning that names it", (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  openForWriting(path, { network: null, warn: assert.fail, busyMilliseconds: 100 }).close();
  const warnings: string[] = [];
  const database = openForWriting(path, {
    network: { type: "nfs4", point: "/home" },
    warn: (text) => warnings.push(text),
    busyMilliseconds: 100,
  });
  t.after(() => database.close());
  assert.equal(pragma(database, "journal_mode"), "delete");
  assert.equal(pragma(database, "synchronous"), 2);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /network file system \(nfs4 at \/home\)/);
});

test("a file that is no database is refused and left as it is", (t) => {
  for (const text of ["hi", "sample,fastq_1,fastq_2\n".repeat(500)]) {
    const path = join(temporaryDirectory(t), "samples.csv");
    writeFileSync(path, text);
    assert.throws(() => openSqliteStore({ path }), {
      name: "AdapterError",
      code: "store_not_database",
      retryable: false,
      message: new RegExp(`^store ${path}: cannot open it: .* left as it is; choose another path`),
    });
    assert.equal(readFileSync(path, "utf8"), text);
  }
});

test("a directory, and a path through a file, are refused", (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "store.db"));
  writeFileSync(join(directory, "file"), "");
  const refused = { name: "AdapterError", code: "store_unreachable", retryable: false };
  assert.throws(() => openSqliteStore({ path: join(directory, "store.db") }), refused);
  assert.throws(() => openSqliteStore({ path: join(directory, "file", "store.db") }), refused);
});

test("another program's database is refused and left as it is", (t) => {
  const path = join(temporaryDirectory(t), "theirs.db");
  const theirs = new DatabaseSync(path);
  theirs.exec("CREATE TABLE runs (id)");
  theirs.close();
  const before = readFileSync(path);
  assert.throws(() => openSqliteStore({ path }), {
    name: "AdapterError",
    code: "store_foreign",
    retryable: false,
  });
  assert.deepEqual(readFileSync(path), before);
});

test("a store of a newer version is refused and left as it is", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  await openSqliteStore({ path }).close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 77");
  newer.close();
  const before = readFileSync(path);
  assert.throws(() => openSqliteStore({ path }), {
    name: "AdapterError",
    code: "store_newer",
    retryable: false,
    message: new RegExp(`^store ${path}: cannot open it: it has version 77, .* versions up to 2\\..* update`),
  });
  assert.deepEqual(readFileSync(path), before);
  assert.equal(existsSync(`${path}-wal`), false);
});

test("a store of version 1 is brought up to date, and what was in it stays", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const first = openSqliteStore({ path });
  const uid = await first.uid();
  await first.start(aStart());
  await first.close();
  const older = new DatabaseSync(path);
  older.exec("DROP TABLE threads; PRAGMA user_version = 1");
  older.close();
  const store = openSqliteStore({ path });
  t.after(() => store.close());
  assert.equal(await store.uid(), uid);
  assert.equal((await store.readRun("2026-02-27_rnaseq_001"))?.run_id, "2026-02-27_rnaseq_001");
  const thread = await store.readThread("2026-02-27_rnaseq_001", "lab");
  assert.equal(await store.updateThread(thread), true);
});

test("an empty file becomes a store", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  writeFileSync(path, "");
  const store = openSqliteStore({ path });
  t.after(() => store.close());
  assert.match(await store.uid(), /^[0-9a-f-]{36}$/);
});

test("a store that another process holds locked fails as busy, and works again afterwards", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const store = openSqliteStore({ path, busyMilliseconds: 20 });
  t.after(() => store.close());
  const holder = new DatabaseSync(path);
  t.after(() => holder.close());
  holder.exec("BEGIN IMMEDIATE");
  const busy = { name: "AdapterError", code: "store_busy", retryable: true };
  await assert.rejects(store.start(aStart()), busy);
  assert.deepEqual((await store.queryRuns({ limit: 1 })).items, []);
  holder.exec("ROLLBACK");
  assert.equal((await store.start(aStart())).kind, "created");
});

test("a new store that another process holds locked fails as busy", (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const holder = new DatabaseSync(path);
  t.after(() => holder.close());
  holder.exec("BEGIN EXCLUSIVE");
  assert.throws(() => openSqliteStore({ path, busyMilliseconds: 20 }), {
    name: "AdapterError",
    code: "store_busy",
  });
});
