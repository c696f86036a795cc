import assert from "node:assert/strict";
import { test } from "node:test";
import type { WaitingReason } from "../../src/core/status.ts";
import { pipelineOf, Scene } from "./scene.ts";

const HOUR = 3600;
const SUBSCRIBED = { subscriptions: [{ on: ["run.waiting" as const], to: ["lab"] }] };

function waitingFor(reason: WaitingReason, resources: object = {}, rest: object = {}): Scene {
  const scene = new Scene(pipelineOf([{ id: "a", resources }], rest), ["s"], SUBSCRIBED);
  scene.advance();
  scene.advance([scene.of("a-s", { status: "submitted", waiting: { reason, detail: "CPUS in us-east1" } })]);
  return scene;
}
const still = (scene: Scene, reason: WaitingReason) =>
  scene.of("a-s", {
    status: "submitted",
    waiting: { reason, detail: "CPUS in us-east1" },
  });

for (const reason of ["quota", "capacity"] as const) {
  test(`${reason}: told after 30 min, then every 4 h, given up after 24 h`, () => {
    const scene = waitingFor(reason);
    const told: number[] = [];
    for (let minutes = 5; minutes <= 24 * 60; minutes += 5) {
      scene.wait(300);
      scene.advance([still(scene, reason)]);
      told.push(scene.notices.length);
      if (minutes < 30) assert.equal(scene.notices.length, 0);
      if (minutes < 24 * 60) assert.equal(scene.attempt("a-s").cancel_requested_at, null);
    }
    const at = told.flatMap((count, index) => (count > (told[index - 1] ?? 0) ? [(index + 1) * 5] : []));
    assert.deepEqual(at, [30, 270, 510, 750, 990, 1230], "minutes at which it was told");
    assert.equal(new Set(scene.notices.map(({ id }) => id)).size, 6);
    assert.equal(scene.notices[0]!.event, "run.waiting");
    assert.notEqual(scene.attempt("a-s").cancel_requested_at, null);
    assert.equal(scene.job("a-s").status, "submitted", "it lives until it has really ended");
    scene.advance([scene.of("a-s", { status: "cancelled", ran: false })]);
    assert.equal(scene.job("a-s").status, "failed");
    assert.match(scene.job("a-s").decision!.reasoning, /^It waited 1 d for (quota|capacity) \(CPUS/);
  });

  test(`${reason}: a spot job moves to a standard machine after 2 h, once; then it waits its 24 h`, () => {
    const scene = waitingFor(reason, { spot: true });
    scene.wait(2 * HOUR - 1);
    scene.advance([still(scene, reason)]);
    assert.equal(scene.attempt("a-s").cancel_requested_at, null);
    scene.wait(1);
    scene.advance([still(scene, reason)]);
    assert.notEqual(scene.attempt("a-s").cancel_requested_at, null);
    scene.advance([scene.of("a-s", { status: "cancelled", ran: false })]);
    assert.deepEqual([scene.attempt("a-s").attempt, scene.attempt("a-s").resources.spot], [2, false]);
    assert.deepEqual(scene.job("a-s").retries, {}, "a wait spends no retry");
    scene.advance([still(scene, reason)]);
    scene.wait(3 * HOUR);
    scene.advance([still(scene, reason)]);
    assert.equal(scene.attempt("a-s").cancel_requested_at, null, "there is nothing left to change");
  });

  test(`${reason}: a failed poll in between does not start the deadline anew`, () => {
    const scene = waitingFor(reason);
    for (let hour = 1; hour <= 24; hour++) {
      scene.wait(HOUR - 60);
      scene.advance([
        scene.of("a-s", { status: null, waiting: { reason: "executor_unreachable", detail: "503" } }),
      ]);
      scene.wait(60);
      scene.advance([still(scene, reason)]);
    }
    assert.notEqual(scene.attempt("a-s").cancel_requested_at, null);
  });
}

test("a standard job has no fallback at 2 h: another try would change nothing", () => {
  const scene = waitingFor("capacity", { spot: false });
  scene.wait(3 * HOUR);
  scene.advance([still(scene, "capacity")]);
  assert.equal(scene.attempt("a-s").cancel_requested_at, null);
});

test("a user's rule may move a waiting job to other zones, as often as it says", () => {
  const rules = [
    {
      name: "zones",
      when: { waiting: "capacity" as const, for: "10m" },
      do: "retry" as const,
      set: { zones: ["z2"] },
      times: 1,
      then: "next" as const,
    },
  ];
  const scene = waitingFor("capacity", {}, { rules });
  scene.wait(600);
  scene.advance([still(scene, "capacity")]);
  scene.advance([scene.of("a-s", { status: "cancelled" })]);
  assert.deepEqual([scene.attempt("a-s").attempt, scene.attempt("a-s").resources.zones], [2, ["z2"]]);
});

test("do: wait keeps a job waiting, whatever the rules below say", () => {
  const rules = [{ name: "patience", when: { waiting: "quota" as const }, do: "wait" as const }];
  const scene = waitingFor("quota", {}, { rules });
  scene.wait(100 * HOUR);
  scene.advance([still(scene, "quota")]);
  assert.equal(scene.attempt("a-s").cancel_requested_at, null);
});

const away = (scene: Scene) =>
  scene.of("a-s", { status: null, waiting: { reason: "executor_unreachable", detail: "ssh: timed out" } });

test("an executor that is away: nothing is lost for 24 h, and then the job fails without another attempt", () => {
  const scene = waitingFor("quota");
  scene.advance([scene.of("a-s", { status: "running" })]);
  scene.advance([away(scene)]);
  scene.wait(24 * HOUR - 1);
  scene.advance([away(scene)]);
  assert.equal(scene.job("a-s").status, "running");
  scene.wait(1);
  scene.advance([away(scene)]);
  assert.deepEqual([scene.job("a-s").status, scene.attempt("a-s").status], ["failed", "lost"]);
  assert.equal(scene.job("a-s").attempts.length, 1);
  const ends = scene.events.filter((event) => event.type === "job.observed" && event.data.status === "lost");
  assert.equal(ends.length, 1, "the end of the attempt is in the history");
});

test("silence past its own time limit and grace: the attempt is certainly over, and is tried once more", () => {
  const scene = waitingFor("quota", { time: "1h" });
  scene.advance([scene.of("a-s", { status: "running", started_at: scene.now })]);
  scene.advance([away(scene)]);
  scene.wait(HOUR + 600);
  scene.advance([away(scene)]);
  assert.equal(scene.job("a-s").attempts.length, 1);
  scene.wait(1);
  scene.advance([away(scene)]);
  assert.deepEqual(
    scene.job("a-s").attempts.map(({ status }) => status),
    ["lost", "recorded"],
  );
});

test("a cancelled attempt whose executor stays away is given up after 24 h, even one that was only recorded", () => {
  for (const confirmed of [true, false]) {
    const scene = new Scene(pipelineOf([{ id: "a" }]), ["s"]);
    scene.advance();
    if (confirmed) scene.advance([scene.of("a-s", { status: "submitted" })]);
    scene.run = {
      ...scene.run,
      stopping: { action: "cancel", reason: "cancelled by alice", since: scene.now, by: "alice" },
    };
    scene.advance([away(scene)]);
    scene.wait(24 * HOUR);
    scene.advance([away(scene)]);
    assert.equal(scene.run.status, "running");
    scene.wait(1);
    scene.advance([away(scene)]);
    assert.equal(scene.run.status, "cancelled", `confirmed: ${confirmed}`);
  }
});

test("a cancelled attempt that exited 0 and cannot be verified does not hold the run for ever", () => {
  const scene = waitingFor("quota");
  scene.advance([scene.of("a-s", { status: "running" })]);
  scene.run = {
    ...scene.run,
    stopping: { action: "cancel", reason: "cancelled by alice", since: scene.now, by: "alice" },
  };
  scene.advance([scene.of("a-s", { status: "succeeded", exit_code: 0 })]);
  scene.wait(24 * HOUR + 1);
  scene.advance([scene.of("a-s", { status: "succeeded", exit_code: 0 })]);
  assert.equal(scene.run.status, "cancelled");
});

test("a run whose executor cannot be asked before anything was submitted says so, and tells it after 30 min", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s"], SUBSCRIBED);
  scene.capacity = new Map();
  scene.advance();
  assert.deepEqual(scene.run.waiting, {
    reason: "executor_unreachable",
    since: scene.now,
    detail: "executor local could not be asked",
  });
  assert.equal(scene.advance().changed, false, "it is not written again and again");
  scene.wait(1800);
  scene.advance();
  scene.wait(1800);
  scene.advance();
  assert.deepEqual(
    scene.notices.map(({ event }) => event),
    ["run.waiting"],
  );
  scene.capacity = new Map([["local", { largest: {}, free: null }]]);
  scene.advance();
  assert.equal(scene.run.waiting, null);
});

