import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel } from "../../src/app/change.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { tickRun } from "../../src/app/tick.ts";
import type { PipelineInput } from "../../src/core/pipeline.ts";
import { isFinalRun } from "../../src/core/status.ts";
import { finish, monitorDeps, startIn, VISIBLE_STEPS, watchedStore } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { type Fate, World } from "../sim/world.ts";

/** Looking changes nothing, so when each looks is a choice only with `BIOAGENT_HISTORIES` large (25,000 histories, not 3,000). */
const THOROUGH = Number(process.env["BIOAGENT_HISTORIES"] ?? 0) >= 2000;
const STEPS: readonly string[] = VISIBLE_STEPS.filter((step) => THOROUGH || step !== "observe");
const MOST_DEATHS = 2;
const BOUND = 60;

const PIPELINE: PipelineInput = {
  pipeline: "p",
  limits: { failed_jobs: 1, failed_samples: 1 },
  steps: [{ id: "a", script: "true", resources: { memory: "1GiB" }, outputs: ["a/{sample}.txt"] }],
};
const SAMPLES = ["s0", "s1", "s2"];

interface Small {
  readonly world: World;
  readonly store: ReturnType<typeof watchedStore>;
  readonly runId: string;
}

async function begin(fates: Readonly<Record<string, Fate>>): Promise<Small> {
  const world = new World((job, attempt) => (attempt === 1 && fates[job]) || { kind: "ok" });
  const store = watchedStore(world);
  return { world, store, runId: await startIn(monitorDeps(world, store), PIPELINE, SAMPLES) };
}
const tick = ({ world, store, runId }: Small) => tickRun(monitorDeps(world, store), new RunsCache(), runId);

/** The states from which two ticks set out at once. */
const STARTS: Readonly<Record<string, () => Promise<Small>>> = {
  "nothing planned yet": () => begin({}),
  "attempts running, one out of memory": async () => {
    const small = await begin({ "a-s1": { kind: "needs", bytes: 2 ** 31 } });
    await tick(small);
    small.world.progress();
    await tick(small);
    small.world.progress();
    return small;
  },
  "attempts recorded by a monitor that died before it submitted them": async () => {
    const small = await begin({ "a-s2": { kind: "exit", code: 1 } });
    const processes = new Processes();
    const deps = monitorDeps(small.world, small.store, { processes, name: "p", steps: ["submit"] });
    processes.start("p", () => tickRun(deps, new RunsCache(), small.runId));
    await processes.ready();
    processes.step("p", "kill");
    await processes.ready();
    return small;
  },
  "cancel requested while three run": async () => {
    const small = await begin({ "a-s0": { kind: "vanishes" } });
    await tick(small);
    small.world.progress();
    await tick(small);
    await cancel(monitorDeps(small.world, small.store), small.runId, "alice");
    return small;
  },
};

/** A place where something was chosen, and out of how many. */
interface Choice {
  readonly chosen: number;
  readonly of: number;
}

/** Plays one history: the choices given, then always the first. Returns every choice that there was. */
async function play(small: Small, given: readonly number[]): Promise<Choice[]> {
  const processes = new Processes();
  for (const name of ["p0", "p1"]) {
    const deps = monitorDeps(small.world, small.store, { processes, name, steps: STEPS });
    processes.start(name, () => tickRun(deps, new RunsCache(), small.runId));
  }
  const choices: Choice[] = [];
  let deaths = 0;
  for (let ready = await processes.ready(); ready.length > 0; ready = await processes.ready()) {
    const fates = deaths < MOST_DEATHS ? (["go", "kill"] as const) : (["go"] as const);
    const options = fates.flatMap((fate) => ready.map((name) => ({ name, fate })));
    const chosen = given[choices.length] ?? 0;
    choices.push({ chosen, of: options.length });
    const { name, fate } = options[chosen]!;
    if (fate === "kill") deaths += 1;
    processes.step(name, fate);
  }
  assert.deepEqual(processes.failures, []);
  return choices;
}

/** The next history in the order of an odometer, or null after the last. */
function next(choices: readonly Choice[]): number[] | null {
  const at = choices.findLastIndex(({ chosen, of }) => chosen + 1 < of);
  return at < 0 ? null : [...choices.slice(0, at).map(({ chosen }) => chosen), choices[at]!.chosen + 1];
}

async function holds({ world, store, runId }: Small, given: readonly number[]): Promise<void> {
  const run = await finish(world, store, runId, BOUND);
  const where = `after the choices ${given.join(",")}`;
  assert.deepEqual(world.violations, [], where);
  assert.ok(isFinalRun(run.status), where);
  const notices = await store.queryNotices({ run_id: runId, limit: 10 });
  assert.equal(notices.length, 1, `the end was told ${notices.length} times ${where}`);
  assert.ok(
    [...world.lives.keys()].every((id) => !world.isAlive(id)),
    `an attempt outlives its run ${where}`,
  );
  const events = await store.readEvents(runId, -1, 1000);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at),
    where,
  );
}

for (const [name, start] of Object.entries(STARTS)) {
  test(`two ticks, three jobs, at most two deaths, every interleaving, from: ${name}`, async (t) => {
    let histories = 0;
    for (let given: number[] | null = []; given !== null; ) {
      const small = await start();
      const choices = await play(small, given);
      await holds(small, given);
      histories += 1;
      given = next(choices);
    }
    t.diagnostic(`${histories} histories`);
    assert.ok(histories > 10);
  });
}
