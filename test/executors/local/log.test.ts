import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readLog, readTail } from "../../../src/executors/local/log.ts";
import { temporaryFolder } from "./fixture.ts";

test("what was read is cleaned, and bytes that are no UTF-8 are replaced", (t) => {
  const path = join(temporaryFolder(t), "log");
  writeFileSync(
    path,
    Buffer.concat([Buffer.from("\u001b[31mred\u001b[0m a"), Buffer.from([0xff, 0x62, 0x0a])]),
  );
  assert.deepEqual([readLog(path, null), readTail(path)], ["red a\ufffdb\n", "red a\ufffdb\n"]);
});

test("a tail has at most 100 lines and 8 KiB, and begins with a whole character", (t) => {
  const path = join(temporaryFolder(t), "log");
  writeFileSync(path, Array.from({ length: 500 }, (_, n) => `line ${n}\n`).join(""));
  const lines = readTail(path)?.split("\n") ?? [];
  assert.deepEqual([lines.length, lines[0], lines.at(-2)], [101, "line 400", "line 499"]);
  writeFileSync(path, "☃".repeat(20_000));
  const tail = readTail(path) ?? "";
  assert.ok(Buffer.byteLength(tail) <= 8192 && Buffer.byteLength(tail) > 8180);
  assert.match(tail, /^☃+$/);
});

test("the last lines, all lines, and no log at all", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "log");
  writeFileSync(path, "\na\nb\n");
  assert.equal(readLog(path, 1), "b\n");
  assert.equal(readLog(path, 3), "\na\nb\n");
  assert.equal(readLog(path, null), "\na\nb\n");
  assert.equal(readTail(join(folder, "none")), null);
});
