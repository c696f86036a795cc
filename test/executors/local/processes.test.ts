import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readClaim } from "../../../src/executors/local/claim.ts";
import { readProcess, thisMachine } from "../../../src/executors/local/machine.ts";
import type { Submission, SubmitResult } from "../../../src/ports.ts";
import {
  callerEnvironment,
  hasEnded,
  observeUntil,
  openIn,
  submissionOf,
  temporaryFolder,
  until,
} from "./fixture.ts";

const OTHER = fileURLToPath(new URL("./submit-process.ts", import.meta.url));

/** Another process that submits these; it is killed at the test's end if not before. */
async function submitElsewhere(
  t: TestContext,
  folder: string,
  submissions: Submission[],
  cpus = 64,
): Promise<{ child: ChildProcess; results: SubmitResult[] }> {
  const file = join(folder, `other-${Math.random()}.json`);
  const options = {
    directory: join(folder, "local"),
    cpus,
    memoryBytes: 2 ** 40,
    environment: callerEnvironment,
  };
  writeFileSync(file, JSON.stringify({ options, submissions }));
  const child = spawn(process.execPath, [OTHER, file], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout!.setEncoding("utf8"), "data")) as [string];
  return { child, results: JSON.parse(line) as SubmitResult[] };
}

const claimFile = (folder: string, work: Submission) =>
  join(folder, "local/attempts", work.run_id, work.attempt.id, "claim");

test("an attempt submitted by two processes at once runs once", async (t) => {
  const folder = temporaryFolder(t);
  const works = Array.from({ length: 10 }, (_, n) =>
    submissionOf(folder, `echo ran >> "${folder}/ran-${n}"\n`, { id: `both-${n}-a1` }),
  );
  const both = await Promise.all([submitElsewhere(t, folder, works), submitElsewhere(t, folder, works)]);
  for (const { results } of both)
    assert.ok(
      results.every(({ kind }) => kind === "submitted"),
      JSON.stringify(results),
    );
  const executor = openIn(folder);
  for (const work of works) assert.equal((await observeUntil(executor, work, hasEnded)).status, "succeeded");
  for (const n of works.keys()) assert.equal(readFileSync(join(folder, `ran-${n}`), "utf8"), "ran\n");
});

test("two processes together never give out more slots than there are", async (t) => {
  const folder = temporaryFolder(t);
  const works = Array.from({ length: 8 }, (_, n) =>
    submissionOf(folder, "sleep 600\n", { id: `slot-${n}-a1` }),
  );
  const both = await Promise.all([
    submitElsewhere(t, folder, works.slice(0, 4), 3),
    submitElsewhere(t, folder, works.slice(4), 3),
  ]);
  const kinds = both.flatMap(({ results }) => results.map(({ kind }) => kind));
  assert.deepEqual(kinds.sort(), [...Array(5).fill("later"), ...Array(3).fill("submitted")]);
  const executor = openIn(folder, { cpus: 3 });
  assert.equal((await executor.capacity()).free?.cpu, 0);
  await executor.cancel(works);
  for (const work of works) assert.equal((await observeUntil(executor, work, hasEnded)).status, "cancelled");
  assert.equal((await executor.capacity()).free?.cpu, 3);
});

test("kill -9 of the monitor loses nothing: the next one finds the exit code", async (t) => {
  const folder = temporaryFolder(t);
  const work = submissionOf(folder, `until [ -e "${folder}/go" ]; do sleep 0.02; done; exit 5\n`);
  const { child } = await submitElsewhere(t, folder, [work]);
  child.kill("SIGKILL");
  await once(child, "exit");
  const executor = openIn(folder);
  assert.equal((await executor.observe([work]))[0]?.status, "running");
  writeFileSync(join(folder, "go"), "");
  const seen = await observeUntil(executor, work, hasEnded);
  assert.deepEqual([seen.status, seen.exit_code], ["failed", 5]);
});

