import assert from "node:assert/strict";
import { test } from "node:test";
import { renderRun, runText } from "../../src/ledger/run-document.ts";
import { aDecision, aJob, aPipeline, aRun } from "../support/documents.ts";

/** The shape of the source document's example, key for key and in its order. */
const EXAMPLE = {
  run_id: "2026-02-27_rnaseq_001",
  pipeline: "rnaseq",
  executor: "gcp_batch",
  status: "running",
  created_at: "2026-02-27T10:30:00Z",
  completed_at: null,
  config: {
    input: "gs://my-bucket/fastq/",
    output: "gs://my-bucket/output/2026-02-27_rnaseq_001/",
    reference: "GRCh38",
    executor: "gcp_batch",
    region: "us-central1",
  },
  samples: ["sample01", "sample02", "sample03"],
  steps: ["fastqc", "trimgalore", "star_align", "salmon_quant", "multiqc"],
  current_step: "star_align",
  jobs: {
    "fastqc-sample01": {
      job_id: "bioagent-001-fastqc-sample01",
      step: "fastqc",
      sample: "sample01",
      status: "succeeded",
      submitted_at: "2026-02-27T10:31:00Z",
      completed_at: "2026-02-27T10:35:00Z",
      exit_code: 0,
      retry_count: 0,
    },
    "fastqc-sample02": {
      job_id: "bioagent-001-fastqc-sample02",
      step: "fastqc",
      sample: "sample02",
      status: "failed",
      submitted_at: "2026-02-27T10:31:00Z",
      completed_at: "2026-02-27T10:34:00Z",
      exit_code: 137,
      retry_count: 1,
      error: "OOM killed",
      decision: {
        reasoning: "Exit code 137 indicates OOM. 8 GiB and 16 GiB were not enough.",
        action: "skip",
        timestamp: "2026-02-27T10:40:00Z",
      },
    },
  },
  summary: { total_jobs: 20, succeeded: 18, failed: 1, skipped: 1, notes: "sample02 skipped due to OOM" },
};

const { jobs: exampleJobs, config, summary, ...fields } = EXAMPLE;
const [first, second] = [exampleJobs["fastqc-sample01"], exampleJobs["fastqc-sample02"]];
const plain = aRun();
const run = aRun({
  ...fields,
  executor: "gcp_batch",
  status: "running",
  config: { ...plain.config, ...config, executor: "gcp_batch" },
  summary: { ...plain.summary, ...summary },
  pipeline_spec: aPipeline(),
});
const jobs = [
  aJob({
    ...second,
    status: "failed",
    decision: aDecision({ ...second.decision, action: "skip" }),
  }),
  { ...aJob({ ...first, status: "succeeded" }), whole: true },
];
const document = JSON.parse(runText(renderRun(run, jobs))) as Record<string, unknown>;

/** Asserts that every key of `expected` is in `actual`, first and in the same order, with a value of the same type. */
function assertHolds(actual: unknown, expected: unknown, path: string): void {
  assert.equal(typeof actual, typeof expected, path);
  assert.equal(actual === null, expected === null, path);
  assert.equal(Array.isArray(actual), Array.isArray(expected), path);
  if (typeof expected !== "object" || expected === null) {
    assert.equal(actual, expected, path);
    return;
  }
  const keys = Object.keys(expected);
  const found = Object.keys(actual as object).filter((key) => keys.includes(key));
  assert.deepEqual(found, keys, `the order of keys at ${path}`);
  for (const key of keys)
    assertHolds(
      (actual as Record<string, unknown>)[key],
      (expected as Record<string, unknown>)[key],
      `${path}.${key}`,
    );
}

test("the document holds every key of the source document's example, same nesting, same order", () => {
  assertHolds(document, EXAMPLE, "run");
});

test("the source's keys come first, further keys after them", () => {
  const { jobs: map, config: settings, summary: counts } = document as typeof EXAMPLE;
  const starts = (actual: object, expected: object, where: string) =>
    assert.deepEqual(
      Object.keys(actual).slice(0, Object.keys(expected).length),
      Object.keys(expected),
      where,
    );
  starts(document, EXAMPLE, "run");
  starts(settings, EXAMPLE.config, "config");
  starts(counts, EXAMPLE.summary, "summary");
  starts(map["fastqc-sample01"], first, "job");
  starts(map["fastqc-sample02"], second, "failed job");
  starts(map["fastqc-sample02"].decision, second.decision, "decision");
});

test("a job without error or decision has neither key, as in the example", () => {
  const { jobs: map } = document as { jobs: Record<string, object> };
  assert.ok(!("error" in map["fastqc-sample01"]!) && !("decision" in map["fastqc-sample01"]!));
});

test("bookkeeping stays out, rev and outcome stand beside", () => {
  const { jobs: map } = document as { jobs: Record<string, object> };
  for (const key of ["planned", "event_count"]) assert.ok(!(key in document), key);
  for (const key of ["run_id", "pipeline", "rev", "whole"]) assert.ok(!(key in map["fastqc-sample01"]!), key);
  for (const key of ["rev", "outcome", "name", "rules", "pipeline_spec"]) assert.ok(key in document, key);
});

test("jobs stand in the order of steps and samples, whatever order the store has", () => {
  const all = ["star_align", "fastqc", "multiqc"].flatMap((step) =>
    step === "multiqc"
      ? [aJob({ step, sample: null })]
      : ["sample03", "sample01"].map((sample) => aJob({ step, sample })),
  );
  const keys = Object.keys(renderRun(run, all).jobs ?? {});
  const expected = [
    "fastqc-sample01",
    "fastqc-sample03",
    "star_align-sample01",
    "star_align-sample03",
    "multiqc",
  ];
  assert.deepEqual(keys, expected);
});

test("without jobs the rest is the same", () => {
  const { jobs: _left, ...rest } = renderRun(run, jobs);
  assert.deepEqual(renderRun(run, jobs, { jobs: false }), rest);
});