test("quota now and capacity then is one wait: its 24 h go on", () => {
  const scene = waitingFor("quota");
  for (let hours = 1; hours <= 24; hours++) {
    scene.wait(HOUR);
    scene.advance([still(scene, hours % 2 === 0 ? "quota" : "capacity")]);
  }
  assert.notEqual(scene.attempt("a-s").cancel_requested_at, null);
});

const quotaOf = (scene: Scene, detail: string) =>
  scene.of("a-s", { status: "submitted", waiting: { reason: "quota", detail } });

test("one quota and then another is one wait: since when stays, and the sentence names what it waited for last", () => {
  const scene = waitingFor("quota");
  const { since } = scene.job("a-s").waiting!;
  scene.wait(HOUR);
  assert.equal(scene.advance([quotaOf(scene, "IN_USE_ADDRESSES in us-east1")]).changed, true);
  assert.deepEqual(scene.job("a-s").waiting, {
    reason: "quota",
    since,
    detail: "IN_USE_ADDRESSES in us-east1",
  });
  assert.deepEqual(scene.run.waiting, scene.job("a-s").waiting);
  scene.wait(23 * HOUR);
  scene.advance([quotaOf(scene, "IN_USE_ADDRESSES in us-east1")]);
  scene.advance([scene.of("a-s", { status: "cancelled", ran: false })]);
  const { reasoning, evidence } = scene.job("a-s").decision!;
  assert.match(reasoning, /^It waited 1 d for quota \(IN_USE_ADDRESSES in us-east1\)/);
  assert.deepEqual(evidence, [{ source: "executor", text: "IN_USE_ADDRESSES in us-east1" }]);
});

