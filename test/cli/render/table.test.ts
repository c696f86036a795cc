import assert from "node:assert/strict";
import { test } from "node:test";
import { colourPaint, plainPaint } from "../../../src/cli/render/paint.ts";
import { renderTable } from "../../../src/cli/render/table.ts";
import { displayWidth } from "../../../src/cli/render/width.ts";

const COLUMNS = [
  { title: "JOB", shrink: true },
  { title: "N", align: "right" as const },
  { title: "ERROR", shrink: true },
];
const ROWS = [
  ["align-sample02", "12", "Exit code 137 indicates OOM"],
  ["qc", "1", ""],
];

test("columns are as wide as what is in them, numbers to the right, no blanks at the end", () => {
  assert.deepEqual(renderTable(COLUMNS, ROWS, { width: null, paint: plainPaint }), [
    "JOB              N  ERROR",
    "align-sample02  12  Exit code 137 indicates OOM",
    "qc               1",
  ]);
});

test("a table that does not fit is cut where it may be, the widest column first", () => {
  const lines = renderTable(COLUMNS, ROWS, { width: 30, paint: plainPaint });
  assert.deepEqual(lines.slice(0, 2), ["JOB            N  ERROR", "align-sampl…  12  Exit code 1…"]);
  for (const line of lines) assert.ok(displayWidth(line) <= 30, line);
});

test("colours change no widths", () => {
  const rows = [[{ text: "a", style: "red" as const }, "1", "x"]];
  const [, line] = renderTable(COLUMNS, rows, { width: 30, paint: colourPaint });
  assert.equal(line, "\x1b[31ma  \x1b[39m  1  x");
});
