import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attemptBaseOf, eventKey, jobIdentity, jobKey, noticeId, runId } from "../../src/core/ids.ts";
import { attemptBase, attemptId } from "../../src/core/job.ts";
import { ID_PATTERN, SAMPLE_PATTERN } from "../../src/core/pipeline.ts";
import { equalKeys, type Input, jobCount, planJob, slots } from "../../src/core/plan.ts";
import type { Run } from "../../src/core/run.ts";
import { pipelineOf, runOf, sha256 } from "./scene.ts";

const PIPELINE = pipelineOf([
  { id: "b", needs: ["index"] },
  { id: "index", per: "run" },
  { id: "all", per: "run", needs: ["b"] },
]);
const SAMPLES = ["s3", "s1", "s2"];

test("jobs are planned after what they need, samples as given", () => {
  assert.equal(jobCount(PIPELINE, 3), 5);
  const keys = slots(PIPELINE, SAMPLES, 0, 99).map(({ step, sample }) => jobKey(step.id, sample));
  assert.deepEqual(keys, ["index", "b-s3", "b-s1", "b-s2", "all"]);
});

test("whatever the chunks, the same jobs come in the same order", () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 9 }), (sizes) => {
      const chunked: string[] = [];
      let from = 0;
      for (const size of sizes) {
        chunked.push(
          ...slots(PIPELINE, SAMPLES, from, size).map(({ step, sample }) => jobKey(step.id, sample)),
        );
        from += size;
      }
      assert.deepEqual(chunked, ["index", "b-s3", "b-s1", "b-s2", "all"]);
    }),
  ));

test("keys that are equal, also in another case, are found", () => {
  assert.deepEqual(equalKeys(["a", "B", "b", "a", "c"]), [
    ["B", "b"],
    ["a", "a"],
  ]);
});

const stepId = fc.stringMatching(ID_PATTERN);
const sampleName = fc.stringMatching(SAMPLE_PATTERN);
const anyRunId = fc.oneof(
  fc.constant("2026-02-27_rnaseq_001"),
  fc.constant("2026-02-27_rnaseq_1234"),
  fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/),
);

test("a key splits one way: equal keys mean equal step and sample", () =>
  fc.assert(
    fc.property(
      stepId,
      fc.option(sampleName),
      stepId,
      fc.option(sampleName),
      (step, sample, other, second) => {
        if (step === other && sample === second) return;
        assert.notEqual(jobKey(step, sample), jobKey(other, second));
      },
    ),
  ));

test("an attempt's id fits 63 of [a-z0-9-], begins and ends well, and always holds the whole hash", () =>
  fc.assert(
    fc.property(
      anyRunId,
      stepId,
      fc.option(sampleName),
      fc.integer({ min: 1, max: 999 }),
      (run, step, sample, number) => {
        const key = jobKey(step, sample);
        const hash = sha256(jobIdentity("store", run, key)).slice(0, 8);
        const id = attemptId(attemptBaseOf(run, key, hash), number);
        assert.match(id, /^bioagent-[a-z0-9-]{1,54}$/);
        assert.ok(id.endsWith(`-${hash}-a${number}`));
        assert.doesNotMatch(id, /--/);
        assert.equal(attemptBase(id), attemptBaseOf(run, key, hash));
      },
    ),
    { numRuns: 500 },
  ));

test("the readable example of the design", () => {
  const id = attemptId(attemptBaseOf("2026-02-27_rnaseq_001", "fastqc-sample01", "1f3a9c2e"), 1);
  assert.equal(id, "bioagent-20260227-001-fastqc-sample01-1f3a9c2e-a1");
});

test("ids differ as soon as store, run or job do, even where the slug is cut or cleaned", () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.tuple(
          fc.constantFrom("store1", "store2"),
          fc.constantFrom("2026-02-27_p_001", "2026-02-27_q_001", "x".repeat(128)),
          fc.constantFrom("a-s.1", "a-s_1", "a-s-1", `a-${"y".repeat(60)}1`, `a-${"y".repeat(60)}2`),
        ),
        { selector: (part) => part.join(" "), minLength: 2, maxLength: 30 },
      ),
      (parts) => {
        const ids = parts.map(([store, run, job]) =>
          attemptBaseOf(run, job, sha256(jobIdentity(store, run, job)).slice(0, 8)),
        );
        assert.equal(new Set(ids).size, parts.length);
      },
    ),
  ));

test("the identity of a job cannot be made to look like another's by separators in its parts", () => {
  assert.notEqual(jobIdentity("a", 'b","c', "d"), jobIdentity("a", "b", 'c","d'));
});

