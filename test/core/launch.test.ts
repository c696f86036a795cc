import assert from "node:assert/strict";
import { test } from "node:test";
import { samplesFor } from "../../src/core/launch.ts";
import { stepOf } from "../../src/core/pipeline.ts";
import { pipelineOf, Scene } from "./scene.ts";

const BROKEN = { status: "failed", exit_code: 126 } as const;
const LOOSE = { limits: { failed_jobs: 1, failed_samples: 1 } };
const recorded = (scene: Scene): string[] =>
  [...scene.jobs.values()]
    .filter((job) => job.attempts.at(-1)?.status === "recorded")
    .map((job) => job.key)
    .sort();

test("a sample's step waits for the same sample's, not for the others", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }, { id: "b", needs: ["a"] }], LOOSE), ["s1", "s2"]);
  scene.advance();
  assert.deepEqual(recorded(scene), ["a-s1", "a-s2"]);
  scene.advance([scene.ok("a-s2")]);
  assert.deepEqual(recorded(scene), ["a-s1", "b-s2"]);
});

test("a per-sample step waits for the per-run step that it needs", () => {
  const scene = new Scene(
    pipelineOf([
      { id: "index", per: "run" },
      { id: "a", needs: ["index"] },
    ]),
    ["s1"],
  );
  scene.advance();
  assert.deepEqual(recorded(scene), ["index"]);
  scene.advance([scene.ok("index")]);
  assert.deepEqual(recorded(scene), ["a-s1"]);
});

const GATHER = pipelineOf(
  [{ id: "index", per: "run" }, { id: "a" }, { id: "all", per: "run", needs: ["index", "a"] }],
  LOOSE,
);

test("a per-run step waits for every sample, and runs on what succeeded", () => {
  const scene = new Scene(GATHER, ["s1", "s2", "s3"]);
  scene.advance();
  scene.advance([scene.ok("index"), scene.ok("a-s1"), scene.of("a-s2", BROKEN)]);
  assert.deepEqual(recorded(scene), ["a-s3"]);
  scene.advance([scene.ok("a-s3")]);
  assert.deepEqual(recorded(scene), ["all"]);
  assert.deepEqual(samplesFor(scene, stepOf(GATHER, "all")), ["s1", "s3"]);
});

test("a gather with nothing to gather is skipped, and names the step that it gathers", () => {
  const scene = new Scene(GATHER, ["s1", "s2"]);
  scene.advance();
  scene.advance([scene.ok("index"), scene.of("a-s1", BROKEN), scene.of("a-s2", BROKEN)]);
  const { status, blocked_by, decision } = scene.job("all");
  assert.deepEqual([status, blocked_by], ["skipped", "a"]);
  assert.equal(decision?.reasoning, "Skipping all: no sample succeeded in what it needs.");
});

test("what can never run is skipped down to its last dependent, and names the job that it needed", () => {
  const steps = [{ id: "a" }, { id: "b", needs: ["a"] }, { id: "c", needs: ["b"] }];
  const scene = new Scene(pipelineOf(steps, LOOSE), ["s1", "s2"]);
  scene.advance();
  scene.advance([scene.of("a-s1", BROKEN)]);
  assert.deepEqual(
    ["b-s1", "c-s1"].map((key) => [
      scene.job(key).status,
      scene.job(key).blocked_by,
      scene.job(key).exhausted,
    ]),
    [
      ["skipped", "a-s1", false],
      ["skipped", "b-s1", false],
    ],
  );
  assert.equal(scene.job("b-s1").decision?.reasoning, "Skipping b-s1: it needs a-s1, which failed.");
  assert.equal(scene.job("c-s1").decision?.reasoning, "Skipping c-s1: it needs b-s1, which was skipped.");
  assert.equal(scene.job("b-s2").status, "pending");
});

