import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findRegion, regionText, withRegion } from "../../../src/channels/github_pr/region.ts";

const MARK = { id: "2026-02-27_p_001", name: "castle-river" };
const START = "<!-- bioagent:2026-02-27_p_001:start -->";
const END = "<!-- bioagent:2026-02-27_p_001:end -->";

test("a text gets a region at its end, and then always the same one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (whole, after) => {
      const first = withRegion(whole, MARK, "one");
      assert.ok(first.startsWith(whole));
      const grown = `${first}${after}`;
      const second = withRegion(grown, MARK, "two", { title: "x" });
      assert.ok(second.startsWith(whole) && second.endsWith(after));
      assert.deepEqual(findRegion(second, MARK.id)!.notes, { name: "castle-river", title: "x" });
      assert.equal(findRegion(second, MARK.id)!.text, "two");
      assert.equal(withRegion(second, MARK, "two", { title: "x" }), second);
    }),
  );
});

test("markers count only alone on their line", () => {
  for (const text of [
    `x ${START}\n${END}`,
    `    ${START}\n    ${END}`,
    `> ${START}\n> ${END}`,
    `| \`${START}\` |\n| \`${END}\` |`,
    `${START} x\n${END}`,
  ])
    assert.equal(findRegion(text, MARK.id), null, text);
});

test("of a damaged region nothing of other people's is swallowed", () => {
  const whole = `${START}\nold table\nnot ours\n`;
  const once = withRegion(whole, MARK, "new");
  assert.ok(once.startsWith(whole));
  const twice = withRegion(once, MARK, "newer");
  assert.ok(twice.startsWith(whole));
  assert.equal(twice.match(/newer/g)!.length, 1);
  assert.equal(withRegion(`${END}\n${once}`, MARK, "newer"), `${END}\n${twice}`);
});

test("regions of other runs are other people's", () => {
  const other = regionText({ id: "2026-02-27_p_0010", name: "x" }, "theirs");
  const both = withRegion(other, MARK, "ours");
  assert.ok(both.startsWith(other));
  assert.equal(findRegion(both, "2026-02-27_p_0010")!.text, "theirs");
  assert.equal(findRegion(both, "2026x02-27_p_001"), null);
});

test("a region that a formatter has spread out is still its run's", () => {
  const spread = withRegion("", MARK, "text", { title: "x" }).replaceAll("-->\n", "-->  \r\n\r\n");
  const { name, text, notes } = findRegion(spread, MARK.id)!;
  assert.deepEqual({ name, text }, { name: "castle-river", text: "text" });
  assert.deepEqual(notes, { name: "castle-river", title: "x" });
});
