import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Run } from "../../../src/core/run.ts";
import { openPoll } from "../../../src/http/poll.ts";
import { aRequest } from "../../http/memory-app.ts";
import type { CloudApp } from "./cloud-app.ts";
import { quickTime } from "./quick-time.ts";
import { gatedPipeline, workPipeline } from "./work-pipeline.ts";
import { BUCKET, MINUTE, openWorld } from "./world.ts";

const HALF_AN_HOUR = 31 * MINUTE;
const refuse = (method: string, code: string) => ({ match: { method }, effect: { error: { code } } });

const WAIT_ENDS_WELL = ["completed", "all_succeeded"];
const endOf = ({ status, outcome }: Run) => [status, outcome];

/** The last notice of a wait: what people read in it. */
const toldWaiting = ({ told }: CloudApp): string =>
  told.findLast(({ event }) => event === "run.waiting")?.facts.details.join("\n") ?? "nothing was told";

test("expired token at the creation of jobs: the attempt waits, its cause and remedy are on the job, then it is created once", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  await world.batchFault(refuse("CreateJob", "UNAUTHENTICATED"));
  await app.tick(run_id);
  world.pass(HALF_AN_HOUR);
  await app.tick(run_id);
  const job = await app.job(run_id);
  assert.deepEqual(
    [job.status, job.attempts.length, job.waiting?.reason],
    ["pending", 1, "executor_unreachable"],
  );
  assert.match(job.waiting!.detail ?? "", /UNAUTHENTICATED.*gcloud auth application-default login/);
  assert.deepEqual(
    app.told.map(({ event }) => event),
    ["run.waiting"],
  );
  assert.deepEqual(await world.jobs(), []);
  await world.batchFault();
  assert.deepEqual(endOf(await app.end(run_id)), WAIT_ENDS_WELL);
  assert.equal((await world.jobs()).length, 1);
});

test("a wait that is told names its cause and remedy", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  await world.batchFault(refuse("CreateJob", "UNAUTHENTICATED"));
  await app.tick(run_id);
  world.pass(HALF_AN_HOUR);
  await app.tick(run_id);
  assert.match(toldWaiting(app), /UNAUTHENTICATED.*gcloud auth application-default login/);
});

for (const [code, remedy] of [
  ["UNAUTHENTICATED", /gcloud auth application-default login/],
  ["PERMISSION_DENIED", /Grant this account the role/],
] as const) {
  test(`${code} at every look at jobs: nothing changes, the wait is named, and it goes on afterwards`, async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    const app = await world.open();
    const gate = join(world.folder, "go");
    const { run_id } = await app.start(gatedPipeline(gate));
    await app.until(run_id, (_, { "work-s1": job }) => job!.status === "running");
    await world.batchFault(...["ListJobs", "GetJob"].map((method) => refuse(method, code)));
    writeFileSync(gate, "");
    await app.tick(run_id);
    world.pass(HALF_AN_HOUR);
    await app.tick(run_id);
    const job = await app.job(run_id);
    assert.deepEqual([job.status, job.waiting?.reason], ["running", "executor_unreachable"]);
    assert.match(job.waiting!.detail ?? "", remedy);
    assert.deepEqual(
      app.told.map(({ event }) => event),
      ["run.waiting"],
    );
    await world.batchFault();
    assert.deepEqual(endOf(await app.end(run_id)), WAIT_ENDS_WELL);
    assert.equal((await app.job(run_id)).attempts.length, 1);
  });
}

test("no role to create jobs: the run is aborted in Batch's words, and nothing was spent", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), ["s1", "s2", "s3"]);
  await world.batchFault(refuse("CreateJob", "PERMISSION_DENIED"));
  const run = await app.end(run_id);
  assert.deepEqual(endOf(run), ["failed", "aborted"]);
  const jobs = Object.values(await app.jobs(run_id));
  assert.ok(jobs.every(({ status }) => status === "failed" || status === "cancelled"));
  const [failed] = jobs.filter(({ status }) => status === "failed");
  assert.equal(failed!.class, "permission");
  assert.match(failed!.decision!.reasoning, /batch\.jobs\.create/);
  assert.match(app.told.at(-1)!.facts.details.join("\n"), /Permission 'batch\.jobs\.create' denied/);
  assert.deepEqual(await world.jobs(), []);
});

