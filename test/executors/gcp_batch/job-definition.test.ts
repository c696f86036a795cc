import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { GcpBatchOptions } from "../../../src/executors/gcp_batch/batch-settings.ts";
import { planJob } from "../../../src/executors/gcp_batch/job-definition.ts";
import { mirroredImage } from "../../../src/executors/gcp_batch/mirrored-image.ts";
import { wrapperScripts } from "../../../src/executors/gcp_batch/wrapper-scripts.ts";
import type { Submission } from "../../../src/ports.ts";
import { aSubmission, batchOptions } from "./fake-batch.ts";

const STORE = "0b8a2c1e-7d54-4f7e-9d3e-1a2b3c4d5e6f";
const plan = (work: Submission, options: Partial<GcpBatchOptions> = {}) =>
  planJob(batchOptions(options), work, STORE);
const planned = (work: Submission, options: Partial<GcpBatchOptions> = {}) => {
  const result = plan(work, options);
  assert.equal(result.kind, "job");
  return result.kind === "job" ? result.job : {};
};
const taskOf = (job: ReturnType<typeof planned>) => job.taskGroups?.[0]?.taskSpec;
const refusal = (work: Submission): string => {
  const result = plan(work);
  return result.kind === "refused" ? result.text : "";
};

const FULL: Partial<GcpBatchOptions> = {
  zones: ["us-central1-a", "us-central1-b"],
  network: "projects/my-lab-123/global/networks/lab",
  subnetwork: "projects/my-lab-123/regions/us-central1/subnetworks/lab",
  serviceAccount: "jobs@my-lab-123.iam.gserviceaccount.com",
  imageMirror: { "quay.io": "us-docker.pkg.dev/my-lab-123/quay" },
  topic: "projects/my-lab-123/topics/bioagent",
  labels: { "cost-centre": "genomics" },
};

const SUBMISSIONS: Readonly<Record<string, readonly [Submission, Partial<GcpBatchOptions>]>> = {
  "a container on spot, everything configured": [
    aSubmission(
      {
        environment: {
          SAMPLE: "S1.x",
          FASTQ_1: "gs://lane-1/a_1.fq.gz gs://lane-2/b_1.fq.gz",
          REFERENCE: "gs://refs/GRCh38",
          PARAM_DB: "gs://dbs/kraken",
        },
        files: { SHEET: "sample\tfastq_1\nS1.x\tgs://lane-1/a_1.fq.gz\n" },
        metrics: ["align/S1.x.json"],
      },
      { resources: { cpu: 4, memory: "8GiB", disk: "50GiB", time: "1h30m", spot: true } },
    ),
    FULL,
  ],
  "a script on the host, nothing configured": [
    aSubmission({ image: null, sample: null, job: "multiqc", step: "multiqc", input: null }),
    { cloudLogging: false },
  ],
  "other zones and a machine by rule, an emulated bucket": [
    aSubmission(
      {},
      {
        resources: { cpu: 2, memory: "4GiB", zones: ["us-east1-b", "us-east1-c"], machine: "c3-standard-4" },
      },
    ),
    { ...FULL, storageEmulator: "localhost:9199", externalIp: true },
  ],
};

const GOLDEN = join(import.meta.dirname, "job-definition.golden.json");

/** The wrapper's own texts have tests of their own. */
function withoutWrapper(job: unknown): unknown {
  const { prepare, step, publish, report } = wrapperScripts();
  const names = new Map([prepare, step, publish, report].map((text, at) => [text, `wrapper ${at}`]));
  const stepFile = Buffer.from(step).toString("base64");
  return JSON.parse(
    JSON.stringify(job, (key, value: unknown) => {
      if (key.startsWith("bioagent-spec")) return "(hash)";
      if (value === stepFile) return "(step.sh)";
      return typeof value === "string" ? (names.get(value) ?? value) : value;
    }),
  );
}

test("definitions are as in the golden file", () => {
  const made = Object.fromEntries(
    Object.entries(SUBMISSIONS).map(([name, [work, options]]) => [name, withoutWrapper(plan(work, options))]),
  );
  if (process.env["BIOAGENT_UPDATE_GOLDEN"] === "1")
    writeFileSync(GOLDEN, `${JSON.stringify(made, null, 2)}\n`);
  assert.deepEqual(made, JSON.parse(readFileSync(GOLDEN, "utf8")));
});

