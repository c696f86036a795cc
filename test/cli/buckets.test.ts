/** The command line with pipelines and sample sheets that lie in a bucket. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { startStorage } from "../infra/storage-emulator/start.ts";
import { cli, folder, json } from "./support/cli.ts";
import { DEMO } from "./support/pipelines.ts";

async function open(t: TestContext) {
  const storage = await startStorage(t);
  await storage.put("lab-data", "pipelines/demo.yaml", DEMO);
  await storage.put("lab-data", "sheets/a.csv", "sample\ns1\ns2\n");
  const env = {
    STORAGE_EMULATOR_HOST: storage.url,
    METADATA_SERVER_DETECTION: "none",
    GOOGLE_CLOUD_PROJECT: "my-lab",
    BIOAGENT_PIPELINES: "gs://lab-data/pipelines",
  };
  return { storage, options: { cwd: await folder(t), env } };
}

test("run finds a pipeline by its name, and a sheet, in a bucket", async (t) => {
  const { options } = await open(t);
  const { code, stderr } = await cli(
    ["run", "demo", "--samplesheet", "gs://lab-data/sheets/a.csv", "--wait"],
    options,
  );
  assert.equal(code, 0, stderr);
  // This machine's processes work on its folders: here, because --input says nothing.
  const [run] = (await json(["list"], options))["runs"] as {
    pipeline: string;
    samples: string[];
    config: { input: string };
  }[];
  assert.deepEqual([run?.pipeline, run?.samples, run?.config.input], ["demo", ["s1", "s2"], options.cwd]);
});

test("validate and rules read from a bucket, by name or address, and make nothing here", async (t) => {
  const { storage, options } = await open(t);
  await storage.put("lab-data", "sheets/bad.csv", "sample\na b\n");
  const by = (args: string[]) => cli(args, options);
  assert.equal((await by(["validate", "demo"])).code, 0);
  assert.equal((await by(["validate", "gs://lab-data/pipelines/demo.yaml"])).code, 0);
  const bad = await by(["validate", "demo", "--samplesheet", "gs://lab-data/sheets/bad.csv"]);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^gs:\/\/lab-data\/sheets\/bad\.csv:2/m);
  assert.match((await by(["rules", "demo"])).stdout, /oom/);
  assert.deepEqual(await readdir(options.cwd), []);
});

test("what is not in the bucket is wrong usage, in a line", async (t) => {
  const { options } = await open(t);
  for (const [args, words] of [
    [
      ["validate", "gone"],
      /there is no file gone, and no pipeline of that name in gs:\/\/lab-data\/pipelines/,
    ],
    [["validate", "gs://lab-data/gone.yaml"], /there is no object gs:\/\/lab-data\/gone\.yaml/],
    [["validate", "gs://not-there/x.yaml"], /there is no bucket gs:\/\/not-there/],
    [["validate", "gs://lab-data/../x.yaml"], /is no address in Cloud Storage/],
    [
      ["run", "demo", "--samplesheet", "gs://lab-data/no.csv"],
      /no\.csv cannot be read: there is no such object/,
    ],
  ] as const) {
    const { code, stderr } = await cli(args, options);
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
  }
});
