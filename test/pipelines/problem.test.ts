import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder, locatedProblem, pathText, renderProblems } from "../../src/pipelines/problem.ts";

const problem = (line: number, message = "m") => locatedProblem(["a"], message, { line, column: 3 });

test("paths are written as in code", () => {
  assert.equal(pathText(["steps", 2, "needs", 0]), "steps[2].needs[0]");
  assert.equal(pathText(["references", "GRCh38.p14"]), 'references["GRCh38.p14"]');
});

test("twelve problems take twelve lines, thirteen too", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => problem(index + 1));
  assert.equal(renderProblems("f", many(12)).split("\n").at(-1), "f:12:3  a  m");
  assert.equal(renderProblems("f", many(13)).split("\n").length, 12);
  assert.equal(renderProblems("f", many(13)).split("\n").at(-1), "... and 2 more");
});

test("problems stand in the order of the file, each once", () => {
  assert.deepEqual(
    inOrder([problem(3), problem(1, "x"), problem(3)]).map(({ line }) => line),
    [1, 3],
  );
});

test("control characters never reach the terminal", () => {
  const text = renderProblems("f\u001b[31m", [
    locatedProblem(["\u001b[2J"], "a\u001b]0;x\u0007b\r\nc", { line: 1, column: 1 }),
  ]);
  assert.doesNotMatch(text, /[\u0000-\u001f\u007f]/);
});
