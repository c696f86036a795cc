import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tickAll } from "../../../src/app/tick.ts";
import type { Run } from "../../../src/core/run.ts";
import { gatedPipeline, workPipeline } from "./work-pipeline.ts";
import { DAY, HOUR, MINUTE, openWorld } from "./world.ts";

const endOf = ({ status, outcome }: Run) => [status, outcome];
const place = (id: string) => `locations/us-central1/jobs/${id}`;

/** Longer than a job may be unknown here and there after its creation. */
const SETTLED = 5 * MINUTE;

test("a job deleted in the console while it runs: certainly over, so it is tried once more, and it says who did it", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const gate = join(world.folder, "go");
  const { run_id } = await app.start(gatedPipeline(gate));
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "running");
  const first = (await app.job(run_id)).attempts[0]!;
  assert.equal((await world.batch("DELETE", place(first.id))).status, 200);
  world.pass(SETTLED);
  await app.until(run_id, (_, { "work-s1": job }) => job!.attempts.length === 2);
  writeFileSync(gate, "");
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  const job = await app.job(run_id);
  assert.deepEqual(
    job.attempts.map(({ status, class: failure }) => [status, failure]),
    [
      ["lost", "lost"],
      ["succeeded", null],
    ],
  );
  assert.match(job.decisions[0]!.reasoning, /deleted/);
  assert.equal(job.attempts.length, 2);
});

test("a job deleted in the console while it is queued", async (t) => {
  const quota = { for_ms: DAY * 1000, at: "QUEUED" };
  const world = await openWorld(t, { scenario: { rules: [{ match: { nth: 1 }, effect: { quota } }] } });
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "submitted");
  await world.batch("DELETE", place((await app.job(run_id)).attempts[0]!.id));
  world.pass(SETTLED);
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  const job = await app.job(run_id);
  assert.deepEqual(job.classes, ["lost", null]);
  assert.match(job.decisions[0]!.reasoning, /deleted/);
});

test("a job deleted a moment after its creation is not taken for lost before Batch has settled, and is not made again under its id", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(gatedPipeline(join(world.folder, "go")));
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "submitted");
  const [first] = (await app.job(run_id)).attempts;
  await world.batch("DELETE", place(first!.id));
  while ((await world.batch("GET", place(first!.id))).status !== 404) await sleep(10);
  for (let ticks = 0; ticks < 3; ticks++) {
    world.pass(10);
    await app.tick(run_id);
  }
  const job = await app.job(run_id);
  assert.deepEqual([job.attempts.length, job.status], [1, "submitted"]);
  assert.deepEqual(await world.jobs(), []);
});

test("a job cancelled in the console fails, and says so; the other samples end well", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const gate = join(world.folder, "go");
  const samples = ["s1", "s2", "s3", "s4"];
  const { run_id } = await app.start(gatedPipeline(gate), samples);
  await app.until(run_id, (_, jobs) => Object.values(jobs).every(({ status }) => status === "running"));
  const id = (await app.jobs(run_id))["work-s2"]!.attempts[0]!.id;
  assert.equal((await world.batch("POST", `${place(id)}:cancel`, {})).status, 200);
  await app.until(run_id, (_, { "work-s2": job }) => job!.status === "failed");
  writeFileSync(gate, "");
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "some_failed"]);
  const job = (await app.jobs(run_id))["work-s2"]!;
  assert.deepEqual([job.class, job.attempts.length], ["cancelled_elsewhere", 1]);
  assert.match(app.told.at(-1)!.facts.details.join("\n"), /s2 failed in work: .*cancel/i);
});

test("a job cancelled by Batch itself for want of quota, before it ran, is infra, and is retried free", async (t) => {
  const rules = [
    { match: { times: 1 }, effect: { quota: { for_ms: HOUR * 1000 }, provider_cancel: { after_ms: 50 } } },
  ];
  const world = await openWorld(t, { scenario: { rules } });
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  assert.deepEqual(endOf(await app.end(run_id, { seconds: MINUTE })), ["completed", "all_succeeded"]);
  const job = await app.job(run_id);
  assert.deepEqual([job.classes, job.retries], [["infra", null], {}]);
});

