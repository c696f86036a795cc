import assert from "node:assert/strict";
import { test } from "node:test";
import { approve, cancel, findRun, resume, retry } from "../../src/app/change.ts";
import { Conflict, type Deps, InvalidRequest, NotFound } from "../../src/app/deps.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { startRun } from "../../src/app/start.ts";
import { tickRun } from "../../src/app/tick.ts";
import { Pipeline, type PipelineInput } from "../../src/core/pipeline.ts";
import type { Run } from "../../src/core/run.ts";
import { finish, monitorDeps, watchedStore } from "../sim/monitor.ts";
import { type Fate, World } from "../sim/world.ts";

const step = (id: string, rest: object = {}) => ({
  id,
  script: `do ${id}`,
  resources: { memory: "1GiB" },
  outputs: [`${id}/{sample}.txt`],
  ...rest,
});
const spec = (steps: object[], rest: Partial<PipelineInput> = {}): Pipeline =>
  Pipeline.parse({ pipeline: "p", limits: { failed_jobs: 1, failed_samples: 1 }, steps, ...rest });

/** A world, its store, and what a person can do there. */
class Lab {
  readonly world: World;
  readonly store: ReturnType<typeof watchedStore>;
  readonly deps: Deps;
  #names = 0;

  constructor(fate: (job: string, attempt: number) => Fate) {
    this.world = new World(fate);
    this.store = watchedStore(this.world);
    this.deps = { ...monitorDeps(this.world, this.store), random: () => (this.#names++ * 0.037) % 1 };
  }

  async start(pipeline: Pipeline, samples: readonly string[], rest: object = {}): Promise<string> {
    const rows = samples.map((sample) => ({ sample, rows: [{ sample }] }));
    const { run } = await startRun(this.deps, {
      pipeline,
      samples: rows,
      input: null,
      output: "/out",
      ...rest,
    });
    return run.run_id;
  }

  async finish(runId: string): Promise<Run> {
    const run = await finish(this.world, this.store, runId, 200);
    // The watch over final jobs knows one run, and retries of one commit; both are more here.
    assert.deepEqual(
      this.world.violations.filter((text) => !text.includes("for good")),
      [],
    );
    return run;
  }

  async jobs(runId: string) {
    const { jobs } = (await this.store.load(runId, 0, "whole"))!;
    return Object.fromEntries(jobs.map((job) => [job.key, job]));
  }
}

const failsOnce = (job: string, attempt: number): Fate =>
  job === "a-s1" && attempt <= 2 ? { kind: "exit", code: 1 } : { kind: "ok" };

test("a run is found by id, by name and by a unique prefix; a shared prefix names what it may be", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const first = await lab.start(spec([step("a")]), ["s1"], { name: "castle-one" });
  const second = await lab.start(spec([step("a")]), ["s1"], { name: "castle-two" });
  assert.equal(await findRun(lab.deps, first), first);
  assert.equal(await findRun(lab.deps, "castle-two"), second);
  assert.equal(await findRun(lab.deps, "castle-o"), first);
  await assert.rejects(
    findRun(lab.deps, "castle"),
    new NotFound(`"castle" may be ${second}, ${first}; give more of it`),
  );
  await assert.rejects(
    findRun(lab.deps, "nope"),
    new NotFound('there is no run "nope"; bioagent list shows them'),
  );
});

test("cancel: what never started ends at once, what lives when it has really ended, and then the run", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const id = await lab.start(spec([step("a", { max_parallel: 1 })]), ["s1", "s2"]);
  await tickRun(lab.deps, new RunsCache(), id);
  const asked = await cancel(lab.deps, id, "alice");
  assert.deepEqual([asked.status, asked.stopping?.reason], ["running", "cancelled by alice"]);
  const after = await tickRun(lab.deps, new RunsCache(), id);
  assert.deepEqual([after?.status, after?.summary.cancelled, after?.summary.submitted], ["running", 1, 1]);
  const end = await lab.finish(id);
  assert.deepEqual([end.status, end.outcome, end.summary.cancelled], ["cancelled", "cancelled", 2]);
  await assert.rejects(cancel(lab.deps, id, "alice"), Conflict);
});

test("cancel twice is one cancel", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const id = await lab.start(spec([step("a")]), ["s1"]);
  const first = await cancel(lab.deps, id, "alice");
  assert.deepEqual(await cancel(lab.deps, id, "bob"), first);
});

test("a run that was only planned waits for approval, and then runs", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const id = await lab.start(spec([step("a")]), ["s1"], { hold: true });
  await tickRun(lab.deps, new RunsCache(), id);
  const held = await tickRun(lab.deps, new RunsCache(), id);
  assert.deepEqual([held?.status, held?.planned, lab.world.lives.size], ["planning", 1, 0]);
  const approved = await approve(lab.deps, id, "alice");
  assert.deepEqual([approved.status, approved.held], ["running", false]);
  assert.equal((await lab.finish(id)).outcome, "all_succeeded");
  const approvals = (await lab.store.readEvents(id, -1, 99)).filter(({ type }) => type === "run.approved");
  assert.deepEqual(
    approvals.map(({ data }) => data),
    [{ by: "alice" }],
  );
});

