import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { runFacts } from "../../src/core/facts.ts";
import type { Job, LoadedJob } from "../../src/core/job.ts";
import { outcomeOf, statusLine } from "../../src/core/outcome.ts";
import type { Run } from "../../src/core/run.ts";
import type { JobStatus } from "../../src/core/status.ts";
import { pipelineOf, planned, runOf } from "./scene.ts";

const PIPELINE = pipelineOf([
  { id: "a" },
  { id: "qc", optional: true },
  { id: "all", per: "run", needs: ["a", "qc"] },
]);
const ABORT = { action: "abort" as const, reason: "the canary died", since: "2026-02-27T10:00:00Z" };
const CANCEL = { action: "cancel" as const, reason: "cancelled by alice", since: "2026-02-27T10:00:00Z" };

/** A run over one sample for each letter: s succeeded, f failed, k skipped, c cancelled; in a, and whole for qc and all. */
function ended(letters: string, rest: { all?: JobStatus; qc?: JobStatus; stopping?: Run["stopping"] } = {}) {
  const words: Record<string, JobStatus> = { s: "succeeded", f: "failed", k: "skipped", c: "cancelled" };
  const samples = [...letters].map((_, at) => `s${at}`);
  const run = runOf(PIPELINE, samples, { status: "completed", stopping: rest.stopping ?? null });
  const jobs = planned(run);
  const put = (key: string, status: JobStatus) =>
    jobs.set(key, { ...jobs.get(key)!, status, exhausted: status === "failed" || status === "skipped" });
  [...letters].forEach((letter, at) => {
    put(`a-s${at}`, words[letter]!);
    put(`qc-s${at}`, rest.qc ?? "succeeded");
  });
  put("all", rest.all ?? "succeeded");
  return { run, jobs };
}

const OUTCOMES: readonly (readonly [string, Parameters<typeof ended>[1], string, string])[] = [
  ["sss", {}, "all_succeeded", "✅ 3/3 succeeded"],
  ["ssk", {}, "some_skipped", "✅ 2/3 succeeded, ⏭ 1 skipped"],
  ["sfk", {}, "some_failed", "✅ 1/3 succeeded, ❌ 1 failed, ⏭ 1 skipped"],
  ["fff", { all: "skipped" }, "all_failed", "✅ 0/3 succeeded, ❌ 3 failed, step all skipped"],
  ["kkk", { all: "skipped" }, "all_failed", "✅ 0/3 succeeded, ⏭ 3 skipped, step all skipped"],
  ["sss", { all: "failed" }, "some_failed", "✅ 3/3 succeeded, step all failed"],
  ["sss", { all: "skipped" }, "some_skipped", "✅ 3/3 succeeded, step all skipped"],
  ["sss", { qc: "failed" }, "all_succeeded", "✅ 3/3 succeeded"],
  ["ffs", { stopping: ABORT, all: "cancelled" }, "aborted", "✅ 1/3 succeeded, ❌ 2 failed"],
  ["scc", { stopping: CANCEL, all: "cancelled" }, "cancelled", "✅ 1/3 succeeded, ⏭ 2 skipped"],
  ["sss", { stopping: CANCEL }, "all_succeeded", "✅ 3/3 succeeded"],
];
for (const [letters, rest, outcome, line] of OUTCOMES) {
  const name = [
    letters,
    ...Object.entries(rest ?? {}).map(([key, value]) => `${key} ${JSON.stringify(value)}`),
  ];
  test(`${name.join(", ")}: ${outcome}, ${line}`, () => {
    const { run, jobs } = ended(letters, rest);
    assert.equal(outcomeOf(run, jobs), outcome);
    assert.equal(statusLine(run, jobs), line);
  });
}

test("the parts of the status line add up to the samples, whatever the jobs are", () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("s", "f", "k", "c"), { minLength: 1, maxLength: 12 }),
      fc.constantFrom<JobStatus>("succeeded", "failed", "skipped", "cancelled"),
      (letters, all) => {
        const { run, jobs } = ended(letters.join(""), { all });
        const line = statusLine(run, jobs);
        const count = (pattern: RegExp): number => Number(pattern.exec(line)?.[1] ?? 0);
        const [a, b, c] = [count(/✅ (\d+)\//), count(/❌ (\d+) failed/), count(/⏭ (\d+) skipped/)];
        assert.equal(a + b + c, letters.length, line);
        assert.ok(line.startsWith(`✅ ${a}/${letters.length} succeeded`));
        assert.doesNotMatch(line, /[❌⏭] 0 /);
      },
    ),
  ));

test("a run without samples counts its steps", () => {
  const pipeline = pipelineOf([
    { id: "x", per: "run" },
    { id: "y", per: "run" },
  ]);
  const run = runOf(pipeline, [], { status: "completed" });
  const jobs = planned(run);
  jobs.set("x", { ...jobs.get("x")!, status: "succeeded" });
  jobs.set("y", { ...jobs.get("y")!, status: "failed" });
  assert.equal(statusLine(run, jobs), "✅ 1/2 steps succeeded, step y failed");
  assert.equal(outcomeOf(run, jobs), "some_failed");
});

const why = (reasoning: string): Job["decision"] => ({
  action: "skip",
  reasoning,
  rule: "app",
  class: "app",
  evidence: [],
  timestamp: "2026-02-27T10:00:00Z",
  round: 1,
  attempt: 2,
  free: false,
});

test("the facts of an end name who ended badly and why, ten lines at most, and what to type next", () => {
  const { run, jobs } = ended("k".repeat(13), { stopping: ABORT });
  for (const job of jobs.values()) {
    const failed = { decision: why("Exit code 1. Skipping it."), error: `Exit code 1 of ${job.key}` };
    if (job.step === "a") jobs.set(job.key, { ...job, ...failed, classes: ["app", "app"], retry_count: 1 });
  }
  const facts = runFacts({ run: { ...run, outcome: "aborted" }, jobs }, null);
  assert.equal(facts.details[0], "Aborted: the canary died.");
  assert.equal(facts.details[1], "⏭ s0 skipped in a: Exit code 1. Skipping it.");
  assert.deepEqual([facts.details.length, facts.more], [11, 3]);
  assert.equal(facts.retries, "13 app");
  assert.deepEqual(facts.commands, [`bioagent why ${run.run_id}`, `bioagent retry ${run.run_id}`]);
});

test("a clean end has no details and no retries", () => {
  const { run, jobs } = ended("ss");
  const facts = runFacts(
    { run: { ...run, outcome: "all_succeeded", completed_at: "2026-02-27T11:00:00Z" }, jobs },
    null,
  );
  assert.deepEqual([facts.details, facts.more, facts.retries, facts.seconds], [[], 0, null, 3600]);
  assert.deepEqual(facts.commands, [`bioagent show ${run.run_id}`]);
});

test("a preemption that a retry cured is still counted among the retries", () => {
  const { run, jobs } = ended("ss");
  const job: LoadedJob = jobs.get("a-s0")!;
  jobs.set("a-s0", { ...job, classes: ["preempted", "preempted", "oom", null], retry_count: 3 });
  assert.equal(runFacts({ run, jobs }, null).retries, "2 preempted and 1 oom");
});
