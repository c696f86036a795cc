/** Pipelines and sample sheets that lie in a bucket. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { filesByScheme } from "../../src/files/by-scheme.ts";
import { openBucket } from "../files/gcs/open.ts";
import { aStartBody, ask, openMemoryApp, QC } from "./memory-app.ts";

async function open(t: TestContext) {
  const { files: gcs, ...bucket } = await openBucket(t);
  const app = await openMemoryApp(t, { variables: { BIOAGENT_PIPELINES: "gs://lab-data/pipelines/" } });
  const deps = { ...app.deps, files: filesByScheme({ local: app.deps.files, gcs }) };
  const start = (fields: Record<string, unknown> = {}) =>
    ask({ ...app, deps }, "POST", "/v1/runs", { body: { ...aStartBody(app), ...fields } });
  return { ...bucket, app, start };
}

const problemOf = (answer: { json: Record<string, unknown> }) =>
  (answer.json["problems"] as { path: string; message: string }[] | undefined)?.[0];

test("a pipeline's name is looked up in a bucket, whatever its ending", async (t) => {
  const { put, start, app } = await open(t);
  await put("gs://lab-data/pipelines/qc.json", JSON.stringify(QC));
  const answer = await start();
  assert.equal(answer.status, 201, answer.body);
  assert.equal((await app.deps.store.readRun(String(answer.json["run_id"])))?.pipeline, "qc");
});

test("a name that the bucket does not have, and a file that is not valid, are named", async (t) => {
  const { put, start } = await open(t);
  assert.match(problemOf(await start())?.message ?? "", /there is no pipeline qc/);
  await put("gs://lab-data/pipelines/qc.yaml", "pipeline: other\nsteps: [{ id: a, script: 'true' }]");
  assert.match(problemOf(await start())?.message ?? "", /qc\.yaml is pipeline other/);
  await put("gs://lab-data/pipelines/qc.yaml", "pipeline: qc\nstep: []");
  assert.match(problemOf(await start())?.message ?? "", /^qc\.yaml:/);
});

test("a sample sheet is read from a bucket", async (t) => {
  const { put, start, app } = await open(t);
  await put("gs://lab-data/pipelines/qc.yaml", JSON.stringify(QC));
  await put("gs://lab-data/sheets/a.csv", "sample,fastq_1\ns1,a.fq\ns2,b.fq\n");
  const sheet = { samples: undefined, samplesheet: "gs://lab-data/sheets/a.csv" };
  const answer = await start(sheet);
  assert.equal(answer.status, 201, answer.body);
  assert.deepEqual((await app.deps.store.readRun(String(answer.json["run_id"])))?.samples, ["s1", "s2"]);
});

test("a sheet that cannot be read is the request's problem, or the server's when it passes", async (t) => {
  const { put, start, storage } = await open(t);
  await put("gs://lab-data/pipelines/qc.yaml", JSON.stringify(QC));
  const at = (samplesheet: string) => start({ samples: undefined, samplesheet });
  for (const [uri, message] of [
    ["gs://lab-data/gone.csv", /there is no object/],
    ["gs://lab-data/../a.csv", /is no address in Cloud Storage/],
    ["gs://not-there/a.csv", /there is no bucket gs:\/\/not-there/],
  ] as const) {
    const answer = await at(uri);
    assert.equal(answer.status, 400, uri);
    assert.equal(problemOf(answer)?.path, "samplesheet");
    assert.match(problemOf(answer)?.message ?? "", message);
  }
  await storage.faults({ operation: "objects.media", object: "a.csv", times: null, then: { status: 503 } });
  assert.equal((await at("gs://lab-data/a.csv")).status, 503);
});

test("an input whose bucket is not there is refused before anything is spent; one that is there may be empty", async (t) => {
  const { put, start } = await open(t);
  await put("gs://lab-data/pipelines/qc.yaml", JSON.stringify(QC));
  const answer = await start({ input: "gs://not-there/reads/" });
  assert.equal(answer.status, 400, answer.body);
  assert.equal(problemOf(answer)?.path, "input");
  assert.match(problemOf(answer)?.message ?? "", /there is no bucket gs:\/\/not-there/);
  assert.equal((await start({ input: "gs://lab-data/reads/" })).status, 201);
});