test("approve before planning is over lets it begin when it is; a held run that is cancelled ends", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const early = await lab.start(spec([step("a")]), ["s1"], { hold: true });
  assert.equal((await approve(lab.deps, early, null)).status, "planning");
  assert.equal((await lab.finish(early)).outcome, "all_succeeded");
  const held = await lab.start(spec([step("a")]), ["s1"], { hold: true });
  await tickRun(lab.deps, new RunsCache(), held);
  await cancel(lab.deps, held, null);
  const cancelled = await lab.finish(held);
  assert.deepEqual([cancelled.outcome, cancelled.started_at], ["cancelled", null]);
  const opened = await retry(lab.deps, held, {}, null);
  assert.equal(opened.started_at, opened.reopened_at, "it begins with the retry");
  assert.equal((await lab.finish(held)).outcome, "all_succeeded");
});

test("retry: a new round, budgets anew, numbers that count on, dependents and gathers again; what succeeded stays", async () => {
  const lab = new Lab(failsOnce);
  const steps = [
    step("a"),
    step("b", { needs: ["a"] }),
    step("all", { per: "run", needs: ["b"], outputs: ["all.txt"] }),
  ];
  const id = await lab.start(spec(steps), ["s1", "s2"]);
  assert.equal((await lab.finish(id)).outcome, "some_skipped");
  const before = await lab.jobs(id);
  assert.deepEqual(
    [before["a-s1"]?.attempts.length, before["b-s1"]?.blocked_by, before["all"]?.status],
    [2, "a-s1", "succeeded"],
  );
  const opened = await retry(lab.deps, id, {}, "bob");
  assert.deepEqual(
    [opened.round, opened.status, opened.outcome, opened.completed_at],
    [2, "running", null, null],
  );
  const { reopened_at } = (await lab.store.readRun(id))!;
  assert.ok(reopened_at! >= before["all"]!.completed_at!, "the run says when its second round began");
  const between = await lab.jobs(id);
  assert.deepEqual([between["all"]?.status, between["all"]?.outputs], ["pending", []]);
  const end = await lab.finish(id);
  assert.equal(end.outcome, "all_succeeded");
  const after = await lab.jobs(id);
  assert.deepEqual(
    after["a-s1"]?.attempts.map(({ attempt, status }) => `${attempt} ${status}`),
    ["1 failed", "2 failed", "3 succeeded"],
  );
  assert.deepEqual(after["b-s2"], before["b-s2"]);
  assert.equal(after["all"]?.attempts.length, 2);
  const rounds = (await lab.store.queryNotices({ run_id: id, limit: 9 })).map(({ round }) => round);
  assert.deepEqual(rounds.toSorted(), [1, 2]);
  assert.deepEqual(await retry(lab.deps, id, {}, "bob").catch((error: Error) => error.name), "Conflict");
});

test("a retried run tells that it goes on, and of how many jobs, to whoever hears of starts", async () => {
  const lab = new Lab(failsOnce);
  const deps: Deps = { ...lab.deps, subscriptions: [{ on: ["run.started"], to: ["lab"] }] };
  Object.assign(lab, { deps });
  const id = await lab.start(spec([step("a")]), ["s1", "s2"]);
  await lab.finish(id);
  await retry(deps, id, {}, "bob");
  const told = (await lab.store.queryNotices({ run_id: id, limit: 9 })).map(
    ({ event, round, facts }) => `${event} ${round}: ${facts.status_line}`,
  );
  assert.deepEqual(told, ["run.started 1: 2 samples, 1 step, 2 jobs", "run.started 2: 1 job again, round 2"]);
});

test("retry by sample, job, class and failure selects those, and refuses what selects nothing", async () => {
  const fates: Record<string, Fate> = {
    "a-s1": { kind: "exit", code: 1 },
    "a-s2": { kind: "needs", bytes: 2 ** 40 },
  };
  const selections = [
    [{ samples: ["s1"] }, ["a-s1"]],
    [{ jobs: ["a-s2"] }, ["a-s2"]],
    [{ classes: ["oom" as const] }, ["a-s2"]],
    [{ failed: true }, ["a-s1", "a-s2"]],
    [{}, ["a-s1", "a-s2"]],
  ] as const;
  for (const [selection, wanted] of selections) {
    const lab = new Lab((job) => fates[job] ?? { kind: "ok" });
    const id = await lab.start(spec([step("a")]), ["s1", "s2", "s3"]);
    await lab.finish(id);
    await retry(lab.deps, id, selection, null);
    const open = Object.values(await lab.jobs(id)).filter(({ status }) => status === "pending");
    assert.deepEqual(
      open.map(({ key }) => key),
      wanted,
    );
    await lab.finish(id);
    await assert.rejects(retry(lab.deps, id, { samples: ["nobody"] }, null), Conflict);
  }
});

