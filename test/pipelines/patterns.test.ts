import assert from "node:assert/strict";
import { test } from "node:test";
import { createPatterns, patternProblem } from "../../src/pipelines/patterns.ts";

test("those patterns are told that occur in the text", () => {
  const text = "line one\nERROR: index is corrupt\nlast";
  assert.deepEqual(createPatterns().matching(["corrupt$", "^ERROR", "^corrupt", "(?i)error", "none"], text), [
    "corrupt$",
    "^ERROR",
    "(?i)error",
  ]);
});

test("the same pattern may be searched again and again", () => {
  const patterns = createPatterns();
  for (const text of ["abc", "xyz", "abc"])
    assert.deepEqual(patterns.matching(["b"], text), text === "abc" ? ["b"] : []);
});

test("a pattern that is none matches nothing and throws nothing", () => {
  assert.deepEqual(createPatterns().matching(["(", "(?=a)", "a"], "a ( a"), ["a"]);
});

test("the end of a long text is searched, where errors stand", () => {
  const patterns = createPatterns();
  const long = `first${"x".repeat(70_000)}last`;
  assert.deepEqual(patterns.matching(["first", "last"], long), ["last"]);
});

test("patterns that take exponential time elsewhere end here", () => {
  assert.deepEqual(
    createPatterns().matching(["(x+x+)+y", "(x|x|x)*$y", "^(.*)*!$"], "x".repeat(64 * 1024)),
    [],
  );
});

test("why a pattern is none is told in RE2's words", () => {
  assert.equal(patternProblem("a|b"), null);
  assert.equal(patternProblem("("), "missing closing ): `(`");
  assert.equal(patternProblem("(?=x)"), "invalid or unsupported Perl syntax: `(?=`");
  assert.equal(patternProblem("a{1001}"), "invalid repeat count: `{1001}`");
  assert.match(patternProblem(".{1000}.{1000}.{1000}")!, /^its repetitions make it too big/);
});
