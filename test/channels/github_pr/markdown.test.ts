import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { code, codeBlock, titleText } from "../../../src/channels/github_pr/markdown.ts";
import { flatten } from "../../../src/core/message.ts";
import { codeSpans } from "./code-spans.ts";

const nasty = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom("`", "|", "\\", " ", "a", "@team", "<!--", "-->", "#12", "\n", "*", "&lt;"),
  }),
);

test("any text is one run of code and pipes, and reads as it was", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const shown = code(text);
      const { outside, inside } = codeSpans(shown);
      const clean = flatten(text).trim();
      if (clean === "") return assert.equal(shown, "–");
      assert.match(outside, /^(?:&#124;)*$/);
      const pieces = clean.split("|").filter((piece) => piece !== "");
      assert.deepEqual(inside, pieces);
      assert.ok(!shown.includes("|"), "a pipe would end the cell");
    }),
  );
});

test("nothing but spaces between two pipes stays as it was", () => {
  assert.equal(code("a|  |b"), "`a`&#124;`  `&#124;`b`");
});

test("a text is cut between characters", () => {
  assert.equal(code("👩‍👩‍👧‍👦".repeat(9), 30), "`👩‍👩‍👧‍👦👩‍👩‍👧‍👦…`");
});

test("no line of a block of code can end it or look like a marker", () => {
  const lines = ["```", "<!-- bioagent:x:end -->", "", "# a"];
  assert.ok(
    codeBlock(lines)
      .split("\n")
      .every((line) => line.startsWith("    ")),
  );
});

test("a title mentions nobody and refers to nothing", () => {
  assert.equal(titleText("fixes #12 by @team `x`", 100), "fixes #\u200b12 by @\u200bteam 'x'");
});