test("retry --set gives the next attempt what was asked for, and the old ones keep what they had", async () => {
  const lab = new Lab(() => ({ kind: "needs", bytes: 6 * 2 ** 30 }));
  const id = await lab.start(spec([step("a")]), ["s1"]);
  await lab.finish(id);
  await retry(lab.deps, id, { set: { a: { memory: "8GiB" } } }, null);
  assert.equal((await lab.finish(id)).outcome, "all_succeeded");
  assert.deepEqual(
    (await lab.jobs(id))["a-s1"]?.attempts.map(({ resources }) => resources.memory),
    ["1GiB", "2GiB", "4GiB", "8GiB"],
  );
});

test("a retry of one sample of an aborted run is not aborted at once by those that were not retried", async () => {
  const lab = new Lab((_job, attempt) => (attempt === 1 ? { kind: "exit", code: 126 } : { kind: "ok" }));
  const samples = Array.from({ length: 14 }, (_, at) => `s${at + 10}`);
  lab.world.slots = 14;
  const pipeline = Pipeline.parse({ pipeline: "p", steps: [step("a")] });
  const id = await lab.start(pipeline, samples);
  assert.equal((await lab.finish(id)).outcome, "aborted");
  await retry(lab.deps, id, { samples: ["s10"] }, null);
  const end = await lab.finish(id);
  assert.deepEqual(
    [(await lab.jobs(id))["a-s10"]?.status, end.outcome, end.stopping],
    ["succeeded", "some_failed", null],
  );
});

test("a run that was cancelled while it was planned is planned to its end by retry", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  Object.assign(lab, {
    deps: { ...lab.deps, subscriptions: [{ on: ["run.started" as const], to: ["lab"] }] },
  });
  const samples = Array.from({ length: 200 }, (_, at) => `s${at}`);
  lab.world.slots = 400;
  const id = await lab.start(spec([step("a"), step("b", { needs: ["a"] })]), samples);
  const { planChunk } = await import("../../src/app/plan.ts");
  const { run } = (await lab.store.load(id, 0, "heads"))!;
  assert.notEqual(await planChunk(lab.deps, run, new Map()), "conflict");
  await cancel(lab.deps, id, null);
  const cancelled = await lab.finish(id);
  assert.deepEqual([cancelled.outcome, cancelled.planned], ["cancelled", 180]);
  await retry(lab.deps, id, {}, null);
  const end = await lab.finish(id);
  assert.deepEqual([end.outcome, end.summary.total_jobs, end.summary.succeeded], ["all_succeeded", 400, 400]);
  const told = await lab.store.queryNotices({ run_id: id, limit: 9 });
  assert.deepEqual(
    told.map(({ round, facts }) => [round, facts.status_line]),
    [[2, "400 jobs again, round 2"]],
  );
});

test("a large retry is committed in parts, each a valid state", async () => {
  const lab = new Lab((_job, attempt) => (attempt === 1 ? { kind: "exit", code: 126 } : { kind: "ok" }));
  const samples = Array.from({ length: 400 }, (_, at) => `s${at}`);
  lab.world.slots = 400;
  const id = await lab.start(spec([step("a", { optional: true })]), samples);
  await lab.finish(id);
  const commits = lab.store.commits.length;
  await retry(lab.deps, id, {}, null);
  assert.equal(lab.store.commits.length - commits, 3);
  assert.equal((await lab.finish(id)).summary.succeeded, 400);
});

test("resume takes over what would be the same, runs the rest, and is refused while the run is open", async () => {
  const lab = new Lab(failsOnce);
  const steps = [
    step("a"),
    step("b", { needs: ["a"] }),
    step("all", { per: "run", needs: ["b"], outputs: ["all.txt"] }),
    step("last", { needs: ["all"] }),
    step("next", { needs: ["last"] }),
  ];
  const id = await lab.start(spec(steps), ["s1", "s2"]);
  await assert.rejects(resume(lab.deps, id, {}), Conflict);
  await lab.finish(id);
  const { run } = await resume(lab.deps, id, {});
  const end = await lab.finish(run.run_id);
  assert.deepEqual([end.resumed_from, end.summary.total_jobs], [id, 9]);
  const jobs = Object.values(await lab.jobs(run.run_id));
  assert.deepEqual(
    jobs.filter(({ reused_from }) => reused_from !== null).map(({ key }) => key),
    ["a-s2", "b-s2"],
    "a gather is made anew when what it gathers was, and so is everything that rests on it",
  );
  const [told] = await lab.store.queryNotices({ run_id: run.run_id, limit: 9 });
  assert.equal(told!.facts.jobs, "7 succeeded (2 reused) and 2 skipped");
});

