import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { approve, cancel, resume, retry } from "../../src/app/change.ts";
import type { Deps } from "../../src/app/deps.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { startRun } from "../../src/app/start.ts";
import { tickRun } from "../../src/app/tick.ts";
import { Pipeline } from "../../src/core/pipeline.ts";
import { pipelineProblems } from "../../src/core/pipeline-problems.ts";
import { Run } from "../../src/core/run.ts";
import { isFinalRun, type WaitingReason } from "../../src/core/status.ts";
import type { Executor } from "../../src/ports.ts";
import { monitorDeps, VISIBLE_STEPS, watchedStore } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { type Fate, World } from "../sim/world.ts";

/** Random pipelines, not only those somebody thought of; people who hold, approve, cancel, retry and resume; a clock that jumps. */
const RUNS = Math.min(Number(process.env["BIOAGENT_HISTORIES"] ?? 300), 20_000);

const IDS = ["a", "b", "c", "d"] as const;
const stepShape = fc.record({
  per: fc.constantFrom("sample" as const, "sample" as const, "run" as const),
  optional: fc.boolean(),
  spot: fc.boolean(),
  needs: fc.array(fc.nat(3), { maxLength: 2 }),
  parallel: fc.option(fc.constantFrom(1, 2), { freq: 4 }),
});
const spec = fc
  .record({
    steps: fc.array(stepShape, { minLength: 1, maxLength: 4 }),
    preset: fc.constantFrom("default" as const, "nf-core" as const, "frugal" as const, "patient" as const),
    limit: fc.constantFrom(0.5, 1),
    moves: fc.boolean(),
  })
  .map(({ steps, preset, limit, moves }) =>
    Pipeline.parse({
      pipeline: "p",
      preset,
      limits: { failed_jobs: limit, failed_samples: limit },
      rules: moves ? MOVES : [],
      steps: steps.map((step, at) => ({
        id: IDS[at]!,
        per: step.per,
        optional: step.optional,
        needs: [...new Set(step.needs.filter((need) => need < at))].map((need) => IDS[need]!),
        ...(step.parallel ? { max_parallel: step.parallel } : {}),
        script: `do ${at}`,
        resources: { memory: "1GiB", time: "1h", spot: step.spot },
        outputs: [step.per === "run" ? `${at}.txt` : `${at}/{sample}.txt`],
      })),
    }),
  );
const MOVES = [
  {
    name: "elsewhere",
    when: { class: "app" as const },
    do: "retry" as const,
    set: { executor: "slurm" as const },
    times: 1,
    then: "next" as const,
  },
];

const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Fate>({ kind: "ok" }) },
  fc.constantFrom<Fate>(
    { kind: "needs", bytes: 2 ** 32 },
    { kind: "needs", bytes: 2 ** 50 },
    { kind: "exit", code: 1 },
    { kind: "exit", code: 127 },
    { kind: "preempted" },
    { kind: "vanishes" },
    { kind: "never_ran" },
    { kind: "missing_output" },
    { kind: "cancelled_elsewhere" },
  ),
);

const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("tick" as const), dieAt: fc.option(fc.nat(9), { freq: 3 }) }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: "progress" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      seconds: fc.constantFrom(-3600, 1, 60, 2400, 9000, 90_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("stuck" as const),
      reason: fc.option(fc.constantFrom<WaitingReason>("quota", "capacity")),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("unreachable" as const, "blind" as const, "stale" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("approve" as const, "cancel" as const, "resume" as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("retry" as const),
      failed: fc.boolean(),
      sample: fc.option(fc.nat(3)),
    }),
  },
);

