import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cancel, retry } from "../../src/app/change.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { tickRun } from "../../src/app/tick.ts";
import { advance } from "../../src/core/advance.ts";
import type { PipelineInput } from "../../src/core/pipeline.ts";
import { isFinalRun } from "../../src/core/status.ts";
import { finish, monitorDeps, startIn, VISIBLE_STEPS, watchedStore } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { type Fate, World } from "../sim/world.ts";

/** Histories per property; `npm run test:chaos` asks for more. */
const RUNS = Number(process.env["BIOAGENT_HISTORIES"] ?? 400);
/** After faults stop, no run of these shapes may take longer: attempts x stages, and the longest backoff. */
const BOUND = 400;

const PIPELINES: readonly PipelineInput[] = [
  pipeline([{ id: "a" }]),
  pipeline([{ id: "a" }, { id: "b", needs: ["a"] }]),
  pipeline([
    { id: "index", per: "run" },
    { id: "a", needs: ["index"] },
    { id: "b", needs: ["a"], optional: true },
    { id: "gather", per: "run", needs: ["a", "b"] },
  ]),
  {
    ...pipeline([{ id: "a", max_parallel: 1 }, { id: "b" }, { id: "all", per: "run", needs: ["a", "b"] }]),
    preset: "frugal",
  },
];

type StepShape = {
  id: string;
  per?: "run" | "sample";
  needs?: string[];
  optional?: boolean;
  max_parallel?: number;
};
function pipeline(steps: StepShape[]): PipelineInput {
  const resources = { memory: "1GiB", time: "1h" };
  return {
    pipeline: "p",
    limits: { failed_jobs: 0.9, failed_samples: 0.9 },
    steps: steps.map((step) => ({
      ...step,
      script: "true",
      resources,
      outputs: [step.per === "run" ? `${step.id}.txt` : `${step.id}/{sample}.txt`],
    })),
  };
}

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>({ kind: "ok" }) },
  fc.constantFrom(1, 2, 4, 8, 16).map((gib): Fate => ({ kind: "needs", bytes: gib * 2 ** 30 })),
  fc.constantFrom(1, 2, 126, 139).map((code): Fate => ({ kind: "exit", code })),
  fc.constantFrom<Fate>(
    { kind: "preempted" },
    { kind: "vanishes" },
    { kind: "never_ran" },
    { kind: "missing_output" },
    { kind: "cancelled_elsewhere" },
  ),
);

