import assert from "node:assert/strict";
import { test } from "node:test";
import { runFacts } from "../../src/core/facts.ts";
import type { Run } from "../../src/core/run.ts";
import { startedNotices } from "../../src/core/tell.ts";
import { pipelineOf, Scene } from "./scene.ts";

const FOLLOWED = { subscriptions: [{ on: ["run.failed" as const], to: ["board", "lab"] }] };

function followed(fields: object = FOLLOWED): Scene {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1", "s2", "s3"], fields);
  scene.followers = new Set(["board"]);
  return scene;
}

const told = (scene: Scene): string[] => scene.notices.map(({ event, channel }) => `${event} ${channel}`);
const succeed = (scene: Scene, sample: string) => scene.advance([scene.ok(`a-${sample}`)]);

test("a channel that follows a run hears of changes a minute later, and once for all of that minute", () => {
  const scene = followed();
  scene.advance();
  assert.deepEqual(told(scene), ["run.progress board"]);
  const [first] = scene.notices;
  assert.equal(Date.parse(first!.next_at!) - Date.parse(scene.now), 60_000);
  scene.wait(59);
  scene.advance([scene.of("a-s1", { status: "running" })]);
  assert.equal(scene.notices.length, 1);
  scene.wait(1);
  scene.advance();
  assert.equal(scene.notices.length, 1, "nothing has changed");
  scene.advance([scene.of("a-s2", { status: "running" })]);
  assert.equal(scene.notices.length, 2);
  assert.notEqual(scene.notices[0]!.id, scene.notices[1]!.id);
});

test("it hears of start and end, whatever the subscription names; others hear what they asked for", () => {
  const scene = followed();
  const audience = { recipients: new Map(), followers: scene.followers };
  const started = startedNotices(scene.run, audience, scene.now).map(
    ({ event, channel }) => `${event} ${channel}`,
  );
  assert.deepEqual(started, ["run.started board"]);
  scene.advance();
  succeed(scene, "s1");
  for (const sample of ["s2", "s3"]) succeed(scene, sample);
  assert.equal(scene.run.status, "completed");
  assert.deepEqual(told(scene), ["run.progress board", "run.completed board"]);
});

test("it follows only the runs that a subscription concerns", () => {
  const scene = followed({ subscriptions: [{ ...FOLLOWED.subscriptions[0]!, pipelines: ["another"] }] });
  scene.advance();
  assert.deepEqual(told(scene), []);
  assert.equal(scene.run.told_progress ?? null, null);
});

test("jobs that were skipped or retried wait half a minute for others like them", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1", "s2"], {
    subscriptions: [{ on: ["job.retried"], to: ["lab"] }],
  });
  scene.advance();
  scene.advance([
    scene.of("a-s1", { status: "failed", exit_code: 137, evidence: [{ source: "cgroup", text: "oom" }] }),
  ]);
  const [notice] = scene.notices;
  assert.equal(notice?.event, "job.retried");
  assert.equal(Date.parse(notice.next_at!) - Date.parse(scene.now), 30_000);
});

test("a run of which nothing changes for a day stands still, and that is told once a day", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"], {
    subscriptions: [{ on: ["run.stalled"], to: ["lab"] }],
  });
  scene.advance();
  const running = () => scene.advance([scene.of("a-s1", { status: "running" })]);
  running();
  const at: number[] = [];
  for (let hour = 1; hour <= 72; hour++) {
    scene.wait(3600);
    const before = scene.notices.length;
    running();
    if (scene.notices.length > before) at.push(hour);
  }
  assert.deepEqual(at, [24, 48, 72]);
  assert.deepEqual(told(scene), Array(3).fill("run.stalled lab"));
  assert.match(scene.notices[0]!.facts.details.join(), /^• s1 running in a since 2026-02-27 10:30 UTC$/);
});

test("a run that was opened again stands still only a day after that", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"], {
    subscriptions: [{ on: ["run.stalled"], to: ["lab"] }],
    round: 2,
    reopened_at: "2026-03-09T10:30:00.000Z",
  });
  scene.now = "2026-03-09T10:31:00.000Z";
  scene.capacity = new Map([["local", { largest: {}, free: { cpu: 0, memory: 0 } }]]);
  scene.advance();
  assert.deepEqual(told(scene), []);
  scene.wait(24 * 3600);
  scene.advance();
  assert.deepEqual(told(scene), ["run.stalled lab"]);
});

test("an end says how long its round took: from the start, or from when a person opened the run again", () => {
  const { run } = new Scene(pipelineOf([{ id: "a" }]), ["s1"]);
  const seconds = (fields: Partial<Run>) =>
    runFacts({ run: { ...run, status: "completed", ...fields }, jobs: new Map() }, null).seconds;
  const times = {
    created_at: "2026-02-27T09:00:00Z",
    started_at: "2026-02-27T10:00:00Z",
    completed_at: "2026-03-09T10:00:05Z",
  };
  const days = 10 * 24 * 3600;
  assert.equal(seconds(times), days + 5);
  assert.equal(seconds({ ...times, started_at: null }), days + 3605, "cancelled before it began");
  assert.equal(seconds({ ...times, round: 2, reopened_at: "2026-03-09T10:00:00Z" }), 5);
  assert.equal(seconds({ ...times, round: 2 }), null, "an older version did not note it");
});

test("what waits is told with since when and for how long, so that no reminder has the words of the one before", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1", "s2"], {
    subscriptions: [{ on: ["run.waiting"], to: ["lab"] }],
  });
  scene.advance();
  const seen = (...samples: string[]) =>
    samples.map((sample) =>
      scene.of(`a-${sample}`, { status: "submitted", waiting: { reason: "quota", detail: "CPUS" } }),
    );
  scene.advance(seen("s1"));
  scene.wait(120);
  for (let minute = 0; minute < 5 * 60; minute += 29) {
    scene.advance(seen("s1", "s2"));
    scene.wait(29 * 60);
  }
  assert.deepEqual(
    scene.notices.map(({ group, facts }) => [group, ...facts.details]),
    [
      ["quota", "⏳ s1 waiting in a for quota since 2026-02-27 10:30 UTC (31 min): CPUS"],
      ["quota#1", "⏳ s1 and s2 waiting in a for quota since 2026-02-27 10:30 UTC (4 h 52 min): CPUS"],
    ],
  );
});

test("a run that waits as a whole says since when and for how long", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"]);
  const waiting = { reason: "quota" as const, since: "2026-02-27T10:00:00.000Z", detail: "CPUS" };
  const of = { run: { ...scene.run, waiting }, jobs: new Map() };
  assert.deepEqual(runFacts(of, []).details, ["Waiting for quota since 2026-02-27 10:00 UTC: CPUS"]);
  assert.deepEqual(runFacts({ ...of, now: "2026-02-27T14:30:00.000Z" }, []).details, [
    "Waiting for quota since 2026-02-27 10:00 UTC (4 h 30 min): CPUS",
  ]);
});

test("a run that waits, or in which something happens, does not stand still", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"], {
    subscriptions: [{ on: ["run.stalled"], to: ["lab"] }],
  });
  scene.advance();
  for (let hour = 1; hour <= 30; hour++) {
    scene.advance([scene.of("a-s1", { status: "submitted", waiting: { reason: "quota", detail: "CPUS" } })]);
    scene.wait(3600);
  }
  assert.deepEqual(told(scene), []);
});
