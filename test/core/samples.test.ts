import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleStatuses } from "../../src/core/samples.ts";
import { JOB_STATUSES, type JobStatus } from "../../src/core/status.ts";
import { aJob } from "../support/documents.ts";

const STEPS = [
  { id: "qc", per: "sample", optional: true },
  { id: "align", per: "sample", optional: false },
  { id: "quant", per: "sample", optional: false },
  { id: "multiqc", per: "run", optional: false },
] as const;

const outcomeOf = (states: Record<string, JobStatus>, final = false, blocked: Record<string, string> = {}) =>
  sampleStatuses({
    samples: ["s"],
    steps: STEPS,
    jobs: Object.entries(states).map(([step, status]) =>
      aJob({ step, sample: step === "multiqc" ? null : "s", status, blocked_by: blocked[step] ?? null }),
    ),
    final,
  }).get("s");

test("a sample's status follows from its jobs", () => {
  const rows: [Record<string, JobStatus>, final: boolean, status: string, reason: string | null][] = [
    [{}, false, "pending", null],
    [{ align: "pending", quant: "pending" }, false, "pending", null],
    [{ align: "submitted", quant: "pending" }, false, "running", null],
    [{ align: "succeeded", quant: "pending" }, false, "running", null],
    [{ align: "succeeded" }, false, "running", null], // the second job is not planned yet
    [{ align: "succeeded", quant: "succeeded" }, false, "succeeded", null],
    [{ align: "succeeded", quant: "succeeded", qc: "failed", multiqc: "failed" }, true, "succeeded", null],
    [{ align: "failed", quant: "skipped" }, true, "failed", "align-s"],
    [{ align: "skipped", quant: "failed" }, true, "failed", "quant-s"],
    [{ align: "skipped", quant: "running" }, false, "skipped", "align-s"],
    [{ align: "succeeded", quant: "cancelled" }, true, "skipped", "quant-s"],
    [{ align: "running", quant: "pending" }, true, "skipped", "align-s"],
    [{}, true, "skipped", null], // cancelled before it was planned
  ];
  for (const [states, final, status, reason] of rows)
    assert.deepEqual(outcomeOf(states, final), { status, reason }, JSON.stringify(states));
});

test("the job that stopped the others decides, wherever it stands", () => {
  const both = { align: "skipped", quant: "skipped" } as const;
  assert.equal(outcomeOf(both, true)?.reason, "align-s");
  assert.equal(outcomeOf(both, true, { align: "quant-s" })?.reason, "quant-s");
  assert.equal(outcomeOf(both, true, { align: "index", quant: "align-s" })?.reason, "align-s");
});

test("every status of a job gives its sample one in a final run", () => {
  for (const status of JOB_STATUSES) {
    const outcome = outcomeOf({ align: status, quant: status }, true)?.status;
    const expected = { succeeded: "succeeded", failed: "failed" }[status as string] ?? "skipped";
    assert.equal(outcome, expected, status);
  }
});

test("where no step is per sample, samples share the fate of the run's steps", () => {
  const [steps, samples] = [[STEPS[3]], ["a", "b"]];
  const jobs = (status: JobStatus) => [aJob({ step: "multiqc", sample: null, status })];
  const failed = sampleStatuses({ samples, steps, jobs: jobs("failed"), final: true });
  assert.deepEqual(failed.get("b"), { status: "failed", reason: "multiqc" });
  const succeeded = sampleStatuses({ samples, steps, jobs: jobs("succeeded"), final: true });
  assert.deepEqual(
    [...succeeded.values()].map(({ status }) => status),
    ["succeeded", "succeeded"],
  );
});

test("a sample whose steps are all optional succeeds when the run is over, not before", () => {
  const steps = [{ id: "qc", per: "sample", optional: true }] as const;
  const jobs = [aJob({ step: "qc", sample: "s", status: "failed" })];
  assert.equal(sampleStatuses({ samples: ["s"], steps, jobs }).get("s")?.status, "pending");
  assert.equal(sampleStatuses({ samples: ["s"], steps, jobs, final: true }).get("s")?.status, "succeeded");
});