for (const [status, remedy] of [
  [401, /Sign in again/],
  [403, /roles\/storage\.objectUser on gs:\/\/lab/],
] as const) {
  test(`Storage says ${status} when outputs are looked up: they wait for it, and count once it can be asked`, async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(workPipeline());
    await app.tick(run_id);
    await world.inState("SUCCEEDED");
    await world.storageFault({ times: null, then: { status } });
    await app.tick(run_id);
    world.pass(HALF_AN_HOUR);
    await app.tick(run_id);
    const job = await app.job(run_id);
    assert.deepEqual([job.waiting?.reason, job.attempts.length], ["verification", 1]);
    assert.match(app.warnings.join("\n"), remedy);
    assert.deepEqual(
      app.told.map(({ event }) => event),
      ["run.waiting"],
    );
    await world.mendStorage();
    assert.deepEqual(endOf(await app.end(run_id)), WAIT_ENDS_WELL);
    assert.equal((await app.job(run_id)).attempts.length, 1);
  });
}

test("outputs that cannot be looked up: the job itself says why it waits", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  await app.tick(run_id);
  await world.inState("SUCCEEDED");
  await world.storageFault({ times: null, then: { status: 403 } });
  await app.tick(run_id);
  assert.match((await app.job(run_id)).waiting?.detail ?? "", /storage\.objectUser/);
});

/** What Storage answers to whoever begins to write an object. */
const writing = (then: object, object?: string) => ({
  operation: "uploads.start",
  times: null,
  then,
  ...(object ? { object } : {}),
});
const NO_BUCKET = { status: 404, reason: "notFound", message: "The specified bucket does not exist." };

for (const [what, then, failure, words] of [
  ["a job that may not write its outputs", { status: 403 }, "permission", /HTTP 403/],
  ["a bucket that goes while a job runs", NO_BUCKET, "config", /bucket does not exist/],
] as const) {
  test(`${what}: the run is aborted with what Storage said`, async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(workPipeline());
    await world.storageFault(writing(then, "**.txt"));
    const run = await app.end(run_id);
    assert.deepEqual(endOf(run), ["failed", "aborted"]);
    const job = await app.job(run_id);
    assert.deepEqual([job.class, job.attempts.length], [failure, 1]);
    assert.match(job.decision!.reasoning, words);
  });

  test(`${what}, nor its report: the run is aborted all the same`, async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(workPipeline());
    await world.storageFault(writing(then));
    const run = await app.end(run_id);
    const job = await app.job(run_id);
    assert.deepEqual([job.class, job.attempts.length], [failure, 1], job.decision?.reasoning);
    assert.deepEqual(endOf(run), ["failed", "aborted"]);
    assert.match(job.decision!.reasoning, /service account|bucket/);
  });
}

test("a bucket that is not there, or may not be written: refused at the start, with the command that makes it", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const start = (output: string) => app.start(workPipeline(), ["s1"], { output });
  await assert.rejects(start("gs://not-there/results"), /gcloud storage buckets create gs:\/\/not-there/);
  await world.storageFault({ times: null, then: { status: 403 } });
  await assert.rejects(start(`gs://${BUCKET}/results`), /storage\.objectUser/);
  assert.deepEqual((await app.deps.store.queryRuns({ limit: 5 })).items, []);
  assert.deepEqual(await world.jobs(), []);
});

for (const [what, status, said, remedy] of [
  [
    "an expired token at Firestore",
    16,
    "Request had invalid authentication credentials.",
    /gcloud auth application-default login/,
  ],
  ["no role at Firestore", 7, "Missing or insufficient permissions.", /roles\/datastore\.user/],
  ["a missing index", 9, "The query requires an index.", /infra\/firestore\.indexes\.json/],
] as const) {
  test(`${what}: the pass says what to do and changes nothing; the next one goes on`, async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(workPipeline());
    await app.tick(run_id);
    const before = await app.job(run_id);
    await world.inState("SUCCEEDED");
    const beats: string[] = [];
    const print = (line: string) => void beats.push(line);
    const poll = openPoll(app, { cloudService: null, time: quickTime(world), print });
    // Google's client asks three times, for seven seconds, before it says so of a query; of a commit it does at once.
    world.firestore.refuse(status, said, status === 9 ? "RunQuery" : "Commit");
    const answer = await poll(aRequest("POST", "/"));
    assert.match(app.warnings.join("\n"), remedy);
    // Without its runs a poll has no heartbeat, which raises the alarm; the error of one run is counted in it.
    if (status === 9) assert.deepEqual([answer.status, beats], [500, []]);
    else assert.deepEqual([answer.status, JSON.parse(beats[0]!).errors], [200, 1]);
    assert.ok(world.firestore.refused() > 0);
    world.firestore.mend();
    assert.deepEqual(await app.job(run_id), before);
    assert.deepEqual(endOf(await app.end(run_id)), WAIT_ENDS_WELL);
    assert.equal((await app.job(run_id)).attempts.length, 1);
  });
}
