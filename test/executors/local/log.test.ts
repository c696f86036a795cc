import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cleanLog, readLog, readTail } from "../../../src/executors/local/log.ts";
import { temporaryFolder } from "./fixture.ts";

const CLEANED: [what: string, raw: string | Buffer, clean: string][] = [
  ["colours", "\u001b[1;31mred\u001b[0m\n", "red\n"],
  ["a title and a link", "\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b\n", "ab\n"],
  ["a progress bar keeps its last state", "10%\r20%\r30%\ndone\r\n", "30%\ndone\n"],
  ["other control characters", "a\u0000b\u0008c\td\u009be\n", "abc\tde\n"],
  ["bytes that are no UTF-8", Buffer.from([0x61, 0xff, 0x62, 0x0a]), "a\ufffdb\n"],
];
for (const [what, raw, clean] of CLEANED) {
  test(`a log is cleaned: ${what}`, () => assert.equal(cleanLog(Buffer.from(raw)), clean));
}

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

test("a line of many megabytes without an end is cleaned in one go, and its end is shown for a few lines", () => {
  const long = Buffer.alloc(8 * 2 ** 20, "y");
  assert.equal(cleanLog(long).length, long.length);
  assert.equal(cleanLog(Buffer.alloc(2 ** 20, "\u001b]")).includes("\u001b"), false);
  assert.equal(cleanLog(Buffer.from("10%\r50%\r100%\r\nnext\r\n\r\nlast\r")), "100%\nnext\n\nlast");
});
