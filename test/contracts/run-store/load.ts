import assert from "node:assert/strict";
import type { Job } from "../../../src/core/job.ts";
import { aCommit, aDecision, aJob, anAttempt } from "../../support/documents.ts";
import { current, type OpenRunStores, onStores, started } from "./on-stores.ts";

/** A job with something in every field that a projection leaves out. */
const fullJob = (run_id: string, fields: Partial<Job> = {}): Job =>
  aJob({
    run_id,
    status: "running",
    attempts: [
      anAttempt({ attempt: 1, status: "failed", exit_code: 137, class: "oom", log_tail: "Killed" }),
      anAttempt({
        attempt: 2,
        status: "running",
        handle: { pid: 4711 },
        evidence: [{ source: "log", text: "x" }],
        log_tail: "working",
        cancel_decision: aDecision({ action: "skip" }),
      }),
    ],
    decision: aDecision(),
    decisions: [aDecision()],
    outputs: [{ path: "fastqc/sample01_fastqc.html", size: 10, checksum: null }],
    metrics: { reads: 1000 },
    waiting: { reason: "capacity", since: "2026-02-27T10:00:00Z" },
    ...fields,
  });

export function checkLoad(open: OpenRunStores): void {
  onStores(open, "loading whole gives every job as it was written, and says so", async (store) => {
    const run = await started(store);
    const job = fullJob(run.run_id);
    await store.commit(aCommit(run, { jobs: [job] }));
    const loaded = await store.load(run.run_id, 0, "whole");
    assert.deepEqual(loaded, {
      run: { ...run, rev: run.rev + 1 },
      jobs: [{ ...job, rev: run.rev + 1, whole: true }],
    });
    const { whole: _, ...again } = loaded?.jobs[0] ?? assert.fail();
    await store.commit(aCommit(loaded.run, { jobs: loaded.jobs }));
    assert.deepEqual(await store.readJobs(run.run_id, [job.key]), [{ ...again, rev: run.rev + 2 }]);
  });

  onStores(
    open,
    "loading heads gives the deciding fields, and of the attempts the last without its log",
    async (store) => {
      const run = await started(store);
      const job = fullJob(run.run_id);
      await store.commit(aCommit(run, { jobs: [job, aJob({ run_id: run.run_id, sample: null })] }));
      const loaded = (await store.load(run.run_id, 0, "heads")) ?? assert.fail();
      assert.deepEqual(
        loaded.jobs.find((head) => head.key === job.key),
        {
          ...job,
          rev: run.rev + 1,
          whole: false,
          inputs: {},
          outputs: [],
          metrics: {},
          decisions: [],
          attempts: [{ ...job.attempts[1]!, evidence: [], log_tail: null }],
        },
      );
      assert.deepEqual(loaded.jobs.find((head) => head.key === "fastqc")?.attempts, []);
    },
  );

  onStores(open, "loading since a revision gives the jobs that changed after it", async (store, second) => {
    const run = await started(store);
    const jobs = ["a", "b", "c"].map((sample) => aJob({ run_id: run.run_id, sample }));
    await store.commit(aCommit(run, { jobs }));
    const known = await current(store, run.run_id);
    assert.deepEqual((await second.load(run.run_id, known.rev, "heads"))?.jobs, []);
    await store.commit(aCommit(known, { jobs: [{ ...jobs[1]!, status: "submitted" }] }));
    for (const form of ["heads", "whole"] as const) {
      const loaded = (await second.load(run.run_id, known.rev, form)) ?? assert.fail();
      assert.equal(loaded.run.rev, known.rev + 1);
      assert.deepEqual(
        loaded.jobs.map((job) => [job.key, job.status, job.rev]),
        [["fastqc-b", "submitted", known.rev + 1]],
      );
    }
    assert.equal((await second.load(run.run_id, 0, "heads"))?.jobs.length, 3);
  });

  onStores(open, "a run loaded during commits holds no job newer than itself", async (store, second) => {
    const { run_id } = await started(store);
    for (let round = 0; round < 5; round++) {
      const run = await current(store, run_id);
      const commit = store.commit(aCommit(run, { jobs: [aJob({ run_id }), aJob({ run_id, sample: "b" })] }));
      const loaded = (await second.load(run_id, 0, "heads")) ?? assert.fail();
      await commit;
      for (const job of loaded.jobs) assert.equal(job.rev, loaded.run.rev);
    }
  });

  onStores(open, "what is not there reads as null, or is left out", async (store) => {
    const unknown = "2026-02-27_rnaseq_999";
    assert.equal(await store.load(unknown, 0, "heads"), null);
    assert.equal(await store.readRun(unknown), null);
    assert.deepEqual(await store.readJobs(unknown, ["fastqc-a"]), []);
    assert.equal(await store.readSheet(unknown, 0), null);
    assert.deepEqual(await store.readEvents(unknown, -1, 10), []);
  });

  onStores(open, "jobs are read in the order asked for, each whole", async (store) => {
    const run = await started(store);
    const jobs = ["a", "b", "c"].map((sample) => fullJob(run.run_id, { sample }));
    await store.commit(aCommit(run, { jobs }));
    const read = await store.readJobs(run.run_id, ["fastqc-c", "fastqc-x", "fastqc-a"]);
    assert.deepEqual(read, [
      { ...jobs[2]!, rev: run.rev + 1 },
      { ...jobs[0]!, rev: run.rev + 1 },
    ]);
    assert.deepEqual(await store.readJobs(run.run_id, []), []);
  });

  onStores(open, "the store has one identity, whoever asks", async (store, second) => {
    assert.match(await store.uid(), /./);
    assert.equal(await second.uid(), await store.uid());
  });
}
