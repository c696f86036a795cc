import assert from "node:assert/strict";
import type { Job } from "../../../src/core/job.ts";
import type { Run } from "../../../src/core/run.ts";
import type { RunStore } from "../../../src/ports.ts";
import { aCommit, aJob, aNotice, anEvent } from "../../support/documents.ts";
import { current, type OpenRunStores, onStores, started } from "./on-stores.ts";

const jobOf = (run: Run, fields: Partial<Job> = {}): Job => aJob({ run_id: run.run_id, ...fields });
const jobsOf = (run: Run, count: number, fields: Partial<Job> = {}): Job[] =>
  Array.from({ length: count }, (_, index) => jobOf(run, { sample: `s${index}`, ...fields }));

export function checkCommit(open: OpenRunStores): void {
  onStores(open, "a commit raises the run's revision by one and gives it to the jobs", async (store) => {
    const run = await started(store);
    const job = jobOf(run);
    const done = await store.commit(aCommit({ ...run, status: "running" }, { jobs: [job] }));
    assert.deepEqual(done, { kind: "done", rev: run.rev + 1 });
    assert.deepEqual(await store.readRun(run.run_id), { ...run, status: "running", rev: run.rev + 1 });
    assert.deepEqual(await store.readJobs(run.run_id, [job.key]), [{ ...job, rev: run.rev + 1 }]);
  });

  onStores(open, "a commit on an old revision is a conflict and changes nothing", async (store, second) => {
    const run = await started(store);
    assert.equal((await second.commit(aCommit({ ...run, description: "theirs" }))).kind, "done");
    const late = aCommit(
      { ...run, description: "ours" },
      { jobs: [jobOf(run)], events: [anEvent()], notices: [aNotice({ run_id: run.run_id })] },
    );
    assert.deepEqual(await store.commit(late), { kind: "conflict" });
    assert.equal((await current(store, run.run_id)).description, "theirs");
    assert.deepEqual((await store.load(run.run_id, 0, "whole"))?.jobs, []);
    assert.deepEqual(await store.readEvents(run.run_id, -1, 10), []);
    assert.deepEqual(await store.queryNotices({ limit: 10 }), []);
  });

  onStores(open, "a commit on a revision that is yet to come, or on no run, is a conflict", async (store) => {
    const run = await started(store);
    assert.deepEqual(await store.commit(aCommit({ ...run, rev: run.rev + 1 })), { kind: "conflict" });
    const unknown = { ...run, run_id: "2026-02-27_rnaseq_999" };
    assert.deepEqual(await store.commit(aCommit(unknown)), { kind: "conflict" });
    assert.equal(await store.readRun(unknown.run_id), null);
  });

  onStores(open, "of commits made at once, one wins, and no winner's work is lost", async (...stores) => {
    const { run_id, rev } = await started(stores[0]);
    for (let round = 0; round < 4; round++) {
      const results = await Promise.all(stores.map((store) => addOne(store, run_id)));
      assert.ok(results.some((kind) => kind === "done"));
    }
    const run = await current(stores[0], run_id);
    assert.equal(run.planned, run.rev - rev);
    assert.equal((await stores[0].readEvents(run_id, -1, 100)).length, run.event_count);
  });

  onStores(open, "a later commit replaces the jobs that it names and leaves the others", async (store) => {
    const run = await started(store);
    await store.commit(aCommit(run, { jobs: jobsOf(run, 3) }));
    const changed = jobOf(run, { sample: "s1", status: "running" });
    await store.commit(aCommit(await current(store, run.run_id), { jobs: [changed] }));
    const jobs = (await store.load(run.run_id, 0, "whole"))?.jobs ?? [];
    assert.deepEqual(jobs.map((job) => `${job.key} ${job.status} ${job.rev - run.rev}`).sort(), [
      "fastqc-s0 pending 1",
      "fastqc-s1 running 2",
      "fastqc-s2 pending 1",
    ]);
  });

  onStores(
    open,
    "what is changed after a commit in the caller's documents does not change the store",
    async (store) => {
      const run = await started(store);
      const job = jobOf(run);
      await store.commit(aCommit(run, { jobs: [job] }));
      job.inputs["fastq_1"] = "changed later";
      const [stored] = await store.readJobs(run.run_id, [job.key]);
      assert.equal(stored?.inputs["fastq_1"], "gs://bucket/input/sample01_1.fastq.gz");
    },
  );

  checkLimits(open);
  checkRefusals(open);
}

function checkLimits(open: OpenRunStores): void {
  onStores(
    open,
    "400 documents go into one commit; one more is refused, and nothing is written",
    async (store) => {
      const run = await started(store);
      const jobs = jobsOf(run, 399);
      const events = [anEvent()];
      await assert.rejects(store.commit(aCommit(run, { jobs, events })), /401 documents/);
      assert.deepEqual(await store.readRun(run.run_id), run);
      assert.equal((await store.commit(aCommit(run, { jobs }))).kind, "done");
      assert.equal((await store.load(run.run_id, 0, "heads"))?.jobs.length, 399);
    },
  );

  onStores(open, "a commit of more than 3 MiB is refused, and nothing is written", async (store) => {
    const run = await started(store);
    // Two bytes each in UTF-8: characters are not bytes.
    const large = jobsOf(run, 4, { error: "ä".repeat(400_000) });
    await assert.rejects(store.commit(aCommit(run, { jobs: large })), /bytes/);
    assert.deepEqual(await store.load(run.run_id, 0, "heads"), { run, jobs: [] });
    assert.equal((await store.commit(aCommit(run, { jobs: large.slice(0, 3) }))).kind, "done");
  });
}

function checkRefusals(open: OpenRunStores): void {
  onStores(open, "a projection is not written over the whole job", async (store) => {
    const run = await started(store);
    await store.commit(aCommit(run, { jobs: [jobOf(run)] }));
    const loaded = (await store.load(run.run_id, 0, "heads")) ?? assert.fail();
    await assert.rejects(store.commit(aCommit(loaded.run, { jobs: loaded.jobs })), /projection/);
  });

  onStores(open, "another run's job is refused", async (store) => {
    const run = await started(store);
    const stray = aJob({ run_id: "2026-02-27_rnaseq_999" });
    await assert.rejects(store.commit(aCommit(run, { jobs: [stray] })), /2026-02-27_rnaseq_999/);
  });

  onStores(open, "a notice that is there already stays as it is", async (store) => {
    const run = await started(store);
    const notice = aNotice({ run_id: run.run_id });
    await store.commit(aCommit(run, { notices: [notice] }));
    const sent = await store.updateNotice({ ...notice, status: "sent", next_at: null });
    await store.commit(aCommit(await current(store, run.run_id), { notices: [notice] }));
    assert.deepEqual(await store.queryNotices({ limit: 10 }), [sent]);
  });
}

/** Reads, adds one to `planned`, commits. */
async function addOne(store: RunStore, runId: string): Promise<"done" | "conflict"> {
  const run = await current(store, runId);
  const next = { ...run, planned: run.planned + 1, event_count: run.event_count + 1 };
  const result = await store.commit(aCommit(next, { events: [anEvent({ seq: run.event_count })] }));
  return result.kind;
}
