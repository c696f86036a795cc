import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { branchOf, runMark, safeName } from "../../../src/channels/github_pr/names.ts";
import { hasGit } from "../../support/github-repository.ts";
import { needs } from "../../support/require.ts";

const branch = (run_id: string) => branchOf(runMark({ run_id, name: "n" }), { test: false, notice_id: "x" });

test("a run's branch is named after pipeline, day and number", () => {
  assert.equal(branch("2026-02-27_rnaseq_001"), "results/rnaseq-2026-02-27-001");
  assert.equal(branch("2026-02-27_my_long_pipeline_1234"), "results/my_long_pipeline-2026-02-27-1234");
  assert.equal(branch("imported.run-7"), "results/imported.run-7");
});

test("names that paths and branches can hold stay; others become such, and never the same", () => {
  for (const name of ["2026-02-27_rnaseq_001", "a", "x.y", "A_b-9"]) assert.equal(safeName(name), name);
  for (const name of [
    "..",
    "a..b",
    "-rf",
    ".hidden",
    "x.lock",
    "x.",
    "a/b",
    "@team",
    "",
    "ü",
    "x".repeat(129),
  ])
    assert.match(safeName(name), /^[A-Za-z0-9][A-Za-z0-9_-]*-[0-9a-f]{8}$/, name);
  assert.notEqual(safeName("a/b"), safeName("a:b"));
});

test("git takes every branch that can come of an id", (t) => {
  if (!needs(t, "git", hasGit(), "apt-get install git")) return;
  const id = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/));
  for (const run_id of fc.sample(id, 60))
    execFileSync("git", ["check-ref-format", "--branch", branch(run_id)], { stdio: "ignore" });
});