test("run ids count with at least three digits, and documents sort as events happened", () => {
  assert.deepEqual(
    [runId("2026-02-27", "p", 7), runId("2026-02-27", "p", 1234)],
    ["2026-02-27_p_007", "2026-02-27_p_1234"],
  );
  const keys = [9, 10, 99, 100_000].map(eventKey);
  assert.deepEqual(keys.toSorted(), keys);
});

test("a notice's id has every part that makes it another notice", () => {
  const base = {
    run: "r",
    round: 1,
    event: "run.completed",
    group: "",
    channel: "lab",
    recipient: "x@y.org",
  };
  const others = [
    { run: "q" },
    { round: 2 },
    { event: "run.failed" },
    { group: "quota" },
    { channel: "pi" },
    { recipient: "z@y.org" },
  ];
  const ids = [base, ...others.map((part) => ({ ...base, ...part }))].map(noticeId);
  assert.equal(new Set(ids).size, ids.length);
});

const FULL = pipelineOf(
  [
    { id: "index", per: "run" },
    {
      id: "a",
      needs: ["index"],
      script: 'tool "$PARAM_DEPTH" "$REFERENCE" "$REFERENCE_NAME"',
      image: "quay.io/a:1",
      shell: "bash -e",
    },
  ],
  { params: { depth: 3, unused: 1 }, references: { GRCh38: "gs://refs/38", hg38: "gs://refs/38" } },
);
const INPUTS: Record<string, Input> = {
  fastq_1: { value: "/in/a.fq", generation: "17" },
  group: { value: "case", generation: null },
};

function fingerprint(
  change: (run: Run) => Run = (run) => run,
  inputs = INPUTS,
  upstream: string[] = ["up"],
  sample = "s1",
): string | null {
  const base = runOf(FULL, ["s1"]);
  const run = change({
    ...base,
    config: { ...base.config, reference: "GRCh38", params: { depth: 3, unused: 1 } },
  });
  const step = run.pipeline_spec.steps[1]!;
  return planJob(run, { step, sample }, { inputs, upstream, storeUid: "s", hash: sha256 }).fingerprint;
}
const withStep =
  (fields: object) =>
  (run: Run): Run => ({
    ...run,
    pipeline_spec: {
      ...run.pipeline_spec,
      steps: run.pipeline_spec.steps.map((step) => (step.id === "a" ? { ...step, ...fields } : step)),
    },
  });
const withConfig =
  (fields: object) =>
  (run: Run): Run => ({ ...run, config: { ...run.config, ...fields } });

const SENSITIVE: Readonly<Record<string, () => string | null>> = {
  script: () => fingerprint(withStep({ script: 'tool "$PARAM_DEPTH" "$REFERENCE" "$REFERENCE_NAME" -v' })),
  image: () => fingerprint(withStep({ image: "quay.io/a:2" })),
  shell: () => fingerprint(withStep({ shell: "bash" })),
  outputs: () => fingerprint(withStep({ outputs: [{ path: "x/{sample}", allow_empty: false }] })),
  sample: () => fingerprint(undefined, INPUTS, ["up"], "s2"),
  "a param it uses": () => fingerprint(withConfig({ params: { depth: 4, unused: 1 } })),
  reference: () => fingerprint(withConfig({ reference: "gs://refs/37" })),
  "the reference's name, where the script asks for it": () => fingerprint(withConfig({ reference: "hg38" })),
  "an input file's content": () =>
    fingerprint(undefined, { ...INPUTS, fastq_1: { value: "/in/a.fq", generation: "18" } }),
  "a plain cell": () => fingerprint(undefined, { ...INPUTS, group: { value: "control", generation: null } }),
  "a new column": () => fingerprint(undefined, { ...INPUTS, more: { value: "", generation: null } }),
  upstream: () => fingerprint(undefined, INPUTS, ["other"]),
};
for (const [part, changed] of Object.entries(SENSITIVE)) {
  test(`a fingerprint changes with ${part}`, () => assert.notEqual(changed(), fingerprint()));
}

const INSENSITIVE: Readonly<Record<string, () => string | null>> = {
  "a param it does not use": () => fingerprint(withConfig({ params: { depth: 3, unused: 2 } })),
  resources: () => fingerprint(withStep({ resources: { cpu: 8, memory: "64GiB" } })),
  rules: () => fingerprint((run) => ({ ...run, rules: [] })),
  "where an input lies": () =>
    fingerprint(undefined, { ...INPUTS, fastq_1: { value: "/else/a.fq", generation: "17" } }),
  "the run": () => fingerprint((run) => ({ ...run, run_id: "2026-03-01_p_009" })),
  "the order of what it needs": () => fingerprint(undefined, INPUTS, ["up"]),
};
for (const [part, changed] of Object.entries(INSENSITIVE)) {
  test(`a fingerprint does not change with ${part}`, () => assert.equal(changed(), fingerprint()));
}