test("the end of an optional step, whatever it is, holds nobody up", () => {
  const steps = [
    { id: "a", optional: true },
    { id: "b", needs: ["a"] },
    { id: "all", per: "run" as const, needs: ["a", "b"] },
  ];
  const scene = new Scene(pipelineOf(steps, LOOSE), ["s1"]);
  scene.advance();
  scene.advance([scene.of("a-s1", BROKEN)]);
  assert.deepEqual(recorded(scene), ["b-s1"]);
  scene.advance([scene.ok("b-s1")]);
  scene.advance([scene.ok("all")]);
  assert.equal(scene.run.outcome, "all_succeeded");
});

test("max_parallel of run and step hold, and later steps go first", () => {
  const steps = [{ id: "a", max_parallel: 2 }, { id: "b", needs: ["a"] }, { id: "c" }];
  const scene = new Scene(pipelineOf(steps, { ...LOOSE, max_parallel: 3 }), ["s1", "s2", "s3", "s4"]);
  scene.advance();
  assert.deepEqual(recorded(scene), ["c-s1", "c-s2", "c-s3"]);
  scene.advance(["c-s1", "c-s2", "c-s3"].map((key) => scene.ok(key)));
  assert.deepEqual(recorded(scene), ["a-s1", "a-s2", "c-s4"]);
  scene.advance([scene.ok("a-s1")]);
  assert.deepEqual(recorded(scene), ["a-s2", "b-s1", "c-s4"]);
});

test("no more is recorded than the executor has free, less what is recorded already", () => {
  const resources = { cpu: 2, memory: "1GiB" };
  const scene = new Scene(pipelineOf([{ id: "a", resources }]), ["s1", "s2", "s3", "s4"]);
  scene.capacity = new Map([["local", { largest: { cpu: 8 }, free: { cpu: 5, memory: 2 ** 34 } }]]);
  scene.advance();
  assert.deepEqual(recorded(scene), ["a-s1", "a-s2"]);
  scene.advance();
  assert.deepEqual(recorded(scene), ["a-s1", "a-s2"]);
  scene.capacity = new Map([["local", { largest: { cpu: 8 }, free: { cpu: 9, memory: 3 * 2 ** 30 } }]]);
  scene.advance();
  assert.deepEqual(recorded(scene), ["a-s1", "a-s2", "a-s3"]);
});

test("nothing is recorded on an executor that cannot be asked", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"]);
  scene.capacity = new Map();
  scene.advance();
  assert.deepEqual(recorded(scene), []);
});

test("what an executor can never take fails, and says so", () => {
  const scene = new Scene(pipelineOf([{ id: "a", resources: { cpu: 16, memory: "64GiB" } }, { id: "b" }]), [
    "s1",
  ]);
  scene.capacity = new Map([["local", { largest: { cpu: 8, memory: 2 ** 35 }, free: null }]]);
  scene.advance();
  assert.equal(
    scene.job("a-s1").decision?.reasoning,
    "s1 asks for 16 CPUs; the largest machine has 8; s1 asks for 64GiB of memory; the most there is, is 32768MiB (executor local). Failing s1.",
  );
  assert.equal(scene.job("a-s1").status, "failed");
});

test("a pause is kept to the second", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"]);
  scene.advance();
  scene.advance([scene.of("a-s1", { status: "failed", exit_code: 50000 })]);
  const until = Date.parse(scene.job("a-s1").not_before!);
  assert.equal(scene.run.next_poll_at, scene.job("a-s1").not_before, "the sweep looks again when it is over");
  scene.wait((until - Date.parse(scene.now)) / 1000 - 1);
  scene.advance();
  assert.deepEqual(recorded(scene), []);
  scene.wait(1);
  scene.advance();
  assert.deepEqual(recorded(scene), ["a-s1"]);
});

test("an attempt's id is the job's own, with its number, and is never used twice", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"]);
  const planned = scene.job("a-s1").job_id;
  scene.advance();
  assert.equal(scene.attempt("a-s1").id, planned);
  scene.advance([scene.of("a-s1", { status: "failed", exit_code: 1 })]);
  assert.equal(scene.attempt("a-s1").id, planned.replace(/-a1$/, "-a2"));
});
