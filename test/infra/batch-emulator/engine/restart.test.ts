import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { openEmulator } from "../../../../infra/batch-emulator/emulator.ts";
import { needs } from "../../../support/require.ts";
import { clientOf, isAlive, jobOf, lasting, newFolder, open, script, until } from "./open.ts";

const PROGRAM = `
import { openEmulator } from ${JSON.stringify(new URL("../../../../infra/batch-emulator/emulator.ts", import.meta.url).href)};
const { restPort } = await openEmulator({ restPort: 0, grpcPort: 0, containers: "host", statePath: process.argv[1] || undefined });
console.log(restPort);
`;

/** An emulator in a process of its own, that can be killed. */
async function startProcess(
  t: TestContext,
  statePath: string,
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, statePath], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  return { child, port: Number(line) };
}

test("an emulator that ended goes on with its jobs: states, names, answers, and new identities", async (t) => {
  const statePath = join(await newFolder(t), "deep", "state.json");
  const first = await openEmulator({ restPort: 0, grpcPort: 0, statePath });
  const before = clientOf(first.restPort);
  await before.submit("done", jobOf([script("echo kept")]));
  await before.ends("done");
  const done = await until("its counts have come", async () => {
    const job = await before.job("done");
    return job.status.taskGroups!["group0"]!.counts?.["SUCCEEDED"] === "1" ? job : null;
  });
  const long = await before.submit("long", jobOf([lasting(0.5)]));
  await before.reaches("long", "RUNNING");
  await first.close();
  const after = await open(t, { statePath });
  assert.deepEqual(await after.job("done"), done);
  assert.deepEqual(await after.printed("done"), ["kept"]);
  const ended = await after.ends("long");
  assert.deepEqual([ended.status.state, ended.status.statusEvents!.length], ["SUCCEEDED", 3]);
  assert.equal((await after.tasks("long"))[0]!.status.statusEvents!.length, 3); // begun once
  const next = await after.submit("next", jobOf([script("true")]));
  assert.notEqual(next.uid.slice(-10), long.uid.slice(-10));
});

test("after a kill -9 no process is left, and what ran failed as on a machine that was lost", async (t) => {
  if (!needs(t, "/proc", process.platform === "linux", "run on Linux")) return;
  const statePath = join(await newFolder(t), "state.json");
  const { child, port } = await startProcess(t, statePath);
  const before = clientOf(port);
  await before.submit("lost", jobOf([script("echo $$; sleep 600")]));
  const retries = { maxRetryCount: 1 };
  await before.submit("again", jobOf([script("test $BATCH_TASK_RETRY_ATTEMPT = 1 || sleep 600")], retries));
  const [pid] = await until("the script tells its process", async () => {
    const lines = await before.printed("lost");
    return lines.length > 0 ? lines.map(Number) : null;
  });
  await before.reaches("again", "RUNNING");
  await until("the file has both jobs running", () =>
    (readFileSync(statePath, "utf8").match(/"state":"RUNNING","statusEvents"/g) ?? []).length >= 2
      ? true
      : null,
  );
  assert.equal(isAlive(pid!), true);
  child.kill("SIGKILL");
  await once(child, "exit");
  const after = await open(t, { statePath });
  await until("the process is gone", () => (isAlive(pid!) ? null : true));
  const job = await after.ends("lost");
  assert.match(
    job.status.statusEvents!.at(-1)!.description,
    /due to Batch no longer receives VM updates with exit code 50002\./,
  );
  assert.equal((await after.ends("again")).status.state, "SUCCEEDED");
});

test("closing ends every process", async (t) => {
  const emulator = await openEmulator({ restPort: 0, grpcPort: 0 });
  const batch = clientOf(emulator.restPort);
  await batch.submit("runs", jobOf([script("echo $$; sleep 600 & wait")]));
  const [pid] = await until("the script tells its process", async () => {
    const lines = await batch.printed("runs");
    return lines.length > 0 ? lines.map(Number) : null;
  });
  await emulator.close();
  if (needs(t, "/proc", process.platform === "linux", "run on Linux")) assert.equal(isAlive(pid!), false);
});

test("a file that is not a state file is refused and not touched", async (t) => {
  const statePath = join(await newFolder(t), "state.json");
  writeFileSync(statePath, '{"mine": true}');
  await assert.rejects(
    openEmulator({ restPort: 0, grpcPort: 0, statePath }),
    /is not a state file of the Batch emulator/,
  );
  assert.equal(readFileSync(statePath, "utf8"), '{"mine": true}');
});

test("a state file that an emulator has open is refused", async (t) => {
  const statePath = join(await newFolder(t), "state.json");
  await open(t, { statePath });
  await assert.rejects(openEmulator({ restPort: 0, grpcPort: 0, statePath }), /process \d+ has it open/);
});

test("an emulator that keeps nothing leaves nothing either when it is killed", async (t) => {
  if (!needs(t, "/proc", process.platform === "linux", "run on Linux")) return;
  const { child, port } = await startProcess(t, "");
  const batch = clientOf(port);
  await batch.submit("orphan", jobOf([script("pwd; echo $$; setsid sleep 600 & echo $!; wait")]));
  const [folder, ...pids] = await until("the script tells its folder and processes", async () => {
    const lines = await batch.printed("orphan");
    return lines.length === 3 ? lines : null;
  });
  child.kill("SIGKILL");
  await until("the processes are gone", () => (pids.some((pid) => isAlive(Number(pid))) ? null : true));
  await until("the folder is gone", () => (existsSync(folder!) ? null : true));
});
