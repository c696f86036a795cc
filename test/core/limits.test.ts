import assert from "node:assert/strict";
import { test } from "node:test";
import { isFinalJob } from "../../src/core/status.ts";
import { pipelineOf, Scene } from "./scene.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`);
/** No limit but the canary. */
const LOOSE = { limits: { failed_jobs: 1, failed_samples: 1 } };
const BROKEN = { status: "failed", exit_code: 126 } as const;

/** Fails these jobs for good, one pass each, until the run stops; how many it took, or null. */
function failUntilStopped(scene: Scene, keys: readonly string[]): number | null {
  scene.advance();
  for (const [at, key] of keys.entries()) {
    scene.advance([scene.of(key, BROKEN)]);
    if (scene.run.stopping || scene.run.outcome) return at + 1;
  }
  return null;
}

test("canary: nine that failed go on, the tenth stops the run", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }], LOOSE), names(200));
  assert.equal(
    failUntilStopped(
      scene,
      names(12).map((name) => `a-${name}`),
    ),
    10,
  );
  assert.equal(
    scene.run.stopping?.reason,
    "the first 10 a jobs that ended all failed (Exit code 126 says that a program of step a could not be run); 190 more were spared",
  );
});

test("canary: one success in the step, whenever it came, and there is no canary any more", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }], LOOSE), names(30));
  scene.advance();
  scene.advance([scene.ok("a-s29")]);
  assert.equal(
    failUntilStopped(
      scene,
      names(20).map((name) => `a-${name}`),
    ),
    null,
  );
});

test("canary: optional steps do not count", () => {
  const scene = new Scene(pipelineOf([{ id: "a", optional: true }, { id: "b" }], LOOSE), names(30));
  assert.equal(
    failUntilStopped(
      scene,
      names(20).map((name) => `a-${name}`),
    ),
    null,
  );
});

test("canary: at most ten and what was in flight are spent, whatever the size of the run", () => {
  const scene = new Scene(pipelineOf([{ id: "a", max_parallel: 5 }]), names(2000));
  for (let pass = 0; pass < 40 && !scene.run.outcome; pass++) {
    const live = [...scene.jobs.values()].filter((job) => !isFinalJob(job.status) && job.attempts.length > 0);
    scene.advance(live.map((job) => scene.of(job.key, { status: "failed", exit_code: 127 })));
  }
  const spent = [...scene.jobs.values()].reduce((sum, job) => sum + job.attempts.length, 0);
  assert.equal(scene.run.outcome, "aborted");
  assert.ok(spent <= 15, `${spent} attempts`);
});

const HALF: readonly (readonly [string, number, number, boolean])[] = [
  ["half of the samples of a step is not yet more than half", 8, 4, false],
  ["one more than half is", 8, 5, true],
  ["of an odd number, the larger half is more than half", 7, 4, true],
  ["of one sample, one is", 1, 1, true],
];
for (const [name, samples, failures, stops] of HALF) {
  test(`${name}: ${failures} of ${samples}`, () => {
    const scene = new Scene(pipelineOf([{ id: "a" }, { id: "b" }, { id: "c" }]), names(samples));
    const count = failUntilStopped(
      scene,
      names(failures).map((sample) => `a-${sample}`),
    );
    assert.equal(count, stops ? failures : null);
    if (stops) assert.match(scene.run.stopping?.reason ?? "", /samples used up their attempts in step a/);
  });
}

test("more than half of all jobs stops the run, although no step is over its own half", () => {
  const limits = { failed_jobs: 0.25, failed_samples: 1 };
  const scene = new Scene(pipelineOf([{ id: "a" }, { id: "b" }], { limits }), names(4));
  assert.equal(failUntilStopped(scene, ["a-s0", "b-s1", "a-s2"]), 3);
  assert.match(scene.run.stopping?.reason ?? "", /^3 of all 8 jobs used up their attempts, in a and b \(/);
});

test("dependents do not count: one bad sample with many steps is one", () => {
  const steps = ["a", "b", "c", "d"].map((id, at, all) => ({ id, needs: at === 0 ? [] : [all[at - 1]!] }));
  const scene = new Scene(pipelineOf(steps), names(2));
  assert.equal(failUntilStopped(scene, ["a-s0"]), null);
  assert.equal(scene.standing()["skipped"]?.length, 3);
});

test("the samples of a per-run step are no samples: only the share of all jobs counts it", () => {
  const scene = new Scene(pipelineOf([{ id: "index", per: "run" }, { id: "a" }]), names(4));
  assert.equal(failUntilStopped(scene, ["index"]), null);
});

test("a run that stops cancels what lives, ends what never started, and is final only after the last attempt", () => {
  const scene = new Scene(pipelineOf([{ id: "a", max_parallel: 12 }], LOOSE), names(30));
  failUntilStopped(
    scene,
    names(10).map((name) => `a-${name}`),
  );
  const live = [...scene.jobs.values()].filter((job) => !isFinalJob(job.status));
  assert.equal(scene.run.status, "running");
  assert.ok(live.length > 0 && live.every((job) => job.attempts.at(-1)?.cancel_requested_at !== null));
  const last = live.at(-1)!;
  scene.advance(live.slice(0, -1).map((job) => scene.of(job.key, { status: "cancelled" })));
  assert.equal(scene.run.status, "running");
  scene.advance([scene.ok(last.key)]);
  assert.deepEqual([scene.run.status, scene.run.outcome], ["failed", "aborted"]);
});
