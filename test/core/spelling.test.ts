import assert from "node:assert/strict";
import { test } from "node:test";
import { didYouMean, nearest } from "../../src/core/spelling.ts";

const WORDS = ["store", "memory", "max_parallel", "id"];
const CASES: readonly (readonly [string, string | null])[] = [
  ["stroe", "store"],
  ["STORE", "store"],
  ["stor", "store"],
  ["storee", "store"],
  ["stare", "store"],
  ["memroy", "memory"],
  ["memmory", "memory"],
  ["max_paralell", "max_parallel"],
  ["di", "id"],
  ["disk", null],
  ["image", null],
  ["", null],
];
for (const [word, wanted] of CASES) {
  test(`${JSON.stringify(word)} was ${wanted ?? "nothing that is known"}`, () =>
    assert.equal(nearest(word, WORDS), wanted));
}

test("a swap of neighbours is one edit, so that it is nearer than two other edits", () => {
  assert.equal(nearest("acb", ["axyb", "abc"]), "abc");
});

test("the question stands behind the complaint, or nothing does", () => {
  assert.equal(didYouMean("stroe", WORDS), "; did you mean store?");
  assert.equal(didYouMean("xxxxxxxx", WORDS), "");
});
