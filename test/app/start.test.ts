import assert from "node:assert/strict";
import { test } from "node:test";
import { Conflict, type Deps, InvalidRequest, TooMany } from "../../src/app/deps.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { type StartInput, sheetPages, startRun } from "../../src/app/start.ts";
import { tickRun } from "../../src/app/tick.ts";
import { Pipeline } from "../../src/core/pipeline.ts";
import { Run } from "../../src/core/run.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { World } from "../sim/world.ts";

const PIPELINE = Pipeline.parse({
  pipeline: "rnaseq",
  params: { depth: 3 },
  steps: [{ id: "a", script: "true", outputs: ["a/{sample}"] }],
});
const input = (fields: Partial<StartInput> = {}): StartInput => ({
  pipeline: PIPELINE,
  samples: ["s1", "s2"].map((sample) => ({ sample, rows: [{ sample }] })),
  input: null,
  output: "/out",
  ...fields,
});

function lab(fields: Partial<Deps> = {}): Deps {
  let names = 0;
  const world = new World(() => ({ kind: "ok" }));
  const random = () => (names++ * 0.0371) % 1;
  return { ...monitorDeps(world, openMemoryStore()), random, ...fields };
}

test("a started run is planning, has its id, name, folder and table of rules, and is a valid document", async () => {
  const { run, repeated } = await startRun(lab(), input({ params: { depth: 5 }, notify: [] }));
  assert.deepEqual(Run.parse(run), run);
  assert.deepEqual(
    [run.run_id, run.status, run.config.output, run.config.params, repeated],
    ["2026-02-27_rnaseq_001", "planning", "/out/2026-02-27_rnaseq_001/", { depth: 5 }, false],
  );
  assert.match(run.name, /^[a-z]+(-[a-z]+){3}$/);
  assert.deepEqual([run.summary.total_jobs, run.summary.pending], [2, 2]);
  assert.ok(run.rules.some((rule) => rule.name === "oom-ladder"));
});

test("the same request under one key starts one run; another request under it is refused", async () => {
  const deps = lab();
  const first = await startRun(deps, input({ requestKey: "k1" }));
  const again = await startRun(deps, input({ requestKey: "k1" }));
  assert.deepEqual([again.run.run_id, again.repeated], [first.run.run_id, true]);
  await assert.rejects(startRun(deps, input({ requestKey: "k1", output: "/else" })), Conflict);
  assert.equal((await deps.store.queryRuns({ limit: 9 })).items.length, 1);
});

test("a name is unique; numbers count the day's runs over all pipelines", async () => {
  const deps = lab();
  await startRun(deps, input({ name: "castle" }));
  await assert.rejects(startRun(deps, input({ name: "castle" })), Conflict);
  const other = Pipeline.parse({ ...PIPELINE, pipeline: "wgs" });
  assert.equal((await startRun(deps, input({ pipeline: other }))).run.run_id, "2026-02-27_wgs_002");
});

test("the cap of runs per hour refuses with the seconds until one may start again", async () => {
  const world = new World(() => ({ kind: "ok" }));
  const deps = lab({ now: world.now });
  const capped = { ...deps, caps: { ...deps.caps, runsPerHour: 2 } };
  await startRun(capped, input());
  world.pass(600);
  await startRun(capped, input());
  const refused = await startRun(capped, input()).catch((error: unknown) => error);
  assert.ok(refused instanceof TooMany);
  assert.equal(refused.afterSeconds, 3000);
  world.pass(3001);
  await startRun(capped, input());
});

test("the cap of jobs, an executor that is not there, and a folder that cannot be written are refused", async () => {
  const deps = lab();
  const problems = async (changed: Partial<Deps>, fields: Partial<StartInput> = {}) => {
    const error = await startRun({ ...deps, ...changed }, input(fields)).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InvalidRequest);
    return error.message;
  };
  assert.match(
    await problems({ caps: { ...deps.caps, jobsPerRun: 1 } }),
    /the run would have 2 jobs; the cap is 1/,
  );
  assert.match(
    await problems({}, { executor: "slurm" }),
    /executor slurm is not available here; there is local/,
  );
  assert.match(
    await problems({}, { executor: "gcp_batch", region: "us-central1-a" }),
    /region: "us-central1-a" is not a region; it is a zone: give us-central1,/,
  );
  const full = { ...deps.files, prepare: async () => "/out cannot be written: the disk is full" };
  assert.equal(await problems({ files: full }), "output: /out cannot be written: the disk is full");
});

test("a sheet is cut into pages of at most 500 rows, and a sample is never torn", () => {
  const samples = Array.from({ length: 300 }, (_, at) => ({
    sample: `s${at}`,
    rows: Array.from({ length: (at % 4) + 1 }, () => ({ x: "1" })),
  }));
  const pages = sheetPages(samples);
  assert.deepEqual(
    pages.flatMap((page) => page.samples.map(({ sample }) => sample)),
    samples.map(({ sample }) => sample),
  );
  for (const page of pages) assert.ok(page.samples.reduce((sum, { rows }) => sum + rows.length, 0) <= 500);
  assert.ok(pages.length <= 2 + 750 / 490);
});

test("planning killed at any commit goes on where it was: every job once, in order", async () => {
  const many = Array.from({ length: 500 }, (_, at) => ({ sample: `s${at}`, rows: [{ sample: `s${at}` }] }));
  for (const dieAt of [0, 1, 2]) {
    const deps = lab();
    const { run } = await startRun(deps, input({ samples: many }));
    const processes = new Processes();
    const store = processes.wrap("p", deps.store, ["commit"]);
    processes.start("p", () => tickRun({ ...deps, store }, new RunsCache(), run.run_id));
    for (let step = 0; (await processes.ready()).length > 0; step++)
      processes.step("p", step === dieAt ? "kill" : "go");
    await tickRun(deps, new RunsCache(), run.run_id);
    const { run: after, jobs } = (await deps.store.load(run.run_id, 0, "heads"))!;
    assert.deepEqual([after.status, after.planned, jobs.length], ["running", 500, 500]);
    assert.equal(new Set(jobs.map(({ job_id }) => job_id)).size, 500);
  }
});

test("two starts at once get two ids and two names", async () => {
  const deps = { ...lab(), random: () => 0.5 };
  const both = await Promise.all([
    startRun(deps, input()),
    startRun({ ...deps, random: () => 0.1 }, input()),
  ]);
  assert.equal(new Set(both.map(({ run }) => run.run_id)).size, 2);
  assert.equal(new Set(both.map(({ run }) => run.name)).size, 2);
});
