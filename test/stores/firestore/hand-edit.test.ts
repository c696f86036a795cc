import assert from "node:assert/strict";
import { test } from "node:test";
import { current, started } from "../../contracts/run-store/on-stores.ts";
import { aCommit, aJob, anEvent } from "../../support/documents.ts";
import { openStore } from "./open-store.ts";

test("a run document edited in the console conflicts with the commit on what was read, and is noticed on reload", async (t) => {
  const opened = await openStore(t, { now: () => "2026-02-27T12:00:00Z" });
  if (!opened) return;
  const { store, console, warnings } = opened;
  const run = await started(store, { description: "before" });
  const ref = console.doc(`runs/${run.run_id}`);
  await ref.update({ description: "by hand" });

  assert.deepEqual(await store.commit(aCommit({ ...run, description: "ours" })), { kind: "conflict" });
  const loaded = (await store.load(run.run_id, 0, "heads")) ?? assert.fail();
  const text = "the run document was edited outside BioAgent: description taken as it stands";
  assert.equal(loaded.run.description, "by hand");
  assert.equal(loaded.run.rev, run.rev + 1);
  assert.deepEqual(loaded.run.notes, [text]);
  assert.deepEqual(warnings, [`run ${run.run_id}: ${text}`]);
  const data = { text, taken: ["description"], putBack: [] };
  const note = anEvent({ seq: 0, at: "2026-02-27T12:00:00Z", type: "run.note", data });
  assert.deepEqual(await store.readEvents(run.run_id, -1, 10), [note]);
  assert.equal(loaded.run.event_count, 1);

  assert.equal((await store.commit(aCommit(loaded.run))).kind, "done");
  await store.load(run.run_id, 0, "heads");
  assert.equal(warnings.length, 1);
});

test("a process that has not seen the run before notices the edit too, whichever way it reads", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, another, console } = opened;
  const run = await started(store);
  await console.doc(`runs/${run.run_id}`).update({ labels: { lab: "x" } });
  assert.deepEqual(await another().commit(aCommit(run)), { kind: "conflict" });
  const read = await current(another(), run.run_id);
  assert.deepEqual([read.rev, read.labels, read.notes.length], [run.rev + 1, { lab: "x" }, 1]);
  assert.deepEqual((await store.queryRuns({ labels: { lab: "x" }, limit: 5 })).items, [read]);
});

test("what BioAgent counts and ends by is put back", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console, warnings } = opened;
  const run = await started(store, { status: "running", event_count: 1 });
  await console
    .doc(`runs/${run.run_id}`)
    .update({ status: "cancelled", rev: "seven", event_count: 0, "summary.running": "x", run_id: 5 });
  const read = await current(store, run.run_id);
  assert.equal(read.status, "running");
  assert.equal(read.rev, run.rev + 1);
  assert.equal(read.event_count, 2);
  assert.deepEqual(read.summary, run.summary);
  assert.match(
    warnings[0] ?? "",
    /run_id, status, summary, rev, event_count put back \(use `bioagent cancel`/,
  );
  assert.deepEqual(await store.activeRuns("2026-02-27T10:00:00Z", 10), [run.run_id]);
  const stored = (await console.doc(`runs/${run.run_id}`).get()).data();
  assert.deepEqual([stored?.["status"], stored?.["rev"]], ["running", run.rev + 1]);
});

test("an edit that cannot be read is named by its field, and holds up no other run", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console, warnings } = opened;
  const spoilt = await started(store);
  const fine = await started(store);
  const ref = console.doc(`runs/${spoilt.run_id}`);
  await ref.update({ "config.limits.failed_jobs": "many" });
  const named = {
    name: "AdapterError",
    code: "bad_document",
    message: /runs\/\S+001 .*config\.limits\.failed_jobs/,
  };
  await assert.rejects(store.load(spoilt.run_id, 0, "heads"), named);
  await assert.rejects(
    store.commit(aCommit(spoilt)).then(() => store.readRun(spoilt.run_id)),
    named,
  );
  assert.deepEqual(await store.activeRuns("2026-02-27T10:00:00Z", 10), [spoilt.run_id, fine.run_id]);
  assert.deepEqual((await store.load(fine.run_id, 0, "heads"))?.run, fine);
  assert.deepEqual((await store.queryRuns({ limit: 10 })).items, [fine]);
  assert.ok(warnings.some((text) => text.includes("config.limits.failed_jobs")));

  await ref.update({ "config.limits.failed_jobs": 0.5 });
  assert.deepEqual(await store.readRun(spoilt.run_id), spoilt);
});

test("without the store's own fields a run is read by its other ones", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  const run = await started(store);
  await console.doc(`runs/${run.run_id}`).update({ store: "gone" });
  const read = await current(store, run.run_id);
  assert.deepEqual({ ...read, rev: 0, event_count: 0, notes: [] }, run);
  assert.deepEqual(await store.activeRuns("2026-02-27T10:00:00Z", 10), [run.run_id]);
});

test("a job edited in the console is as it was, and the next write puts it back", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console, warnings } = opened;
  const run = await started(store);
  const job = aJob({ run_id: run.run_id });
  await store.commit(aCommit(run, { jobs: [job] }));
  const ref = console.doc(`runs/${run.run_id}/jobs/${job.key}`);
  await ref.update({ status: 5, exit_codes: [1] });
  const loaded = (await store.load(run.run_id, 0, "heads")) ?? assert.fail();
  assert.equal(loaded.jobs[0]?.status, "pending");
  const [whole] = await store.readJobs(run.run_id, [job.key]);
  assert.deepEqual(whole, { ...job, rev: 1 });
  assert.match(warnings[0] ?? "", /jobs\/fastqc-sample01 was edited by hand \(status, exit_codes\)/);
  await store.commit(aCommit(loaded.run, { jobs: [whole ?? assert.fail()] }));
  assert.equal((await ref.get()).get("status"), "pending");
});

test("a job spoilt in the console is named by its field, and the list of jobs goes on without it", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  const run = await started(store);
  const jobs = ["a", "b"].map((sample) => aJob({ run_id: run.run_id, sample }));
  await store.commit(aCommit(run, { jobs }));
  await console.doc(`runs/${run.run_id}/jobs/fastqc-a`).update({ decisions: [{ action: 1 }] });
  const named = { code: "bad_document", message: /fastqc-a .*decisions\.0\.action/ };
  await assert.rejects(store.readJobs(run.run_id, ["fastqc-a"]), named);
  assert.deepEqual(
    (await store.queryJobs({ limit: 10 })).items.map((job) => job.key),
    ["fastqc-b"],
  );
});

test("a run deleted in the console is gone, and a commit on it is a conflict", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  const run = await started(store);
  await console.doc(`runs/${run.run_id}`).delete();
  assert.deepEqual(await store.commit(aCommit(run)), { kind: "conflict" });
  assert.equal(await store.load(run.run_id, 0, "heads"), null);
});

test("a counter deleted in the console gives no number twice", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  await started(store);
  await started(store);
  await console.doc("counters/2026-02-27").delete();
  assert.equal((await started(store)).run_id, "2026-02-27_rnaseq_003");
});
