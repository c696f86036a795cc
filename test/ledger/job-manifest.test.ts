import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunStatus } from "../../src/core/status.ts";
import { manifestText, renderJobManifest } from "../../src/ledger/job-manifest.ts";
import { metricAverages } from "../../src/ledger/metric-averages.ts";
import { aJob, aRun } from "../support/documents.ts";

const samples = ["s1", "s2", "s3"];
const done = aRun({
  samples,
  status: "completed",
  outcome: "some_skipped",
  completed_at: "2026-02-27T11:00:00Z",
  description: "Does it align",
});
const jobs = [
  aJob({ sample: "s1", status: "succeeded", metrics: { delta: 0.1, note: "x" } }),
  aJob({ sample: "s2", status: "succeeded", metrics: { delta: 0.2 } }),
  aJob({ sample: "s3", status: "skipped", error: "OOM killed", metrics: { delta: 99 } }),
];

test("job_manifest.json has the source document's keys, in its order", () => {
  const manifest = JSON.parse(manifestText(renderJobManifest(done, jobs))) as ReturnType<
    typeof renderJobManifest
  >;
  const keys = ["job_id", "created_at", "completed_at", "status", "description", "config", "runs", "summary"];
  assert.deepEqual(Object.keys(manifest).slice(0, keys.length), keys);
  assert.equal(manifest.job_id, "castle-river-mountain-forest");
  assert.equal(manifest.status, "completed");
  assert.equal(manifest.config.pipeline, "rnaseq");
  assert.deepEqual(manifest.runs, [
    { run_id: "2026-02-27_rnaseq_001/s1", status: "completed", sample: "s1" },
    { run_id: "2026-02-27_rnaseq_001/s2", status: "completed", sample: "s2" },
    {
      run_id: "2026-02-27_rnaseq_001/s3",
      status: "failed",
      sample: "s3",
      reason: "skipped: fastqc-s3: OOM killed",
    },
  ]);
  assert.deepEqual(manifest.summary, { total_runs: 3, completed_runs: 2, failed_runs: 1, avg_delta: 0.15 });
});

test("every status of a run has a word of that document", () => {
  const words: Record<RunStatus, string> = {
    planning: "pending",
    running: "running",
    completed: "completed",
    failed: "failed",
    cancelled: "failed",
  };
  for (const [status, word] of Object.entries(words))
    assert.equal(renderJobManifest({ ...done, status: status as RunStatus }, jobs).status, word, status);
});

test("a cancelled run says that it was cancelled, by whom and why", () => {
  const stopping = {
    reason: "wrong reference",
    since: "2026-02-27T10:30:00Z",
    action: "cancel",
    by: "ada",
  } as const;
  const manifest = renderJobManifest({ ...done, status: "cancelled", stopping }, []);
  assert.equal(manifest.error, "cancelled by ada: wrong reference");
  assert.deepEqual(manifest.summary, { total_runs: 3, completed_runs: 0, failed_runs: 3 });
});

test("while a run goes on its samples are pending or running", () => {
  const going = [aJob({ sample: "s1", status: "running" }), aJob({ sample: "s2" })];
  const { runs } = renderJobManifest({ ...done, status: "running", completed_at: null }, going);
  assert.deepEqual(
    runs.map(({ status }) => status),
    ["running", "pending", "pending"],
  );
});

test("metrics of one name from several steps are not mixed", () => {
  const of = (step: string, metrics: Record<string, unknown>) => ({
    step,
    status: "succeeded" as const,
    metrics,
  });
  const averages = metricAverages([
    of("fastqc", { reads: 10, gc: 40 }),
    of("fastqc", { reads: 20, gc: Number.POSITIVE_INFINITY }),
    of("trim", { reads: 8, ok: true, name: "7" }),
    { ...of("trim", { reads: 100 }), status: "failed" },
  ]);
  assert.deepEqual(averages, { avg_fastqc_reads: 15, avg_trim_reads: 8, avg_gc: 40 });
});
