import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findPrivacy } from "../../../../infra/batch-emulator/runner/wrap.ts";
import { needs } from "../../../support/require.ts";
import { jobOf, newFolder, open, script } from "./open.ts";

const canMount = (t: TestContext): boolean =>
  needs(t, "mounts of its own", findPrivacy() !== "none", "run on Linux as root, or allow user namespaces");

async function openWithBucket(t: TestContext) {
  const buckets = await newFolder(t);
  mkdirSync(join(buckets, "lab", "in"), { recursive: true });
  writeFileSync(join(buckets, "lab", "in", "reads"), "ACGT\n");
  return { buckets, batch: await open(t, { buckets }) };
}

const bucket = (mountPath: string, remotePath = "lab", mountOptions: string[] = []) => ({
  gcs: { remotePath },
  mountPath,
  mountOptions,
});

test("a script sees a bucket at its mount path, and nobody else does", async (t) => {
  if (!canMount(t)) return;
  const { buckets, batch } = await openWithBucket(t);
  const text = "cat /mnt/disks/share/in/reads; echo done > /mnt/disks/share/out";
  await batch.submit("sees", jobOf([script(text)], { volumes: [bucket("/mnt/disks/share")] }));
  assert.equal((await batch.ends("sees")).status.state, "SUCCEEDED");
  assert.deepEqual(await batch.printed("sees"), ["ACGT"]);
  assert.equal(readFileSync(join(buckets, "lab", "out"), "utf8"), "done\n");
  assert.equal(existsSync("/mnt/disks/share"), false);
});

test("a prefix is mounted alone, read-only where its options say so", async (t) => {
  if (!canMount(t)) return;
  const { buckets, batch } = await openWithBucket(t);
  const volumes = [bucket("/mnt/disks/in", "lab/in", ["-o ro", "--implicit-dirs"])];
  await batch.submit("part", jobOf([script("ls /mnt/disks/in; touch /mnt/disks/in/x")], { volumes }));
  assert.equal((await batch.ends("part")).status.state, "FAILED");
  assert.equal((await batch.printed("part"))[0], "reads");
  assert.equal(existsSync(join(buckets, "lab", "in", "x")), false);
});

test("a container sees its binds at its own paths, `:ro` is read-only, and its disk is shared with later scripts", async (t) => {
  if (!canMount(t)) return;
  const { buckets, batch } = await openWithBucket(t);
  const inside = "cat /inputs/reads; touch /inputs/x || echo refused; echo made > /emulator-work/f; pwd";
  const container = {
    imageUri: "x",
    entrypoint: "/bin/sh",
    commands: ["-c", inside],
    volumes: ["/mnt/disks/lab/in:/inputs:ro", "/var/lib/emulator-test:/emulator-work"],
    options: "--workdir=/emulator-work",
  };
  const publish = script("cat /var/lib/emulator-test/f > /mnt/disks/lab/published");
  await batch.submit("binds", jobOf([{ container }, publish], { volumes: [bucket("/mnt/disks/lab")] }));
  assert.equal((await batch.ends("binds")).status.state, "SUCCEEDED");
  const printed = (await batch.printed("binds")).filter((line) => !line.startsWith("touch:"));
  assert.deepEqual(printed.toSorted(), ["/emulator-work", "ACGT", "refused"]);
  assert.equal(readFileSync(join(buckets, "lab", "published"), "utf8"), "made\n");
  assert.equal(existsSync("/emulator-work") || existsSync("/var/lib/emulator-test"), false);
});

test("two machines do not share their disks", async (t) => {
  if (!canMount(t)) return;
  const batch = await open(t);
  const container = {
    imageUri: "x",
    entrypoint: "/bin/sh",
    commands: ["-c", "ls /emulator-work; touch /emulator-work/seen-by-$BATCH_TASK_INDEX"],
    volumes: ["/tmp/emulator-test-work:/emulator-work"],
  };
  await batch.submit("apart", jobOf([{ container }], {}, { taskCount: 2, parallelism: 1 }));
  assert.equal((await batch.ends("apart")).status.state, "SUCCEEDED");
  assert.deepEqual(await batch.printed("apart"), []);
});

test("what cannot be mounted fails the task and is told in the agent's log", async (t) => {
  const batch = await open(t);
  const volumes = [{ nfs: { server: "10.0.0.1", remotePath: "/x" }, mountPath: "/mnt/nfs" }];
  await batch.submit("nfs", jobOf([script("true")], { volumes }));
  await batch.submit("outside", jobOf([script("true")], { volumes: [bucket("/mnt/x", "../../etc")] }));
  assert.equal((await batch.ends("nfs")).status.state, "FAILED");
  assert.match((await batch.printed("nfs")).join(), /the emulator has no NFS/);
  assert.equal((await batch.ends("outside")).status.state, "FAILED");
  assert.match((await batch.printed("outside")).join(), /must begin with a bucket's name/);
});

test("scripts of one task share the machine's scratch folder, and leave nothing of it on the host", async (t) => {
  if (!canMount(t)) return;
  const { batch } = await openWithBucket(t);
  const home = "/var/lib/toolbox/emulator-test";
  const runnables = [script(`mkdir -p ${home} && echo kept > ${home}/f`), script(`cat ${home}/f`)];
  await batch.submit("scratch", jobOf(runnables, { volumes: [bucket("/mnt/disks/lab")] }));
  assert.equal((await batch.ends("scratch")).status.state, "SUCCEEDED");
  assert.deepEqual(await batch.printed("scratch"), ["kept"]);
  assert.equal(existsSync(home), false);
});

test("a bucket that does not exist fails the task as Batch's agent fails, and is not made", async (t) => {
  const { buckets, batch } = await openWithBucket(t);
  await batch.submit("gone", jobOf([script("true")], { volumes: [bucket("/mnt/disks/x", "not-there/in")] }));
  assert.match(
    (await batch.ends("gone")).status.statusEvents!.at(-1)!.description,
    / with exit code 50000\./,
  );
  assert.match((await batch.printed("gone")).join(), /not-there: daemonize\.Run: .*bucket doesn't exist/);
  assert.equal(existsSync(join(buckets, "not-there")), false);
});

test("without a folder of buckets any bucket exists", async (t) => {
  if (!canMount(t)) return;
  const batch = await open(t);
  await batch.submit(
    "any",
    jobOf([script("touch /mnt/disks/x/f")], { volumes: [bucket("/mnt/disks/x", "new")] }),
  );
  assert.equal((await batch.ends("any")).status.state, "SUCCEEDED");
});
