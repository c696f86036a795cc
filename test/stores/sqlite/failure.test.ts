import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { AdapterError } from "../../../src/ports.ts";
import { isBusy, storeFailure } from "../../../src/stores/sqlite/failure.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What SQLite really throws. */
function thrown(body: () => void): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

test("a full disk is worth another try, and says where and what to do", (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE t (a); PRAGMA max_page_count = 3");
  const full = thrown(() => database.prepare("INSERT INTO t VALUES (?)").run("x".repeat(20_000)));
  database.close();
  const failure = storeFailure(full, "commit changes of run r", path);
  assert.ok(failure instanceof AdapterError);
  assert.equal(failure.code, "store_full");
  assert.equal(failure.retryable, true);
  assert.equal(failure.cause, full);
  assert.equal(
    failure.message,
    `store ${path}: cannot commit changes of run r: database or disk is full (SQLite 13). Free space on its disk or raise the quota; nothing was half-written, so try again after that.`,
  );
});

test("a locked database is worth another try", (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const [holder, other] = [new DatabaseSync(path), new DatabaseSync(path)];
  holder.exec("BEGIN EXCLUSIVE");
  const busy = thrown(() => other.exec("BEGIN IMMEDIATE"));
  holder.close();
  other.close();
  assert.ok(isBusy(busy));
  const failure = storeFailure(busy, "x", path);
  assert.ok(failure instanceof AdapterError && failure.retryable && failure.code === "store_busy");
});

test("SQLite's extended codes are read by their primary one", () => {
  const error = Object.assign(new Error("disk I/O error"), {
    code: "ERR_SQLITE_ERROR",
    errcode: 10 | (3 << 8),
  });
  const failure = storeFailure(error, "x", "/s");
  assert.ok(failure instanceof AdapterError && failure.code === "store_io" && failure.retryable);
});

test("a code without an entry of its own is not worth another try", () => {
  const error = Object.assign(new Error("constraint failed"), { code: "ERR_SQLITE_ERROR", errcode: 19 });
  const failure = storeFailure(error, "x", "/s");
  assert.ok(failure instanceof AdapterError && failure.code === "store_failed" && !failure.retryable);
});

test("an error that is not SQLite's stays as it is", () => {
  const bug = new TypeError("x");
  assert.equal(storeFailure(bug, "x", "/s"), bug);
  assert.equal(storeFailure("text", "x", "/s"), "text");
});
