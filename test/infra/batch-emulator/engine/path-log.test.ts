import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findPrivacy } from "../../../../infra/batch-emulator/runner/wrap.ts";
import { needs } from "../../../support/require.ts";
import { jobOf, newFolder, open, script } from "./open.ts";

const canMount = (t: TestContext): boolean =>
  needs(t, "mounts of its own", findPrivacy() !== "none", "run on Linux as root, or allow user namespaces");

const toPath = (logsPath: string) => ({ logsPolicy: { destination: "PATH", logsPath } });
const volumes = [{ gcs: { remotePath: "lab/kept" }, mountPath: "/mnt/disks/lab" }];

async function openWithBucket(t: TestContext) {
  const buckets = await newFolder(t);
  mkdirSync(join(buckets, "lab"));
  return { folder: join(buckets, "lab", "kept"), batch: await open(t, { buckets }) };
}

test("a log with a path under a bucket's mount is a file of the bucket for each task, and not in Cloud Logging", async (t) => {
  if (!canMount(t)) return;
  const { folder, batch } = await openWithBucket(t);
  const talk = script("echo task $BATCH_TASK_INDEX; echo trouble >&2");
  const { uid } = await batch.submit(
    "kept",
    jobOf([talk], { volumes }, { taskCount: "2" }, toPath("/mnt/disks/lab/logs/")),
  );
  await batch.ends("kept");
  const names = readdirSync(join(folder, "logs")).sort();
  assert.deepEqual(names, [`${uid}-group0-0-0.log`, `${uid}-group0-1-0.log`]);
  const text = readFileSync(join(folder, "logs", names[1]!), "utf8");
  assert.match(text, /^\S+ INFO task 1$/m);
  assert.match(text, /^\S+ ERROR trouble$/m);
  assert.match(text, /^\S+ INFO Task .* runnable 0 exited with status 0$/m);
  const { body } = await batch.call("POST", "/v2/entries:list", { resourceNames: ["projects/lab"] });
  assert.deepEqual(body, {});
});

test("a path of the machine alone goes with it, and the agent's log says so", async (t) => {
  const batch = await open(t);
  await batch.submit("gone", jobOf([script("echo hi")], {}, {}, toPath("/var/log/mine")));
  assert.equal((await batch.ends("gone")).status.state, "SUCCEEDED");
  const [notice, ...rest] = await batch.printed("gone");
  assert.match(notice!, /the log is not kept: logsPath \/var\/log\/mine is under no volume/);
  assert.deepEqual(rest, ["hi"]);
});

test("a path that cannot be written to costs the log, not the task, and the agent's log says so", async (t) => {
  if (!canMount(t)) return;
  const { folder, batch } = await openWithBucket(t);
  mkdirSync(folder);
  writeFileSync(join(folder, "file"), "");
  await batch.submit("shut", jobOf([script("echo hi")], { volumes }, {}, toPath("/mnt/disks/lab/file/logs")));
  assert.equal((await batch.ends("shut")).status.state, "SUCCEEDED");
  assert.match((await batch.printed("shut")).join("\n"), /the log is no longer kept: ENOTDIR/);
});