test("a run document edited in the console: a description is taken, what BioAgent ends by is put back, and the run ends well", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const gate = join(world.folder, "go");
  const { run_id } = await app.start(gatedPipeline(gate), ["s1", "s2"]);
  await app.until(run_id, (_, jobs) => Object.values(jobs).every(({ status }) => status === "running"));
  const document = world.console().doc(`runs/${run_id}`);
  await document.update({ description: "the batch of Monday" });
  await app.tick(run_id);
  await document.update({ status: "banana", rev: 9000, "summary.running": "two", event_count: "7" });
  await app.tick(run_id);
  await document.update({ rev: 1, stopping: { reason: "by hand", since: "now", action: "cancel" } });
  writeFileSync(gate, "");
  const run = await app.end(run_id);
  assert.deepEqual(endOf(run), ["completed", "all_succeeded"]);
  assert.equal(run.description, "the batch of Monday");
  assert.match(run.notes.join("\n"), /description taken as it stands/);
  assert.match(run.notes.join("\n"), /status.*put back \(use `bioagent cancel`/);
  assert.match(run.notes.join("\n"), /stopping.*put back|rev, stopping put back|put back/);
  const events = await app.deps.store.readEvents(run_id, -1, 500);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at),
  );
  assert.equal(events.filter(({ type }) => type === "run.note").length, 3);
  assert.deepEqual([run.summary.succeeded, run.summary.total_jobs], [2, 2]);
});

test("fields deleted in the console, or of a wrong kind: this run alone says which; put back, it goes on", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  const { run_id: other } = await app.start(workPipeline());
  await app.tick(run_id);
  const document = world.console().doc(`runs/${run_id}`);
  const before = (await document.get()).data()!;
  await document.update({ samples: 12, pipeline_spec: null });
  for (let ticks = 0; ticks < 60; ticks++) {
    const { errors } = await tickAll(app.deps, app.cache, "all");
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, new RegExp(`${run_id}.*samples.*Put the field back`, "s"));
    await app.tick(other);
    if ((await app.deps.store.readRun(other))!.status === "completed") break;
  }
  assert.equal((await app.deps.store.readRun(other))!.status, "completed");
  await document.update({ samples: before["samples"], pipeline_spec: before["pipeline_spec"] });
  const run = await app.end(run_id);
  assert.deepEqual(endOf(run), ["completed", "all_succeeded"]);
  assert.equal((await app.job(run_id)).attempts.length, 1);
});

test("what is deleted beside the fields (`store`, `notes`, `rev`) is noticed or repaired, and nothing runs twice", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const gate = join(world.folder, "go");
  const { run_id } = await app.start(gatedPipeline(gate));
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "running");
  const { FieldValue } = await import("@google-cloud/firestore");
  const document = world.console().doc(`runs/${run_id}`);
  await document.update({ rev: FieldValue.delete(), status: FieldValue.delete() });
  await app.tick(run_id);
  await document.update({ store: FieldValue.delete() });
  await app.tick(run_id);
  writeFileSync(gate, "");
  const run = await app.end(run_id);
  assert.deepEqual(endOf(run), ["completed", "all_succeeded"]);
  assert.match(run.notes.join("\n"), /edited outside BioAgent/);
  assert.equal((await app.job(run_id)).attempts.length, 1);
  assert.equal((await world.jobs()).length, 1);
});

test("a job document edited in the console changes nothing", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const gate = join(world.folder, "go");
  const { run_id } = await app.start(gatedPipeline(gate));
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "running");
  await world.console().doc(`runs/${run_id}/jobs/work-s1`).update({ status: "succeeded", exit_code: 0 });
  await app.tick(run_id);
  assert.equal((await app.job(run_id)).status, "running");
  writeFileSync(gate, "");
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  assert.match(app.warnings.join("\n"), /work-s1 was edited by hand \(.*status.*\): that changes nothing/);
});

test("sixty days pass before anybody looks: the records are gone, which is said, and the job is done once more", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), ["s1", "s2"]);
  await app.tick(run_id);
  await world.inState("SUCCEEDED");
  for (const { id } of await world.jobs()) await world.batch("DELETE", place(id));
  world.pass(61 * DAY);
  const run = await app.end(run_id, { seconds: HOUR });
  assert.deepEqual(endOf(run), ["completed", "all_succeeded"]);
  for (const job of Object.values(await app.jobs(run_id))) {
    assert.deepEqual(job.classes, ["lost", null]);
    assert.match(job.decisions[0]!.reasoning, /60 days/);
  }
});
