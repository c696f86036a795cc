import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cutToWidth, displayWidth, oneLine, padToWidth } from "../../../src/cli/render/width.ts";

test("columns: emoji and ideographs take two, marks and colours none", () => {
  const widths: [string, number][] = [
    ["abc", 3],
    ["🧬 Run", 6],
    ["✅", 2],
    ["試料", 4],
    ["e\u0301", 1],
    ["👩‍🔬", 2],
    ["\x1b[31mred\x1b[39m", 3],
    ["", 0],
  ];
  for (const [text, width] of widths) assert.equal(displayWidth(text), width, JSON.stringify(text));
});

test("a cut text never exceeds its width, and never tears a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 30 }), (text, width) => {
      const line = oneLine(text);
      const cut = cutToWidth(line, width);
      assert.ok(displayWidth(cut) <= width);
      assert.ok(cut.isWellFormed());
      assert.ok(cut === line || cut === "" || cut.endsWith("…"));
    }),
  );
});

test("padding fills up to the width", () => {
  assert.equal(padToWidth("✅", 4), "✅  ");
  assert.equal(padToWidth("7", 3, "right"), "  7");
});

test("one line, without what a terminal would act upon", () => {
  assert.equal(oneLine("a\x1b[2Jb\nc\u202ed\ud800"), "ab c d\ufffd");
});
