import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSlurmRecord } from "../../../src/executors/slurm/read-record.ts";
import { slurmBytes, slurmSeconds } from "../../../src/executors/slurm/slurm-record.ts";
import { fullState } from "../../../src/executors/slurm/slurm-states.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/slurm");
const fixture = (name: string): string => readFileSync(join(FIXTURES, name), "utf8");
const seen = (value: unknown) => {
  const found = readSlurmRecord(value);
  assert.ok(found);
  return found;
};
const summary = (value: unknown) => {
  const { observation } = seen(value);
  return [observation.status, observation.verdict ?? null, observation.exit_code ?? null];
};

test("aligned columns are cut where their dashes say, states and all", () => {
  assert.deepEqual(summary(fixture("sacct-aligned.txt")), ["failed", "oom", 137]);
  assert.equal(seen(fixture("sacct-aligned.txt")).name, "4711");
});

test("scontrol's first word counts, whatever a command says", () => {
  const found = seen(fixture("scontrol-timeout.txt"));
  assert.deepEqual(summary(fixture("scontrol-timeout.txt")), ["failed", "timeout", 143]);
  assert.deepEqual(found.resources, { cpu: 4, memory: "16GiB", time: "2h" });
  assert.equal(found.ranSeconds, 7228);
  assert.match(found.observation.evidence?.[0]?.text ?? "", /TIMEOUT, reason TimeLimit/);
});

test("the exit code 0 that sacct --json of 22.05 gives a failed job is no exit code", () => {
  const found = seen(JSON.parse(fixture("sacct-22.05.json")));
  assert.deepEqual(summary(JSON.parse(fixture("sacct-22.05.json"))), ["failed", null, null]);
  assert.deepEqual(found.resources, { cpu: 2, memory: "4GiB", time: "1h" });
});

test("newer JSON has lists and numbers in boxes", () => {
  const found = seen(JSON.parse(fixture("sacct-24.json")));
  assert.deepEqual(summary(JSON.parse(fixture("sacct-24.json"))), ["failed", null, 3]);
  assert.deepEqual(found.resources, { cpu: 2, memory: "2GiB", time: "30m" });
});

test("squeue's JSON has raw wait statuses", () => {
  const job = (job_state: string, exit_code: number) => ({ jobs: [{ job_id: 1, job_state, exit_code }] });
  assert.deepEqual(summary(job("FAILED", 768)), ["failed", null, 3]);
  assert.deepEqual(summary(job("OUT_OF_MEMORY", 253)), ["failed", "oom", 137]);
  const boxed = { jobs: [{ job_id: 1, job_state: "FAILED", exit_code: { return_code: 0.5 } }] };
  assert.deepEqual(summary(boxed), ["failed", null, null]);
  assert.deepEqual(seen(JSON.parse(fixture("squeue-pending.json"))).waiting, {
    reason: "capacity",
    detail: "Resources",
  });
});

test("squeue's table has short states and reasons in brackets", () => {
  const table = (state: string, reason: string) =>
    `  JOBID PARTITION NAME USER ST TIME NODES NODELIST(REASON)\n  12_3 batch x bob ${state} 0:00 1 ${reason}\n`;
  assert.equal(seen(table("PD", "(Dependency)")).waiting?.reason, "dependencies");
  assert.equal(seen(table("PD", "(AssocGrpCpuLimit)")).waiting?.reason, "quota");
  assert.equal(seen(table("PD", "(JobArrayTaskLimit)")).waiting?.reason, "concurrency");
  assert.match(seen(table("PD", "(JobHeldUser)")).note ?? "", /held/);
  assert.equal(seen(table("R", "n1")).state, "running");
  assert.equal(seen(table("CG", "n1")).name, "12_3");
});

test("a state is known however a tool spells it, and never guessed", () => {
  assert.equal(fullState("CANCELLED by 1001"), "CANCELLED");
  assert.equal(fullState("OUT_OF_ME+"), "OUT_OF_MEMORY");
  assert.equal(fullState("PD"), "PENDING");
  assert.equal(fullState("REQUEUE+"), null);
  assert.equal(fullState("R+"), null);
  assert.equal(fullState("GREAT"), null);
});

test("lines without numbers are one job's and its steps'", () => {
  assert.deepEqual(summary("FAILED\nOUT_OF_ME+\nCOMPLETED\n"), ["failed", "oom", null]);
  assert.deepEqual(summary("CANCELLED by 0"), ["cancelled", "cancelled_elsewhere", null]);
});

test("a memory kill that was counted in a step is named", () => {
  const { observation } = seen("7|FAILED|1:0\n7.batch|OUT_OF_MEMORY|0:125");
  assert.match(observation.evidence?.[0]?.text ?? "", /memory kill in step 7\.batch/);
});

test("of many jobs, what is alive comes first, then what failed", () => {
  assert.equal(seen("1|COMPLETED|0:0\n2|FAILED|3:0\n3|COMPLETED|0:0").name, "2");
  assert.equal(seen("1|FAILED|3:0\n2|RUNNING|0:0").state, "running");
});

test("a job that was back in the queue is judged by its last record", () => {
  assert.equal(seen("7|NODE_FAIL|1:0\n7.batch|CANCELLED|0:15\n7|COMPLETED|0:0").state, "succeeded");
});

test("memory, peak and having run are read from sacct's columns", () => {
  const text = "JobID|State|ExitCode|AllocCPUS|ReqMem|Timelimit|Elapsed|MaxRSS|Start\n";
  const found = seen(
    `${text}9|FAILED|1:0|4|2Gc|1-00:00:00|00:01:00||2026-03-01T10:00:00\n9.batch|FAILED|1:0|4||||2048K|`,
  );
  assert.deepEqual(found.resources, { cpu: 4, memory: "8GiB", time: "1d" });
  assert.deepEqual([found.observation.peak_memory, found.observation.ran], [2 ** 21, true]);
  assert.equal(seen(`${text}9|FAILED|1:0|4|||00:00:00||Unknown`).observation.ran, false);
});

test("Slurm's sizes and times", () => {
  assert.deepEqual(
    ["4G", "4000Mn", "512", "1.5T", "?"].map((text) => slurmBytes(text, null)),
    [4 * 2 ** 30, 4000 * 2 ** 20, 512 * 2 ** 20, 1.5 * 2 ** 40, null],
  );
  assert.deepEqual(["1-02:03:04", "01:30:00", "30:00", "2-12:00", "UNLIMITED"].map(slurmSeconds), [
    93784,
    5400,
    1800,
    216000,
    null,
  ]);
});

test("prose that names a state is no record", () => {
  for (const text of ["", "the job FAILED", "ERROR FAILED\nstep 3 failed", "State of the art", "a|b|c", "{"])
    assert.equal(readSlurmRecord(text), null, text);
});