test("a dead supervisor means lost at once, and what it had started is killed first", async (t) => {
  const folder = temporaryFolder(t);
  for (const cgroups of ["auto", "off"] as const) {
    const executor = openIn(folder, { cgroups });
    const work = submissionOf(folder, `setsid sleep 600 & echo $! > "${folder}/${cgroups}"; sleep 600\n`, {
      id: `dead-${cgroups}-a1`,
    });
    await executor.submit([work]);
    const pidOf = () => Number(readFileSync(join(folder, cgroups), "utf8"));
    await until("the script runs", () => {
      try {
        return pidOf() > 0;
      } catch {
        return false;
      }
    });
    const claim = readClaim(claimFile(folder, work), Date.now());
    assert.ok(claim.kind === "taken" && claim.script);
    process.kill(claim.supervisor.pid, "SIGKILL");
    await until("the supervisor is gone", () => readProcess(claim.supervisor.pid) === null);
    const [seen] = await executor.observe([work]);
    assert.deepEqual([seen?.status, seen?.certain, seen?.ran], ["lost", true, true]);
    assert.equal(readProcess(pidOf()), null);
    assert.equal(readProcess(claim.script.pid), null);
  }
});

test("a reused process id is not life", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder);
  const { host, boot, pidNamespace } = thisMachine();
  const forge = (id: string, text: string) => {
    const work = submissionOf(folder, "true\n", { id });
    mkdirSync(join(claimFile(folder, work), ".."), { recursive: true });
    writeFileSync(claimFile(folder, work), text);
    return work;
  };
  const { startTime } = readProcess(process.pid)!;
  const claimed = (machine: string, start: string) =>
    `claimed ${machine} ${process.pid} ${start} 1795207161.138548 w0\n`;
  const here = `${host} ${boot} ${pidNamespace}`;
  const works = [
    forge("reused-a1", claimed(here, "1")),
    forge("alive-a1", claimed(here, startTime)),
    forge("rebooted-a1", claimed(`${host} other-boot ${pidNamespace}`, startTime)),
    forge("elsewhere-a1", claimed(`${host}x other-boot ${pidNamespace}`, startTime)),
    forge("container-a1", claimed(`${host} ${boot} pid:[1]`, startTime)),
    forge("fresh-a1", ""),
    forge("empty-a1", ""),
  ];
  const old = new Date(Date.now() - 60_000);
  utimesSync(claimFile(folder, works[6]!), old, old);
  const seen = await executor.observe(works);
  assert.deepEqual(
    seen.map(({ status, certain, waiting }) => [status, certain ?? waiting?.reason]),
    [
      ["lost", true],
      ["submitted", undefined],
      ["lost", true],
      [null, "executor_unreachable"],
      [null, "executor_unreachable"],
      [null, undefined],
      ["lost", true],
    ],
  );
});

test("a submitted attempt whose folder vanished is lost; one only recorded is not", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder);
  const work = submissionOf(folder, "true\n");
  const submitted = { ...work, attempt: { ...work.attempt, status: "submitted" as const } };
  const seen = await executor.observe([work, submitted]);
  assert.deepEqual(
    seen.map(({ status }) => status),
    [null, "lost"],
  );
});

test("an exit record without its last line is not believed", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder);
  const work = submissionOf(folder, "sleep 600\n");
  await executor.submit([work]);
  await observeUntil(executor, work, ({ status }) => status === "running");
  appendFileSync(join(folder, "local/ended", work.attempt.id), "code 0\nstarted 1795207161.1\n");
  assert.equal((await executor.observe([work]))[0]?.status, "running");
  await executor.cancel([work]);
  assert.equal((await observeUntil(executor, work, hasEnded)).status, "cancelled");
});

test("an end between looking and waiting wakes the waiting monitor", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder);
  const work = submissionOf(folder, `until [ -e "${folder}/go" ]; do sleep 0.01; done\n`);
  await executor.submit([work]);
  await executor.observe([work]);
  writeFileSync(join(folder, "go"), "");
  const other = openIn(folder);
  await observeUntil(other, work, hasEnded);
  await executor.changed(AbortSignal.timeout(10_000));
  assert.equal((await executor.observe([work]))[0]?.status, "succeeded");
});
