import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cancel, retry } from "../../src/app/change.ts";
import type { Deps } from "../../src/app/deps.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { tickAll, tickRun } from "../../src/app/tick.ts";
import type { PipelineInput } from "../../src/core/pipeline.ts";
import { isFinalRun } from "../../src/core/status.ts";
import type { RunStore } from "../../src/ports.ts";
import { finish, monitorDeps, startIn, watchedStore } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { type Fate, World } from "../sim/world.ts";

const pipeline = (rest: Partial<PipelineInput> = {}): PipelineInput => ({
  pipeline: "p",
  limits: { failed_jobs: 1, failed_samples: 1 },
  steps: [{ id: "a", script: "true", resources: { memory: "1GiB" }, outputs: ["a/{sample}.txt"] }],
  ...rest,
});

async function open(
  fate: (job: string, attempt: number) => Fate,
  samples: readonly string[],
  spec = pipeline(),
) {
  const world = new World(fate);
  const store = watchedStore(world);
  const deps = monitorDeps(world, store);
  return { world, store, deps, runId: await startIn(deps, spec, samples) };
}

/** The store, each call of which takes a few turns of the event loop's smallest step longer than the last one. */
function unsteady(store: RunStore, turns: readonly number[]): RunStore {
  let call = 0;
  return new Proxy(store, {
    get: (target, key, receiver) => {
      const value = Reflect.get(target, key, receiver);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        const before = turns[call++ % turns.length]!;
        for (let turn = 0; turn < before; turn++) await null;
        const result = await value.apply(target, args);
        for (let turn = 0; turn < before % 3; turn++) await null;
        return result;
      };
    },
  });
}

test("ticks at once that share one cache, as in one warm instance, decide nothing on a mixed state", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(9), { minLength: 5, maxLength: 30 }), async (turns) => {
      const { world, store, runId } = await open(
        (job, attempt) => (attempt === 1 && job === "a-s1" ? { kind: "exit", code: 1 } : { kind: "ok" }),
        ["s0", "s1", "s2"],
      );
      const cache = new RunsCache();
      const deps = monitorDeps(world, unsteady(store, turns));
      for (let round = 0; round < 5; round++) {
        await Promise.all([1, 2, 3].map(() => tickRun(deps, cache, runId)));
        world.progress();
      }
      await finish(world, store, runId, 60);
      assert.deepEqual(world.violations, []);
    }),
    { numRuns: 300, examples: [[[4, 4, 0, 6, 1, 6, 3, 1, 7, 6, 1]]] },
  ));

test("a job that a rule moves to another executor is asked for, submitted and seen there", async () => {
  const rules = [
    {
      name: "to-slurm",
      when: { class: "app" as const },
      do: "retry" as const,
      set: { executor: "slurm" as const },
      times: 1,
    },
  ];
  const { world, store, runId } = await open(
    (_job, attempt) => (attempt === 1 ? { kind: "exit", code: 1 } : { kind: "ok" }),
    ["s0"],
    pipeline({ rules }),
  );
  const local = monitorDeps(world, store);
  const slurm = { ...world.executor(), kind: "slurm" as const };
  const deps: Deps = { ...local, executors: new Map([...local.executors, ["slurm", slurm]]) };
  const cache = new RunsCache();
  for (let tick = 0; tick < 12; tick++) {
    await tickRun(deps, cache, runId);
    world.progress();
  }
  const { run, jobs } = (await store.load(runId, 0, "whole"))!;
  assert.equal(run.outcome, "all_succeeded");
  assert.deepEqual(
    jobs[0]!.attempts.map(({ executor }) => executor),
    ["local", "slurm"],
  );
});

test("a retry that asks for more than there is fails with the reason, and does not wait for ever", async () => {
  const { world, store, deps, runId } = await open(() => ({ kind: "exit", code: 1 }), ["s0"]);
  await finish(world, store, runId, 20);
  await retry(deps, runId, { set: { a: { memory: "64GiB" } } }, "bob");
  const run = await finish(world, store, runId, 5);
  const [job] = (await store.load(runId, 0, "whole"))!.jobs;
  assert.equal(run.status, "failed");
  assert.equal(job!.error, "s0 asks for 64GiB of memory; the most there is, is 32768MiB (executor local)");
});

test("an out-of-memory ladder that grew while the executor could not say its largest ends nevertheless", async () => {
  const { world, store, runId } = await open(() => ({ kind: "needs", bytes: 2 ** 40 }), ["s0"], {
    ...pipeline(),
    preset: "patient",
    rules: [
      { name: "steep", when: { class: "oom" }, do: "retry", scale: { memory: 16 }, times: 4, then: "skip" },
    ],
  });
  const blindCapacity = monitorDeps(world, store);
  const executor = blindCapacity.executors.get("local")!;
  let known = true;
  const deps: Deps = {
    ...blindCapacity,
    executors: new Map([
      [
        "local",
        {
          ...executor,
          capacity: async () => (known ? executor.capacity() : Promise.reject(new Error("503"))),
        },
      ],
    ]),
  };
  for (let tick = 0; tick < 12; tick++) {
    known = tick % 2 === 0;
    await tickRun(deps, new RunsCache(), runId);
    world.progress();
  }
  assert.ok(isFinalRun((await finish(world, store, runId, 20)).status));
});

