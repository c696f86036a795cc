import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanLog, lastLines, tailOf } from "../../src/core/log-text.ts";

const CLEANED: [what: string, raw: string, clean: string][] = [
  ["colours", "\u001b[1;31mred\u001b[0m\n", "red\n"],
  ["a title and a link", "\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b\n", "ab\n"],
  ["a progress bar keeps its last state", "10%\r20%\r30%\ndone\r\n", "30%\ndone\n"],
  ["lines that end in a carriage return", "10%\r50%\r100%\r\nnext\r\n\r\nlast\r", "100%\nnext\n\nlast"],
  ["other control characters", "a\u0000b\u0008c\td\u009be\n", "abc\tde\n"],
];
for (const [what, raw, clean] of CLEANED) {
  test(`a log is cleaned: ${what}`, () => assert.equal(cleanLog(raw), clean));
}

test("a line of many megabytes without an end is cleaned in one go", () => {
  const long = "y".repeat(8 * 2 ** 20);
  assert.equal(cleanLog(long).length, long.length);
  assert.equal(cleanLog("\u001b]".repeat(2 ** 19)).includes("\u001b"), false);
});

test("the last lines", () => {
  assert.deepEqual([lastLines("", 3), lastLines("a\nb", 1), lastLines("a\nb\n", 0)], ["", "b", ""]);
  assert.deepEqual([lastLines("\na\nb\n", 1), lastLines("\na\nb\n", 3)], ["b\n", "\na\nb\n"]);
});

test("a tail is clean, and at most a hundred lines and eight KiB of whole characters", () => {
  assert.equal(tailOf(`${"x\n".repeat(500)}end\n`).split("\n").length, 101);
  assert.equal(tailOf("\u001b[1mbold\u001b[0m\n"), "bold\n");
  for (const character of ["é", "☃", "🧬"])
    for (const before of ["", "x", "xx", "xxx"]) {
      const tail = tailOf(`${character.repeat(10_000)}${before}`);
      const bytes = Buffer.byteLength(tail);
      assert.ok(bytes <= 8192 && bytes > 8188 && !tail.includes("\ufffd"), `${character} ${before} ${bytes}`);
    }
  assert.ok(tailOf(`\ufeff${"x".repeat(8189)}`).startsWith("\ufeff"), "nothing is lost that fits");
  assert.ok(tailOf(`y\ufeff${"x".repeat(8189)}`).startsWith("\ufeff"), "nor after a cut");
});