test("resume after an edit runs what has changed and what needs it, and nothing else", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const steps = [step("a"), step("b"), step("c", { needs: ["b"] })];
  const id = await lab.start(spec(steps), ["s1"]);
  await lab.finish(id);
  const pipeline = spec([steps[0]!, { ...steps[1]!, script: "do b otherwise" }, steps[2]!]);
  const { run } = await resume(lab.deps, id, { pipeline });
  await lab.finish(run.run_id);
  const reused = Object.values(await lab.jobs(run.run_id)).filter(({ reused_from }) => reused_from !== null);
  assert.deepEqual(
    reused.map(({ key, reused_from }) => [key, reused_from]),
    [["a-s1", { run_id: id, job: "a-s1" }]],
  );
  const again = await resume(lab.deps, run.run_id, {});
  await lab.finish(again.run.run_id);
  const third = await lab.jobs(again.run.run_id);
  assert.deepEqual(third["a-s1"]?.reused_from, { run_id: id, job: "a-s1" }, "the origin, not the go-between");
});

test("retry --set for a step that does not exist is refused, with the step that was probably meant", async () => {
  const lab = new Lab(() => ({ kind: "exit", code: 126 }));
  const id = await lab.start(spec([step("align")]), ["s1"]);
  await lab.finish(id);
  await assert.rejects(retry(lab.deps, id, { set: { algin: { memory: "8GiB" } } }, null), {
    name: "InvalidRequest",
    message: `set.algin: run ${id} has no step "algin"; did you mean align?`,
  });
});

test("resume keeps parameters that were given, and takes defaults from the pipeline as it is now", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const params = { given: 1, edited: 1, dropped: 1 };
  const id = await lab.start(spec([step("a")], { params }), ["s1"], { params: { given: 5 } });
  await lab.finish(id);
  const { run } = await resume(lab.deps, id, {
    pipeline: spec([step("a")], { params: { given: 1, edited: 2 } }),
  });
  assert.deepEqual(run.config.params, { given: 5, edited: 2 });
});

test("a plain cell beside a file's cell in one column counts: another value is another result", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const locate: Deps["files"]["locate"] = async (_input, cell) =>
    cell.endsWith(".fq") ? { path: `/in/${cell}`, size: 3, generation: "17" } : null;
  // Pages of sheets are remembered by store and run: another store than the other tests'.
  const store = { ...lab.store, uid: async () => "store-of-mixed-columns" };
  const deps: Deps = { ...lab.deps, store, files: { ...lab.deps.files, locate } };
  const run = async (second: string, resumedFrom: string | null) => {
    const rows = ["one.fq", second].map((reads) => ({ sample: "s1", reads }));
    const samples = [{ sample: "s1", rows }];
    const started = await startRun(deps, {
      pipeline: spec([step("a")]),
      samples,
      input: null,
      output: "/out",
      resumedFrom,
    });
    await tickRun(deps, new RunsCache(), started.run.run_id);
    await lab.finish(started.run.run_id);
    return started.run.run_id;
  };
  const first = await run("tumour", null);
  const same = await run("tumour", first);
  const other = await run("normal", first);
  assert.deepEqual((await lab.jobs(same))["a-s1"]?.reused_from, { run_id: first, job: "a-s1" });
  assert.equal((await lab.jobs(other))["a-s1"]?.reused_from, null);
});

test("a request that is wrong is refused with every problem at once, and nothing is left behind", async () => {
  const lab = new Lab(() => ({ kind: "ok" }));
  const pipeline = spec([step("a", { resources: { memory: "99GiB" } })], { params: { depth: 3 } });
  const input = {
    pipeline,
    samples: ["x", "X", "../y", "a;rm"].map((sample) => ({ sample, rows: [{ sample }] })),
    input: null,
    output: "gs://bucket/out",
    name: "Not A Name",
    params: { dpeth: 4 },
    labels: { "No Label": "x" },
    notify: ["nobody"],
  };
  const error = await startRun(lab.deps, input).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof InvalidRequest);
  const paths = error.problems.map(({ path }) => path);
  for (const path of ["samples", "output", "name", "params.dpeth", "labels.No Label", "notify", "resources"])
    assert.ok(paths.includes(path), `nothing is said of ${path}`);
  assert.match(error.message, /dpeth; did you mean depth\?/);
  assert.match(error.message, /samples x and X differ only in case/);
  assert.match(error.message, /"\.\.\/y" is not a sample name/);
  assert.deepEqual((await lab.store.queryRuns({ limit: 9 })).items, []);
});