/** What happens, one after the other. */
const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("tick" as const),
      process: fc.nat(1),
      dieAt: fc.option(fc.nat(8), { freq: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("two" as const),
      order: fc.array(fc.nat(5), { maxLength: 24 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: "progress" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("time" as const), seconds: fc.constantFrom(1, 30, 600, 5000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("unreachable" as const, "blind" as const, "stale" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "retry" as const }) },
);

const history = fc.record({
  shape: fc.nat(PIPELINES.length - 1),
  samples: fc.integer({ min: 1, max: 4 }),
  fates: fc.array(fate, { minLength: 6, maxLength: 24 }),
  happenings: fc.array(happening, { maxLength: 30 }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** Plays a history with every fault in it, then lets the faults stop, and returns what is left. */
async function play(it: History) {
  const world = new World((job, attempt) => it.fates[(hashOf(job) + attempt * 7) % it.fates.length]!);
  const store = watchedStore(world);
  world.onSubmit = (submission) => recordedBefore(world, store, submission.run_id, submission.attempt.id);
  const samples = Array.from({ length: it.samples }, (_, at) => `s${at}`);
  const runId = await startIn(monitorDeps(world, store), PIPELINES[it.shape]!, samples);
  const caches = [new RunsCache(), new RunsCache()];
  for (const happening of it.happenings) await happen(world, store, runId, caches, happening);
  const run = await finish(world, store, runId, BOUND);
  return { world, store, run, runId };
}

const hashOf = (text: string): number =>
  [...text].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7) % 1009;

/** Looks into the store, from outside, at the moment of a submission. */
function recordedBefore(
  world: World,
  store: ReturnType<typeof watchedStore>,
  runId: string,
  id: string,
): void {
  const known = store.commits
    .filter((commit) => commit.run.run_id === runId)
    .flatMap((commit) => commit.jobs);
  const attempts = known.flatMap((job) => job.attempts).filter((attempt) => attempt.id === id);
  if (attempts.length === 0) world.violations.push(`${id} was submitted before it was recorded`);
}

async function happen(
  world: World,
  store: ReturnType<typeof watchedStore>,
  runId: string,
  caches: RunsCache[],
  it: History["happenings"][number],
) {
  switch (it.kind) {
    case "tick":
      return tickThatMayDie(world, store, runId, caches, it.process, it.dieAt);
    case "two":
      return twoTicks(world, store, runId, caches, it.order);
    case "progress":
      return world.progress();
    case "time":
      return world.pass(it.seconds);
    case "unreachable":
    case "blind":
    case "stale":
      world[it.kind] = !world[it.kind];
      return;
    case "cancel":
      return cancel(monitorDeps(world, store), runId, "alice").then(noop, refused);
    case "retry":
      return retry(monitorDeps(world, store), runId, {}, "bob").then(noop, refused);
    default:
      return it satisfies never;
  }
}

const noop = () => {};
/** A person's wish that does not fit the state is refused, and that is right. */
function refused(error: Error): void {
  if (error.name !== "Conflict") throw error;
}

async function tickThatMayDie(
  world: World,
  store: ReturnType<typeof watchedStore>,
  runId: string,
  caches: RunsCache[],
  process: number,
  dieAt: number | null,
) {
  const processes = new Processes();
  const deps = monitorDeps(world, store, { processes, name: "p", steps: VISIBLE_STEPS });
  processes.start("p", () => tickRun(deps, caches[process]!, runId));
  for (let step = 0; (await processes.ready()).length > 0; step++)
    processes.step("p", step === dieAt ? "kill" : "go");
  if (dieAt !== null) caches[process] = new RunsCache();
  assert.deepEqual(processes.failures, []);
}

async function twoTicks(
  world: World,
  store: ReturnType<typeof watchedStore>,
  runId: string,
  caches: RunsCache[],
  order: readonly number[],
) {
  const processes = new Processes();
  for (const at of [0, 1]) {
    const name = `p${at}`;
    const deps = monitorDeps(world, store, { processes, name, steps: VISIBLE_STEPS });
    processes.start(name, () => tickRun(deps, caches[at]!, runId));
  }
  for (let turn = 0; ; turn++) {
    const ready = await processes.ready();
    if (ready.length === 0) break;
    const choice = order[turn % Math.max(1, order.length)] ?? 0;
    const name = ready[choice % ready.length]!;
    const dies = choice === 5 && turn > 2;
    processes.step(name, dies ? "kill" : "go");
    if (dies) caches[Number(name.slice(1))] = new RunsCache();
  }
  assert.deepEqual(processes.failures, []);
}

const property = (check: (played: Awaited<ReturnType<typeof play>>, it: History) => void | Promise<void>) =>
  fc.assert(
    fc.asyncProperty(history, async (it) => {
      const played = await play(it);
      assert.deepEqual(played.world.violations, []);
      await check(played, it);
    }),
    { numRuns: RUNS },
  );

test("invariants 1, 2, 5, 6, 7, 9, 10 hold in every history: record before act, one execution, unknown is not failed, verified, budgets, counts, every run ends", () =>
  property(({ run, world }) => {
    assert.ok(isFinalRun(run.status));
    assert.ok(
      [...world.lives.values()].every((life) => life.stage === "ended" || life.stage === "cancelled"),
      "an attempt outlives its run",
    );
  }));

test("invariant 4, final is final: whatever is observed afterwards is absorbed", () =>
  property(async ({ run, store, runId, world }) => {
    const { jobs } = (await store.load(runId, 0, "whole"))!;
    const attempts = jobs.flatMap((job) => job.attempts);
    const late = attempts.flatMap(({ id }) => [
      { attempt: id, status: "running" as const },
      { attempt: id, status: "failed" as const, exit_code: 1 },
      { attempt: id, status: "lost" as const, certain: true },
    ]);
    const pass = advance({
      run,
      jobs: new Map(jobs.map((job) => [job.key, job])),
      observations: late,
      capacity: new Map(),
      recipients: new Map(),
      mostAttempts: 20,
      now: world.now(),
    });
    assert.equal(pass.changed, false);
    assert.deepEqual([pass.jobs, pass.events, pass.notices], [[], [], []]);
  }));

test("invariant 8, the end of every round is in the outbox exactly once, with the commit that ended it", () =>
  property(async ({ store, runId, run }) => {
    const notices = await store.queryNotices({ run_id: runId, limit: 100 });
    const rounds = notices.map((notice) => notice.round);
    assert.deepEqual(
      rounds.toSorted(),
      Array.from({ length: run.round }, (_, at) => at + 1),
    );
    for (const commit of store.commits) {
      const ends = isFinalRun(commit.run.status);
      assert.equal(commit.notices.length, ends ? 1 : 0);
    }
  }));

test("the history is complete: events are numbered without gap, and every attempt's end and every decision is in it", () =>
  property(async ({ store, runId, run }) => {
    const events = await store.readEvents(runId, -1, 10_000);
    assert.deepEqual(
      events.map((event) => event.seq),
      Array.from({ length: run.event_count }, (_, at) => at),
    );
    const { jobs } = (await store.load(runId, 0, "whole"))!;
    for (const job of jobs) {
      const own = events.filter((event) => event.job === job.key);
      const decided = own.filter((event) => event.type === "job.decided").length;
      assert.ok(
        decided >= job.decisions.length,
        `${job.key}: ${decided} events for ${job.decisions.length} decisions`,
      );
      for (const attempt of job.attempts) {
        assert.ok(own.some((event) => event.type === "job.recorded" && event.attempt === attempt.attempt));
      }
    }
  }));