const SAMPLES_1000 = Array.from({ length: 1000 }, (_, at) => `s${at}`);

test("a pass over 1,000 jobs is committed in parts; dying before any of them loses nothing", async () => {
  let deaths = 0;
  for (const dieAt of [0, 1, 2, 3, 5]) {
    const { world, store, runId, deps } = await open((job) => {
      const at = Number(job.slice(3));
      return at % 7 === 0 ? { kind: "exit", code: 1 + (at % 90) } : { kind: "ok" };
    }, SAMPLES_1000);
    world.slots = 1000;
    const quick = { ...world.executor(), capacity: async () => ({ largest: {}, free: null, notes: [] }) };
    const unbounded: Deps = { ...deps, executors: new Map([["local", quick]]) };
    await tickRun(unbounded, new RunsCache(), runId);
    world.progress();
    await tickRun(unbounded, new RunsCache(), runId);
    world.progress();
    const processes = new Processes();
    const dying: Deps = { ...unbounded, store: processes.wrap("p", store, ["commit"]) };
    processes.start("p", () => tickRun(dying, new RunsCache(), runId));
    for (let step = 0; (await processes.ready()).length > 0; step++) {
      processes.step("p", step === dieAt ? "kill" : "go");
      if (step === dieAt) deaths += 1;
    }
    for (let tick = 0; tick < 12; tick++) {
      const run = await tickRun(unbounded, new RunsCache(), runId);
      if (run && isFinalRun(run.status)) break;
      world.progress();
      world.pass(60);
    }
    const run = await store.readRun(runId);
    assert.deepEqual([run?.status, run?.summary.succeeded], ["completed", 857]);
    assert.deepEqual(world.violations, []);
    const notices = await store.queryNotices({ run_id: runId, limit: 10 });
    assert.equal(notices.length, 1);
  }
  assert.equal(deaths, 5);
});

test("a run that throws is reported, and stops no other", async () => {
  const { world, store, deps, runId } = await open(() => ({ kind: "ok" }), ["s0"]);
  const other = await startIn({ ...deps, random: () => 0.1 }, pipeline(), ["s1"]);
  const broken = {
    ...store,
    load: async (id: string, since: number, form: "heads" | "whole") =>
      id === runId ? Promise.reject(new Error("the document is torn")) : store.load(id, since, form),
  };
  const { runs, errors } = await tickAll({ ...deps, store: broken }, new RunsCache(), "all");
  assert.deepEqual(errors, [`run ${runId}: the document is torn`]);
  assert.deepEqual(
    runs.map(({ run_id }) => run_id),
    [other],
  );
  assert.deepEqual(world.violations, []);
});

test("a sweep looks at runs that are due, and a pass by hand at all of them; a final run is left alone", async () => {
  const { world, store, deps, runId } = await open(() => ({ kind: "never_ran" }), ["s0"]);
  const cache = new RunsCache();
  await tickRun(deps, cache, runId);
  world.progress();
  await tickRun(deps, cache, runId);
  assert.deepEqual((await tickAll(deps, cache, "due")).runs, [], "it pauses before its next attempt");
  assert.equal((await tickAll(deps, cache, "all")).runs.length, 1);
  await cancel(deps, runId, "alice");
  assert.equal((await finish(world, store, runId, 10)).status, "cancelled");
  assert.deepEqual((await tickAll(deps, cache, "all")).runs, []);
});

test("the clock may go back by an hour: the run ends all the same, with the same outcome", async () => {
  const { world, store, deps, runId } = await open(
    (job, attempt) => (attempt === 1 && job === "a-s1" ? { kind: "never_ran" } : { kind: "ok" }),
    ["s0", "s1"],
  );
  const cache = new RunsCache();
  await tickRun(deps, cache, runId);
  world.progress();
  await tickRun(deps, cache, runId);
  world.pass(-3600);
  world.progress();
  await tickRun(deps, cache, runId);
  const run = await finish(world, store, runId, 120);
  assert.equal(run.outcome, "all_succeeded");
  assert.deepEqual(world.violations, []);
});

test("a tick that nothing has happened since writes nothing", async () => {
  const { world, store, deps, runId } = await open(() => ({ kind: "ok" }), ["s0", "s1"]);
  const cache = new RunsCache();
  await tickRun(deps, cache, runId);
  world.progress();
  await tickRun(deps, cache, runId);
  const commits = store.commits.length;
  for (let tick = 0; tick < 5; tick++) {
    world.pass(60);
    await tickRun(deps, cache, runId);
  }
  assert.equal(store.commits.length, commits);
});
