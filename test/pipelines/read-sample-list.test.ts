import assert from "node:assert/strict";
import { test } from "node:test";
import { readSampleList, readSampleNames } from "../../src/pipelines/read-sample-list.ts";

const problems = (text: string): string[] =>
  readSampleList(text).problems.map(({ column, message }) => `${column} ${message}`);

test("names are taken in order, blanks around them left out", () => {
  assert.deepEqual(readSampleList("b, a,c-1").samples, [
    { sample: "b", rows: [{ sample: "b" }] },
    { sample: "a", rows: [{ sample: "a" }] },
    { sample: "c-1", rows: [{ sample: "c-1" }] },
  ]);
});

test("a name twice, an empty one, one that is equal but for case, and one that is a path are all named", () => {
  assert.deepEqual(problems("a, b,a,,A,../x"), [
    '6 the sample "a" is named twice',
    "8 the sample has no name",
    '9 the samples "a" and "A" differ only in case: their jobs would have equal names',
    '11 "../x" is no sample name: letters, digits, ".", "_" and "-", starting with a letter or digit, at most 63',
  ]);
  assert.deepEqual(readSampleList("a,a").samples, []);
});

test("an empty list names no sample", () => {
  assert.deepEqual(problems(""), ["1 the sample has no name"]);
  assert.equal(readSampleNames([]).problems[0]?.message, "no sample is named");
});

test("the names of a request are held to the same rules", () => {
  assert.equal(readSampleNames(["a", "b"]).samples.length, 2);
  assert.deepEqual(
    readSampleNames(["a", "a;rm"]).problems.map(({ column, path }) => [column, path]),
    [[2, '["a;rm"]']],
  );
});
