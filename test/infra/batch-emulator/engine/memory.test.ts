import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  findMemoryPlace,
  killMembers,
  makeRunnableGroup,
  makeTaskGroup,
  removeGroup,
} from "../../../../infra/batch-emulator/runner/memory-group.ts";
import { watchMemory } from "../../../../infra/batch-emulator/runner/memory-watch.ts";
import { MEMORY_GROUPS } from "../../../support/memory-groups.ts";
import { needs } from "../../../support/require.ts";
import { jobOf, open, script, until } from "./open.ts";

/** Holds so many MiB for a moment, without a child that could be killed in its place. */
const take = (mib: number): string =>
  `#!/usr/bin/perl\nmy $x = "x" x (${mib} << 20); print length($x) >> 20, "\\n";`;

test("more than the task's memory is a true 137 by the kernel, less is fine", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const batch = await open(t);
  const computeResource = { memoryMib: 64 };
  await batch.submit("greedy", jobOf([script(take(200))], { computeResource }));
  await batch.submit("modest", jobOf([script(take(10))], { computeResource }));
  const job = await batch.ends("greedy");
  assert.match(job.status.statusEvents!.at(-1)!.description, / with exit code 137\./);
  assert.equal((await batch.ends("modest")).status.state, "SUCCEEDED");
  assert.deepEqual(await batch.printed("modest"), ["10"]);
});

test("a container's own --memory is held below the task's, and what always runs has room again", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const batch = await open(t);
  const perl = ["-e", 'my $x = "x" x (200 << 20); print "held\\n"'];
  const container = {
    imageUri: "x",
    entrypoint: "/usr/bin/perl",
    commands: perl,
    options: "--cpus 1 --memory=64m",
  };
  const runnables = [{ container }, script(take(200), { alwaysRun: true })];
  await batch.submit("boxed", jobOf(runnables, { computeResource: { memoryMib: 1000 } }));
  assert.match((await batch.ends("boxed")).status.statusEvents!.at(-1)!.description, / with exit code 137\./);
  assert.deepEqual(await batch.printed("boxed"), ["200"]);
});

test("where the kernel cannot hold the limit, a look every so often kills", async (t) => {
  if (!needs(t, "/proc", existsSync("/proc/self/stat"), "run on Linux")) return;
  const hog = spawn("/usr/bin/perl", ["-e", 'my $x = "x" x (100 << 20); sleep 600'], { detached: true });
  const ended = new Promise((resolve) => hog.once("exit", (_code, signal) => resolve(signal)));
  const stop = watchMemory(hog.pid!, 50 << 20, () => hog.kill("SIGKILL"));
  assert.equal(await ended, "SIGKILL");
  stop();
});

test("groups that a task makes within its own go with it", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const place = findMemoryPlace()!;
  const group = makeTaskGroup(place, `batch-emulator-test-${process.pid}`, 64 << 20);
  const inner = makeRunnableGroup(place, makeRunnableGroup(place, group, 0, null), 1, 32 << 20);
  const sleeper = spawn("/bin/sh", ["-c", 'echo 0 >"$1"; exec sleep 600', "sh", inner.procs], {
    stdio: "ignore",
  });
  const ended = once(sleeper, "exit");
  await until("it joined", () => (readFileSync(inner.procs, "utf8") !== "" ? true : null));
  assert.equal(removeGroup(group), false);
  assert.equal(killMembers(group), 1);
  await ended;
  await until("the groups are gone", () => (removeGroup(group) ? true : null));
  assert.equal(existsSync(group.folder), false);
});
