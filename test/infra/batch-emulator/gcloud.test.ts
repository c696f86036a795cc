import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type RestServer, serveRest } from "../../../infra/batch-emulator/rest.ts";
import { needs } from "../../support/require.ts";
import { type Gcloud, hasGcloud, openGcloud } from "./gcloud-command.ts";
import { minimalJob, scripted } from "./scripted.ts";

describe("the real gcloud", { concurrency: 2 }, () => {
  const emulator = scripted();
  let server: RestServer;
  let gcloud: Gcloud;
  before(async () => {
    server = await serveRest({ api: emulator.api, port: 0 });
    gcloud = await openGcloud(server.url);
  });
  after(async () => {
    await gcloud.close();
    await server.close();
  });

  const testGcloud = (name: string, act: () => Promise<void>): void => {
    test(name, async (t) => {
      if (needs(t, "gcloud", hasGcloud(), "install the Google Cloud SDK")) await act();
    });
  };

  async function fileOf(name: string, job: object): Promise<string> {
    const path = join(gcloud.folder, `${name}.json`);
    await writeFile(path, JSON.stringify(job));
    return path;
  }

  /** A job that runs two tasks, one of which failed. */
  async function given(id: string): Promise<void> {
    await emulator.api.createJob({
      parent: "projects/p/locations/us-central1",
      jobId: id,
      job: minimalJob(),
    });
    emulator.giveTasks(id, ["SUCCEEDED", "FAILED"]);
    emulator.move(id, "RUNNING");
  }

  testGcloud("submits a job from a file and shows it", async () => {
    const config = await fileOf("submitted", minimalJob({ labels: { by: "gcloud" } }));
    const submitted = await gcloud.batch("jobs", "submit", "submitted", "--config", config, "--format=json");
    assert.equal(submitted.code, 0, submitted.stderr);
    assert.match(submitted.stderr, /Job submitted-[0-9a-f]{8}-\S+ was successfully submitted\./);
    assert.equal(JSON.parse(submitted.stdout).status.state, "QUEUED");
    const shown = await gcloud.batch("jobs", "describe", "submitted", "--format=json");
    const job = JSON.parse(shown.stdout);
    assert.equal(job.labels.by, "gcloud");
    assert.equal(job.taskGroups[0].taskCount, "1");
    const again = await gcloud.batch("jobs", "submit", "submitted", "--config", config);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /ALREADY_EXISTS: Resource ".*\/jobs\/submitted" already exists/);
  });

  testGcloud("submits without an id, and a file in proto spelling", async () => {
    const spec = { runnables: [{ script: { text: "true" } }] };
    const config = await fileOf("snake", { task_groups: [{ task_spec: spec, task_count: 3 }] });
    const { code, stdout, stderr } = await gcloud.batch(
      "jobs",
      "submit",
      "--config",
      config,
      "--format=json",
    );
    assert.equal(code, 0, stderr);
    const job = JSON.parse(stdout);
    assert.match(job.name, /\/jobs\/j-[0-9a-f-]+$/);
    assert.equal(job.taskGroups[0].taskCount, "3");
  });

  testGcloud("lists jobs over pages, in one location and in all", async () => {
    for (const id of ["listed-1", "listed-2", "listed-3"]) await given(id);
    const filter = "--filter=name~/listed-";
    const paged = await gcloud.batch(
      "jobs",
      "list",
      "--page-size=2",
      filter,
      "--format=value(name.basename(),status.state)",
    );
    assert.equal(paged.code, 0, paged.stderr);
    assert.deepEqual(paged.stdout.trim().split(/\s+/), [
      "listed-1",
      "RUNNING",
      "listed-2",
      "RUNNING",
      "listed-3",
      "RUNNING",
    ]);
    const all = await gcloud.batch("jobs", "list", "--location=-", filter, "--format=value(name.basename())");
    assert.deepEqual(all.stdout.trim().split("\n"), ["listed-1", "listed-2", "listed-3"]);
  });

  testGcloud("lists and shows tasks, with its two forms of filter", async () => {
    await given("tasked");
    const list = (...args: string[]) =>
      gcloud.batch(
        "tasks",
        "list",
        "--job=tasked",
        "--location=us-central1",
        "--format=value(name.basename(),status.state)",
        ...args,
      );
    assert.deepEqual((await list()).stdout.trim().split(/\s+/), ["0", "SUCCEEDED", "1", "FAILED"]);
    const byStatus = await list("--filter=status.state=FAILED");
    assert.deepEqual(byStatus.stdout.trim().split(/\s+/), ["1", "FAILED"]);
    // gcloud filters once more by itself, where there is no field State: nothing is left, but the server took it.
    const byState = await list("--filter=State=FAILED");
    assert.deepEqual([byState.code, byState.stdout.trim()], [0, ""]);
    assert.match(byState.stderr, /filter keys were not present/);
    const shown = await gcloud.batch(
      ...["tasks", "describe", "1", "--job=tasked", "--task_group=group0", "--location=us-central1"],
    );
    assert.match(shown.stdout, /state: FAILED/, shown.stderr);
  });

  testGcloud("cancels a job and deletes one", async () => {
    await given("to-cancel");
    await given("to-delete");
    const cancelled = await gcloud.batch("jobs", "cancel", "to-cancel");
    assert.equal(cancelled.code, 0, cancelled.stderr);
    assert.match(cancelled.stderr, /cancellation is in progress/);
    assert.match(cancelled.stdout, /verb: cancel/);
    const again = await gcloud.batch("jobs", "cancel", "to-cancel");
    assert.equal(again.code, 1);
    const deleted = await gcloud.batch("jobs", "delete", "to-delete");
    assert.equal(deleted.code, 0, deleted.stderr);
    emulator.settle();
    const gone = await gcloud.batch("jobs", "describe", "to-delete");
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /was not found/);
  });

  testGcloud("is told what is wrong with an id and with a definition", async () => {
    const good = await fileOf("good", minimalJob());
    const badId = await gcloud.batch("jobs", "submit", "Bad_Id", "--config", good);
    assert.equal(badId.code, 1);
    assert.match(badId.stderr, /INVALID_ARGUMENT: job_id field is invalid/);
    const misspelt = await fileOf("misspelt", { taskGroups: [{ taskSpec: { runables: [] } }] });
    const badJob = await gcloud.batch("jobs", "submit", "bad-job", "--config", misspelt);
    assert.equal(badJob.code, 1);
    assert.match(
      badJob.stderr,
      /Unknown name "runables" at 'job\.task_groups\[0\]\.task_spec': Cannot find field/,
    );
  });
});