const history = fc.record({
  spec,
  samples: fc.integer({ min: 1, max: 4 }),
  hold: fc.boolean(),
  fates: fc.array(fate, { minLength: 5, maxLength: 20 }),
  happenings: fc.array(happening, { maxLength: 40 }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const hashOf = (text: string): number =>
  [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 9973, 7);

/** Everything around one store: two executors that share a world, and attempts that may be stuck before they run. */
class Theatre {
  readonly world: World;
  readonly store: ReturnType<typeof watchedStore>;
  stuck: WaitingReason | null = null;
  #names = 0;

  constructor(it: History) {
    this.world = new World((job, attempt) => it.fates[(hashOf(job) + attempt * 7) % it.fates.length]!);
    this.store = watchedStore(this.world);
  }

  deps(processes?: Processes): Deps {
    const at = processes && { processes, name: "p", steps: VISIBLE_STEPS };
    const deps = monitorDeps(this.world, this.store, at);
    const local = this.#mayBeStuck(deps.executors.get("local")!);
    const executors: Deps["executors"] = new Map([
      ["local", local],
      ["slurm", { ...local, kind: "slurm" }],
    ]);
    return { ...deps, executors, random: () => (this.#names++ * 0.0371) % 1 };
  }

  #mayBeStuck(executor: Executor): Executor {
    const { capacity, submit, cancel: end, log, forget, changed, kind } = executor;
    const observe: Executor["observe"] = async (refs) => {
      const seen = await executor.observe(refs);
      const reason = this.stuck;
      return seen.map((one) =>
        one.status === "submitted" && reason ? { ...one, waiting: { reason, detail: "none left" } } : one,
      );
    };
    return { capacity, submit, cancel: end, log, forget, changed, kind, observe };
  }

  progress(): void {
    if (this.stuck === null) this.world.progress();
  }
}

async function happen(theatre: Theatre, runs: string[], it: History["happenings"][number], samples: number) {
  const runId = runs.at(-1)!;
  const deps = theatre.deps();
  switch (it.kind) {
    case "tick":
      return tickThatMayDie(theatre, runId, it.dieAt);
    case "progress":
      return theatre.progress();
    case "time":
      return theatre.world.pass(it.seconds);
    case "stuck":
      theatre.stuck = it.reason;
      return;
    case "unreachable":
    case "blind":
    case "stale":
      theatre.world[it.kind] = !theatre.world[it.kind];
      return;
    case "approve":
      return approve(deps, runId, "carol").then(noop, refused);
    case "cancel":
      return cancel(deps, runId, "alice").then(noop, refused);
    case "retry": {
      const chosen = it.sample === null ? {} : { samples: [`s${it.sample % samples}`] };
      return retry(deps, runId, { failed: it.failed, ...chosen }, "bob").then(noop, refused);
    }
    case "resume":
      if (theatre.world.unreachable) return;
      return resume(deps, runId, {}).then(({ run }) => void runs.push(run.run_id), refused);
    default:
      return it satisfies never;
  }
}
const noop = () => {};
function refused(error: Error): void {
  if (error.name !== "Conflict") throw error;
}

async function tickThatMayDie(theatre: Theatre, runId: string, dieAt: number | null) {
  const processes = new Processes();
  processes.start("p", () => tickRun(theatre.deps(processes), new RunsCache(), runId));
  for (let step = 0; (await processes.ready()).length > 0; step++)
    processes.step("p", step === dieAt ? "kill" : "go");
  assert.deepEqual(processes.failures, []);
}

/** The faults stop, somebody approves what is held, and each run comes to its end in a bounded number of ticks. */
async function settle(theatre: Theatre, runId: string): Promise<Run> {
  theatre.stuck = null;
  theatre.world.unreachable = theatre.world.blind = theatre.world.stale = false;
  const deps = theatre.deps();
  await approve(deps, runId, null).then(noop, refused);
  const cache = new RunsCache();
  for (let tick = 0; tick < 700; tick++) {
    const run = await tickRun(deps, cache, runId);
    if (run && isFinalRun(run.status)) return run;
    theatre.progress();
    theatre.world.pass(120);
  }
  throw new Error(`run ${runId} does not end`);
}

/** Final jobs of several runs, and of a retry in parts, are beyond the watch. */
const beyond = (text: string): boolean => text.includes("for good");

test("random pipelines, people and clocks: every run ends, told once for each round, and keeps its counts and its history", () =>
  fc.assert(
    fc.asyncProperty(history, async (it) => {
      assert.deepEqual(pipelineProblems(it.spec), []);
      const theatre = new Theatre(it);
      const samples = Array.from({ length: it.samples }, (_, at) => `s${at}`);
      const { run: started } = await startRun(theatre.deps(), {
        pipeline: it.spec,
        samples: samples.map((sample) => ({ sample, rows: [{ sample }] })),
        input: null,
        output: "/out",
        hold: it.hold,
      });
      const runs = [started.run_id];
      for (const happening of it.happenings) await happen(theatre, runs, happening, it.samples);
      for (const id of runs) {
        const run = await settle(theatre, id);
        assert.deepEqual(Run.parse(run), run);
        await checkTold(theatre, run);
        await checkHistory(theatre, run);
      }
      assert.deepEqual(
        theatre.world.violations.filter((text) => !beyond(text)),
        [],
      );
      const alive = [...theatre.world.lives.keys()].filter((id) => theatre.world.isAlive(id));
      assert.deepEqual(alive, [], "attempts outlive their runs");
    }),
    { numRuns: RUNS },
  ));

async function checkTold(theatre: Theatre, run: Run): Promise<void> {
  const notices = await theatre.store.queryNotices({ run_id: run.run_id, limit: 100 });
  assert.deepEqual(
    notices.map(({ round }) => round).toSorted(),
    Array.from({ length: run.round }, (_, at) => at + 1),
  );
}

async function checkHistory(theatre: Theatre, run: Run): Promise<void> {
  const events = await theatre.store.readEvents(run.run_id, -1, 100_000);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    Array.from({ length: run.event_count }, (_, at) => at),
  );
  const { jobs } = (await theatre.store.load(run.run_id, 0, "whole"))!;
  for (const job of jobs) {
    assert.equal(job.exit_codes.length, job.attempts.length, `${job.key}: an exit code for every attempt`);
    assert.equal(job.classes.length, job.attempts.length, `${job.key}: a class for every attempt`);
    for (const attempt of job.attempts) {
      const ends = events.filter(
        (event) =>
          event.job === job.key &&
          event.type === "job.observed" &&
          event.attempt === attempt.attempt &&
          event.data["status"] === attempt.status,
      );
      assert.equal(
        ends.length,
        1,
        `${job.key} attempt ${attempt.attempt}: ${ends.length} ends in the history`,
      );
    }
  }
}
