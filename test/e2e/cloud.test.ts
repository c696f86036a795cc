import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { needs } from "../support/require.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { gcloudEnvironment, hasGcloud } from "./gcloud.ts";
import { needsCloud } from "./needs-cloud.ts";

const EXAMPLE = parse(
  readFileSync(join(import.meta.dirname, "../../examples/fastq-qc.yaml"), "utf8"),
) as object;
const QUICK_START = {
  pipeline: EXAMPLE,
  samplesheet: "gs://reads/samples.csv",
  input: "gs://reads/",
  output: "gs://bioagent-dev/results",
};

/** One job is preempted on its first attempt, another waits for quota before it runs. */
const SCENARIO = `
rules:
  - { match: { label: { bioagent-step: read_stats }, nth: 2, times: 1 }, effect: { preempt: { after_ms: 5 } } }
  - { match: { label: { bioagent-step: quality }, nth: 1, times: 1 }, effect: { quota: { for_ms: 12000 } } }
`;

test("the quick start on a cloud in a box: OOM, retry, skip, a preemption and a wait for quota end in one notice", async (t) => {
  if (!needsCloud(t)) return;
  const cloud = await openTestCloud(t, { scenario: SCENARIO });
  const id = await cloud.start(QUICK_START);
  const waited = waitsOf(cloud, id, "quota");
  const run = await cloud.end(id, 180);
  assert.deepEqual([run.status, run.outcome], ["completed", "some_skipped"], cloud.printed().slice(-4000));
  assert.ok(await waited, "the wait for quota was named on the job");
  const classes = Object.values(run.jobs).flatMap(({ classes }) => classes ?? []);
  assert.deepEqual(classes.filter((one) => one !== null).toSorted(), [
    "oom",
    "oom",
    "oom",
    "oom",
    "preempted",
  ]);
  const [cured, skipped] = ["duplicates-ctrl_hifi", "duplicates-tumor_hifi"].map((key) => run.jobs[key]!);
  assert.deepEqual([cured!.status, cured!.retry_count], ["succeeded", 1]);
  assert.deepEqual([skipped!.status, skipped!.retry_count], ["skipped", 2]);
  const told = await cloud.told(1);
  assert.match(told[0]!, /7\/8 succeeded/);
  assert.match(told[0]!, new RegExp(`gs://bioagent-dev/results/${id}/`));
  const summary = readFileSync(join(cloud.buckets, `bioagent-dev/results/${id}/summary.tsv`), "utf8");
  assert.equal(summary.trim().split("\n").length, 1 + 7);
  const ledger = JSON.parse(readFileSync(join(cloud.buckets, `bioagent-dev/ledger/runs/${id}.json`), "utf8"));
  assert.equal(ledger.outcome, "some_skipped");
  await triesItsChannel(cloud);
});

/** A test that the API is asked for is told by the completion handler, and its notice says so. */
async function triesItsChannel({ functions, told }: TestCloud): Promise<void> {
  const api = functions.api.url;
  const asked = await fetch(`${api}/v1/channels/lab/test`, { method: "POST" });
  assert.equal(asked.status, 202);
  const { notices } = (await asked.json()) as { notices: { id: string }[] };
  const texts = await told(2);
  assert.match(texts[1]!, /\(test message\)/);
  const path = `${api}/v1/notices/${encodeURIComponent(notices[0]!.id)}`;
  const status = async () => ((await (await fetch(path)).json()) as { status: string }).status;
  for (let looks = 0; looks < 100 && (await status()) !== "sent"; looks++)
    await new Promise((done) => setTimeout(done, 100));
  assert.equal(await status(), "sent");
}

/** True once a job was seen waiting for this reason; false when the run ended before. */
async function waitsOf(cloud: TestCloud, id: string, reason: string): Promise<boolean> {
  for (;;) {
    const run = await cloud.show(id);
    if (Object.values(run.jobs).some(({ waiting }) => waiting?.reason === reason)) return true;
    if (["completed", "failed", "cancelled"].includes(run.status)) return false;
    await new Promise((done) => setTimeout(done, 100));
  }
}

test("gcloud batch jobs list shows the jobs of a run that POST /v1/runs started", async (t) => {
  if (!needsCloud(t) || !needs(t, "gcloud", hasGcloud(), "install the Google Cloud CLI")) return;
  const cloud = await openTestCloud(t);
  const id = await cloud.start({ ...QUICK_START, name: "seen-by-gcloud" });
  const list = async (): Promise<{ name: string; labels: Record<string, string> }[]> => {
    const { stdout } = await promisify(execFile)(
      "gcloud",
      ["batch", "jobs", "list", "--location", "us-central1", "--format", "json"],
      { env: gcloudEnvironment(cloud.folder, cloud.batchRest, cloud.projectId) },
    );
    return JSON.parse(stdout);
  };
  let jobs = await list();
  for (let looks = 0; jobs.length < 24 && looks < 30; looks++) jobs = await list();
  assert.ok(jobs.length >= 24, `gcloud shows ${jobs.length} jobs`);
  assert.ok(jobs.every(({ labels }) => labels["bioagent-run"] === id));
  await cloud.end(id, 180);
});
