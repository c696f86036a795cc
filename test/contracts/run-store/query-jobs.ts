import assert from "node:assert/strict";
import type { Attempt, Job } from "../../../src/core/job.ts";
import type { Run } from "../../../src/core/run.ts";
import type { JobQuery, RunStore } from "../../../src/ports.ts";
import { aCommit, aJob, anAttempt } from "../../support/documents.ts";
import { current, type OpenRunStores, onStores, started } from "./on-stores.ts";

const found = async (store: RunStore, query: Partial<JobQuery>): Promise<string[]> =>
  (await store.queryJobs({ limit: 50, ...query })).items.map((job) => job.key);
const failed = (attempt: number, exit_code: number, name: Attempt["class"]): Attempt =>
  anAttempt({ attempt, status: "failed", exit_code, class: name });
const good = (attempt: number): Attempt => anAttempt({ attempt, status: "succeeded", exit_code: 0 });

async function startedWith(store: RunStore, run: Partial<Run>, jobs: Partial<Job>[]): Promise<Run> {
  const { run_id } = await started(store, run);
  const commit = aCommit(await current(store, run_id), { jobs: jobs.map((job) => aJob({ run_id, ...job })) });
  assert.equal((await store.commit(commit)).kind, "done");
  return current(store, run_id);
}

export function checkQueryJobs(open: OpenRunStores): void {
  onStores(open, "jobs are found by run, status, step and sample", async (store) => {
    const run = await startedWith(store, { created_at: "2026-02-27T10:00:00Z" }, [
      { sample: "b", status: "running" },
      { sample: "a" },
      { step: "multiqc", sample: null },
    ]);
    await startedWith(store, { created_at: "2026-02-27T09:00:00Z" }, [{ sample: "a", status: "running" }]);
    assert.deepEqual(await found(store, { run_id: run.run_id }), ["fastqc-a", "fastqc-b", "multiqc"]);
    assert.deepEqual(await found(store, { status: "running" }), ["fastqc-b", "fastqc-a"]);
    assert.deepEqual(await found(store, { step: "multiqc" }), ["multiqc"]);
    assert.deepEqual(await found(store, { sample: "a" }), ["fastqc-a", "fastqc-a"]);
    assert.deepEqual(await found(store, { run_id: run.run_id, status: "running", step: "fastqc" }), [
      "fastqc-b",
    ]);
    assert.deepEqual(await found(store, { run_id: "2026-02-27_rnaseq_999" }), []);
  });

  onStores(open, "jobs are found by class and exit code of any attempt", async (store) => {
    await startedWith(store, {}, [
      { sample: "cured", attempts: [failed(1, 137, "oom"), good(2)] },
      { sample: "app", attempts: [failed(1, 1, "app")] },
      { sample: "lost", attempts: [anAttempt({ status: "lost", class: "lost" })] },
      { sample: "bare", attempts: [failed(1, 9, null)] },
      { sample: "good", attempts: [good(1)] },
      { sample: "new" },
    ]);
    assert.deepEqual(await found(store, { exit_code: 137 }), ["fastqc-cured"]);
    assert.deepEqual(await found(store, { exit_code: 1 }), ["fastqc-app"]);
    assert.deepEqual(await found(store, { exit_code: 0 }), ["fastqc-cured", "fastqc-good"]);
    assert.deepEqual(await found(store, { exit_code: 9 }), ["fastqc-bare"]);
    assert.deepEqual(await found(store, { exit_code: 13 }), []);
    assert.deepEqual(await found(store, { class: "oom" }), ["fastqc-cured"]);
    assert.deepEqual(await found(store, { class: "lost" }), ["fastqc-lost"]);
    assert.deepEqual(await found(store, { class: "oom", exit_code: 1 }), []);
  });

  onStores(open, "a job is found as it is now, whole", async (store) => {
    const run = await startedWith(store, {}, [{ sample: "a" }]);
    const job = aJob({ run_id: run.run_id, sample: "a", status: "failed", attempts: [failed(1, 2, "app")] });
    await store.commit(aCommit(run, { jobs: [job] }));
    const { items, cursor } = await store.queryJobs({ class: "app", limit: 10 });
    assert.deepEqual(items, [{ ...job, rev: run.rev + 1 }]);
    assert.equal(cursor, null);
    assert.deepEqual(await found(store, { status: "pending" }), []);
  });

  onStores(
    open,
    "pages of jobs go through the newest run first, each by key, whatever is added meanwhile",
    async (store) => {
      const samples = ["a", "b", "c"].map((sample) => ({ sample }));
      const old = await startedWith(store, { created_at: "2026-02-27T10:00:00Z" }, samples);
      await startedWith(store, { created_at: "2026-02-27T11:00:00Z" }, samples);
      const first = await store.queryJobs({ limit: 2 });
      await startedWith(store, { created_at: "2026-02-27T12:00:00Z" }, samples);
      const second = await store.queryJobs({ limit: 2, cursor: first.cursor ?? assert.fail() });
      const third = await store.queryJobs({ limit: 2, cursor: second.cursor ?? assert.fail() });
      const keys = [first, second, third].map((page) =>
        page.items.map((job) => `${job.run_id.slice(-1)} ${job.key}`),
      );
      assert.deepEqual(keys, [
        ["2 fastqc-a", "2 fastqc-b"],
        ["2 fastqc-c", "1 fastqc-a"],
        ["1 fastqc-b", "1 fastqc-c"],
      ]);
      assert.equal(third.cursor, null);
      const page = await store.queryJobs({ run_id: old.run_id, limit: 2 });
      const rest = await store.queryJobs({
        run_id: old.run_id,
        limit: 2,
        cursor: page.cursor ?? assert.fail(),
      });
      assert.deepEqual(
        rest.items.map((job) => job.key),
        ["fastqc-c"],
      );
      assert.equal(rest.cursor, null);
    },
  );
}
