import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { RunStore } from "../../../src/ports.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { aCommit, aJob, aStart } from "../../support/documents.ts";
import { needs } from "../../support/require.ts";
import { linesOf, STORE_PROCESS, storeProcess } from "./start-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Root may write everywhere: then the test's process becomes nobody. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

function canReadProject(t: TestContext): boolean {
  const script = "require('node:fs').accessSync(process.argv[1])";
  const { status } = spawnSync(process.execPath, ["-e", script, STORE_PROCESS], { cwd: "/", ...NOBODY });
  return needs(
    t,
    "a user without privileges who may read this project",
    status === 0,
    "chmod o+rx its folders",
  );
}

/** A store with one run and one job, in a directory that others may read. */
async function storeToRead(t: TestContext): Promise<{ directory: string; path: string; store: RunStore }> {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o755);
  const path = join(directory, "store.db");
  const store = openSqliteStore({ path });
  const result = await store.start(aStart());
  const run = result.kind === "created" ? result.run : assert.fail(result.kind);
  await store.commit(aCommit(run, { jobs: [aJob({ run_id: run.run_id })] }));
  return { directory, path, store };
}

/** Lists, shows, warns, and refuses to start. */
async function assertOnlyRead(t: TestContext, path: string): Promise<void> {
  const lines = await storeProcess(t, ["look", path], NOBODY);
  assert.match(String(lines[0]?.["warning"]), /may only be read/);
  assert.deepEqual(lines[1], { listed: 1, jobs: 1 });
  const { code, retryable, message } = lines[2] ?? {};
  assert.deepEqual([code, retryable], ["store_read_only", false]);
  assert.match(
    String(message),
    /cannot start a run of rnaseq: it may only be read\. Make the file and its directory/,
  );
}

test("a file that may not be written can be read, and says why nothing can be started", async (t) => {
  if (!canReadProject(t)) return;
  const { directory, path, store } = await storeToRead(t);
  await store.close();
  chmodSync(path, 0o444);
  chmodSync(directory, 0o777);
  await assertOnlyRead(t, path);
});

test("a directory that may not be written can be read from", async (t) => {
  if (!canReadProject(t)) return;
  const { directory, path, store } = await storeToRead(t);
  await store.close();
  chmodSync(path, 0o666);
  chmodSync(directory, 0o555);
  await assertOnlyRead(t, path);
});

test("a store that another user has open can be read beside him", async (t) => {
  if (!canReadProject(t)) return;
  const { directory, path, store } = await storeToRead(t);
  t.after(() => store.close());
  for (const file of [path, `${path}-wal`, `${path}-shm`]) chmodSync(file, 0o444);
  chmodSync(directory, 0o555);
  await assertOnlyRead(t, path);
});

test("a store that may only be read and is older than this program says what to do", async (t) => {
  if (!canReadProject(t)) return;
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o755);
  const path = join(directory, "store.db");
  new DatabaseSync(path).close();
  chmodSync(path, 0o444);
  const [line] = await storeProcess(t, ["look", path], NOBODY);
  assert.equal(line?.["code"], "store_read_only");
  assert.match(
    String(line?.["message"]),
    /version 0, version 2 is needed, and it may only be read\. Make it/,
  );
});

test("a store that cannot be made says where", async (t) => {
  if (!canReadProject(t)) return;
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o555);
  const [inside] = await storeProcess(t, ["look", join(directory, "store.db")], NOBODY);
  assert.deepEqual([inside?.["code"], inside?.["retryable"]], ["store_unreachable", false]);
  const [below] = await storeProcess(t, ["look", join(directory, "new", "store.db")], NOBODY);
  assert.equal(below?.["code"], "store_unreachable");
  assert.match(String(below?.["message"]), /cannot make its directory: EACCES/);
});

test("a full disk refuses the start whole, keeps what was there, and says what to do", async (t) => {
  const directory = join(temporaryDirectory(t), "small");
  mkdirSync(directory);
  const mounted = `mount -t tmpfs -o size=1m tmpfs '${directory}'`;
  const can = spawnSync("unshare", ["-rm", "sh", "-c", mounted]).status === 0;
  if (!needs(t, "mounts in a name space of its own", can, "run where `unshare -rm` is allowed")) return;
  const script = `${mounted} && exec "$0" "$@"`;
  const work = [process.execPath, STORE_PROCESS, "fill", join(directory, "store.db")];
  const [line] = await linesOf(t, ["unshare", "-rm", "sh", "-c", script, ...work]);
  assert.deepEqual([line?.["code"], line?.["retryable"]], ["store_full", true]);
  assert.match(String(line?.["message"]), /cannot start a run of rnaseq: .*Free space on its disk/);
  assert.ok(Number(line?.["created"]) > 10);
  assert.equal(line?.["there"], line?.["created"]);
});
