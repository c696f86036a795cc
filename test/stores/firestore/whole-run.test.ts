import assert from "node:assert/strict";
import { test } from "node:test";
import type { PipelineInput } from "../../../src/core/pipeline.ts";
import { finish, monitorDeps, startIn } from "../../sim/monitor.ts";
import { World } from "../../sim/world.ts";
import { openStore } from "./open-store.ts";

const PIPELINE: PipelineInput = {
  pipeline: "p",
  steps: [
    { id: "a", script: "true", resources: { memory: "1GiB" }, outputs: ["a/{sample}.txt"] },
    { id: "b", needs: ["a"], script: "true", resources: { memory: "1GiB" }, outputs: ["b/{sample}.txt"] },
  ],
};
const SAMPLES = 20;

test("a run with an OOM, a preemption and a skip ends as it must, at a bounded price", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, warnings } = opened;
  const world = new World((job, attempt) => {
    if (job === "a-s3") return { kind: "needs", bytes: 1.5 * 2 ** 30 };
    if (job === "a-s5" && attempt === 1) return { kind: "preempted" };
    return job === "a-s7" ? { kind: "exit", code: 2 } : { kind: "ok" };
  });
  const deps = monitorDeps(world, store);
  const runId = await startIn(
    deps,
    PIPELINE,
    Array.from({ length: SAMPLES }, (_, at) => `s${at}`),
  );
  const before = { ...store.usage };
  const run = await finish(world, store, runId, 60);
  const reads = store.usage.reads - before.reads;
  const writes = store.usage.writes - before.writes;
  assert.equal(run.outcome, "some_skipped");
  assert.deepEqual(world.violations, []);
  assert.deepEqual(warnings, []);
  const events = await store.readEvents(runId, -1, 10_000);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at),
  );
  assert.equal(events.length, run.event_count);
  const jobs = (await store.load(runId, 0, "whole"))?.jobs ?? [];
  const attempts = jobs.reduce((sum, job) => sum + job.attempts.length, 0);
  assert.equal(attempts, 2 * SAMPLES - 1 + 3);
  const jobWrites = writes - run.rev - run.event_count;
  // One for planning, five for an attempt (DESIGN section 9), and the notices.
  // The cache of a process that stays knows its own commits: a tick reads the run, and jobs that it must see whole.
  assert.ok(reads <= 2 * run.rev, `${reads} reads in ${run.rev} commits`);
  assert.ok(jobWrites <= jobs.length + 5 * attempts + 20, `${jobWrites} job writes for ${attempts} attempts`);
});