test("labels are on the job and on what it allocates, and keep to their letters", () => {
  const job = planned(aSubmission(), { labels: { "cost-centre": "genomics" } });
  assert.deepEqual(job.labels, job.allocationPolicy?.labels);
  const { "bioagent-spec": spec, ...rest } = job.labels ?? {};
  assert.match(spec ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual(rest, {
    "cost-centre": "genomics",
    "bioagent-store": STORE,
    "bioagent-run": "2026-02-27_rnaseq_001",
    "bioagent-step": "align",
    "bioagent-sample": "s1-x",
    "bioagent-attempt": "bioagent-20260227-001-align-s1-x-1f3a9c2e-a1",
  });
});

test("the hash of the definition is the same for the same submission, and another for another", () => {
  const hashOf = (work: Submission) => planned(work).labels?.["bioagent-spec"];
  assert.equal(hashOf(aSubmission()), hashOf(aSubmission()));
  assert.notEqual(hashOf(aSubmission()), hashOf(aSubmission({ script: "echo other\n" })));
});

test("no script and no value stands in a text that a shell reads", () => {
  const evil = '"; touch /tmp/owned; $(reboot)';
  const job = planned(
    aSubmission({
      script: `echo ${evil}`,
      environment: { SAMPLE: evil },
      outputs: [{ path: evil, allow_empty: false }],
    }),
  );
  const runnables = taskOf(job)?.runnables ?? [];
  for (const { script, container } of runnables) {
    assert.ok(!(script?.text ?? "").includes("reboot"));
    assert.ok(
      !JSON.stringify([container?.commands, container?.options, container?.volumes]).includes("reboot"),
    );
  }
});

test("only the publishing depends on success, and only the report fails nothing", () => {
  const flags = (taskOf(planned(aSubmission()))?.runnables ?? []).map((one) => [
    one.displayName,
    one.alwaysRun ?? false,
    one.ignoreExitStatus ?? false,
  ]);
  assert.deepEqual(flags, [
    ["bioagent-prepare", false, false],
    ["align", false, false],
    ["bioagent-publish", false, false],
    ["bioagent-report", true, true],
  ]);
});

test("a step is ended at its own time, the task later, so that the report still runs; never after a fortnight", () => {
  const seconds = (time: string | undefined) => {
    const spec = taskOf(planned(aSubmission({}, { resources: { cpu: 1, memory: "1GiB", time } })));
    return [spec?.runnables?.[1]?.timeout?.seconds, spec?.maxRunDuration?.seconds];
  };
  assert.deepEqual(seconds("10m"), [600, 600 + 7200]);
  assert.deepEqual(seconds(undefined), [86_400, 86_400 + 7200]);
  assert.deepEqual(seconds("20d"), [20 * 86_400, 14 * 86_400]);
});

test("a long script comes in parts that a variable can hold", () => {
  const script = "é".repeat(100_000);
  const variables = taskOf(planned(aSubmission({ script })))?.runnables?.[0]?.environment?.variables ?? {};
  const parts = Number(variables["BIOAGENT_FILE_0_PARTS"]);
  assert.ok(parts > 1);
  const pieces = Array.from({ length: parts }, (_, at) => variables[`BIOAGENT_FILE_0_${at}`] ?? "");
  assert.ok(pieces.every((piece) => piece.length < 96 * 1024));
  assert.equal(Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString(), script);
});

test("what Batch can never run is refused with advice", () => {
  const resources = (fields: object) => aSubmission({}, { resources: { cpu: 1, memory: "1GiB", ...fields } });
  assert.match(refusal(aSubmission({ script: "x".repeat(900_000) })), /takes 1 MB: put a long script/);
  assert.match(refusal(aSubmission({ output: "/data/out/" })), /output is \/data\/out\/: give gs:/);
  assert.match(refusal(aSubmission({ input: "/data/in" })), /input is \/data\/in: give gs:/);
  assert.match(refusal(aSubmission({ output: "gs://b/../x/" })), /give gs:/);
  assert.match(refusal(aSubmission({ environment: { A: "x\0y" } })), /value of A contains a NUL/);
  assert.match(refusal(resources({ memory: "2TiB" })), /no machine type here has 1 CPUs and 2TiB/);
  assert.match(refusal(resources({ zones: ["us-east1-b", "europe-west4-a"] })), /of several regions/);
});

test("images come through the mirror of their registry", () => {
  const mirrors = { "quay.io": "us-docker.pkg.dev/lab/quay/", "docker.io": "us-docker.pkg.dev/lab/hub" };
  const pulled = ["quay.io/bio/star:2", "ubuntu:24.04", "bio/star", "gcr.io/x/y", "localhost:5000/x"];
  assert.deepEqual(
    pulled.map((image) => mirroredImage(image, mirrors)),
    [
      "us-docker.pkg.dev/lab/quay/bio/star:2",
      "us-docker.pkg.dev/lab/hub/library/ubuntu:24.04",
      "us-docker.pkg.dev/lab/hub/bio/star",
      "gcr.io/x/y",
      "localhost:5000/x",
    ],
  );
});