test("a wait whose words only count on writes nothing, pass after pass", () => {
  const scene = waitingFor("quota");
  scene.advance([quotaOf(scene, "CPUS: usage 1 of 24 at 2026-02-27T10:00:00Z")]);
  for (let pass = 2; pass < 20; pass++) {
    scene.wait(60);
    const seen = quotaOf(scene, `CPUS: usage ${pass} of 24 at ${scene.now}`);
    assert.equal(scene.advance([seen]).changed, false);
  }
});

const unheard = (scene: Scene, detail: string) =>
  scene.of("a-s", { status: null, waiting: { reason: "executor_unreachable", detail } });

test("why an executor cannot be asked is said as it is now", () => {
  const scene = waitingFor("quota");
  scene.advance([scene.of("a-s", { status: "running" })]);
  scene.advance([unheard(scene, "no connection")]);
  const { since } = scene.job("a-s").waiting!;
  scene.wait(60);
  scene.advance([unheard(scene, "log in again")]);
  assert.deepEqual(scene.job("a-s").waiting, {
    reason: "executor_unreachable",
    since,
    detail: "log in again",
  });
});

test("an attempt that was never confirmed, of which two questions fail in turn, is not written with each", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s"]);
  scene.advance();
  scene.advance([unheard(scene, "creating the job: no connection")]);
  for (const question of ["listing jobs", "creating the job", "listing jobs"])
    assert.equal(scene.advance([unheard(scene, `${question}: no connection`)]).changed, false);
});

test("what is still missing on object storage is said as it is now", () => {
  const scene = new Scene(pipelineOf([{ id: "a", outputs: ["x.txt", "y.txt"] }]), ["s"]);
  scene.run = { ...scene.run, config: { ...scene.run.config, output: "gs://bucket/out/" } };
  scene.advance();
  scene.advance([scene.of("a-s", { status: "running" })]);
  const ok = scene.ok("a-s");
  const seenWith = (...paths: string[]) => {
    const sizes = Object.fromEntries(
      Object.entries(ok.verification!.sizes).filter(([path]) => paths.includes(path)),
    );
    return { ...ok, verification: { ...ok.verification!, sizes } };
  };
  scene.advance([seenWith()]);
  assert.match(scene.job("a-s").waiting!.detail!, /x\.txt.*y\.txt/);
  scene.wait(30);
  scene.advance([seenWith("x.txt")]);
  assert.doesNotMatch(scene.job("a-s").waiting!.detail!, /x\.txt/);
  scene.wait(30);
  scene.advance([seenWith("x.txt")]);
  assert.equal(
    scene.attempt("a-s").class ?? scene.job("a-s").classes[0],
    "missing_output",
    "its minute is over",
  );
});
