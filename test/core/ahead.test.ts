import assert from "node:assert/strict";
import { test } from "node:test";
import { advance } from "../../src/core/advance.ts";
import { pipelineOf, Scene } from "./scene.ts";

const SAMPLES = ["s1", "s2", "s3", "s4", "s5", "s6"];

/** Two slots, both taken by s1 and s2. */
function full(): Scene {
  const scene = new Scene(pipelineOf([{ id: "a", resources: { cpu: 1, memory: "1GiB" } }]), SAMPLES);
  scene.capacity.set("local", { largest: {}, free: { cpu: 2, memory: 2 ** 40 } });
  scene.advance();
  scene.capacity.set("local", { largest: {}, free: { cpu: 0, memory: 2 ** 40 } });
  scene.advance([scene.of("a-s1", { status: "running" }), scene.of("a-s2", { status: "running" })]);
  return scene;
}

const recorded = (scene: Scene, ahead: number, ended: readonly string[]): string[] =>
  advance({
    run: scene.run,
    jobs: scene.jobs,
    observations: ended.map((key) => scene.ok(key)),
    capacity: scene.capacity,
    recipients: new Map(),
    mostAttempts: 20,
    ahead,
    now: scene.now,
  })
    .jobs.filter(({ attempts }) => attempts.at(-1)?.status === "recorded")
    .map(({ key }) => key);

test("ahead: so many attempts are recorded beyond what is free, in their order", () => {
  assert.deepEqual(recorded(full(), 3, ["a-s1"]), ["a-s3", "a-s4", "a-s5"]);
});

test("ahead: none unless it is asked for", () => {
  assert.deepEqual(recorded(full(), 0, ["a-s1"]), []);
});

test("ahead: none of a step in which nothing has succeeded yet", () => {
  assert.deepEqual(recorded(full(), 3, []), []);
});

test("ahead: what is recorded and waits already counts", () => {
  const scene = full();
  const pass = advance({
    run: scene.run,
    jobs: scene.jobs,
    observations: [scene.ok("a-s1")],
    capacity: scene.capacity,
    recipients: new Map(),
    mostAttempts: 20,
    ahead: 2,
    now: scene.now,
  });
  scene.run = pass.run;
  for (const job of pass.jobs) scene.jobs.set(job.key, { ...job, whole: true });
  assert.deepEqual(recorded(scene, 3, []), ["a-s5"]);
});
