import assert from "node:assert/strict";
import { test } from "node:test";
import { resume, retry } from "../../src/app/change.ts";
import { drive } from "../../src/app/drive.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { startRun } from "../../src/app/start.ts";
import { tickRun } from "../../src/app/tick.ts";
import { noticeId } from "../../src/core/ids.ts";
import { Pipeline } from "../../src/core/pipeline.ts";
import { pipelineOf, Scene } from "../core/scene.ts";
import { finish, monitorDeps, watchedStore } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { World } from "../sim/world.ts";

const spec = (steps: object[], rest = {}) =>
  Pipeline.parse({ pipeline: "p", limits: { failed_jobs: 1, failed_samples: 1 }, steps, ...rest });
const step = (id: string, rest = {}) => ({ id, script: `do ${id}`, outputs: [`${id}/{sample}`], ...rest });
const input = (pipeline: Pipeline, names: string[], rest = {}) => ({
  pipeline,
  samples: names.map((sample) => ({ sample, rows: [{ sample }] })),
  input: null,
  output: "/out",
  ...rest,
});
let names = 0;
function lab(fate: ConstructorParameters<typeof World>[0] = () => ({ kind: "ok" })) {
  const world = new World(fate);
  const store = watchedStore(world);
  return { world, store, deps: { ...monitorDeps(world, store), random: () => (names++ * 0.0371) % 1 } };
}

test("a subscription to run.started is told", async () => {
  const { world, store, deps } = lab();
  const { run } = await startRun(
    { ...deps, subscriptions: [{ on: ["run.started"], to: ["lab"] }] },
    input(spec([step("a")]), ["s1"]),
  );
  await finish(world, store, run.run_id, 20);
  assert.equal((await store.queryNotices({ run_id: run.run_id, limit: 9 })).length, 1);
});

test("a large retry during which a tick passes is not left half done with an error", async () => {
  const { world, store, deps } = lab((_job, attempt) =>
    attempt === 1 ? { kind: "exit", code: 126 } : { kind: "ok" },
  );
  world.slots = 400;
  const many = Array.from({ length: 400 }, (_, at) => `s${at}`);
  const { run } = await startRun(deps, input(spec([step("a", { optional: true })]), many));
  await finish(world, store, run.run_id, 30);
  const processes = new Processes();
  let error: unknown = null;
  processes.start("p", () =>
    retry({ ...deps, store: processes.wrap("p", store, ["commit"]) }, run.run_id, {}, null).catch(
      (thrown) => {
        error = thrown;
      },
    ),
  );
  await processes.ready();
  processes.step("p", "go");
  await processes.ready();
  await tickRun(deps, new RunsCache(), run.run_id);
  for (let ready = await processes.ready(); ready.length > 0; ready = await processes.ready())
    processes.step("p", "go");
  assert.equal(error, null);
});

test("resume keeps the channels that the run was started with (--notify)", async () => {
  const { world, store, deps } = lab();
  const channel = {
    name: "pi",
    kind: "x",
    recipients: ["pi"],
    paceMilliseconds: 0,
    deliver: async () => ({ kind: "delivered" as const }),
  };
  const told = { ...deps, channels: new Map([["pi", channel]]) };
  const { run } = await startRun(told, input(spec([step("a")]), ["s1"], { notify: ["pi"] }));
  await finish(world, store, run.run_id, 20);
  const again = await resume(told, run.run_id, {});
  assert.ok(again.run.subscriptions.some(({ to }) => to.includes("pi")));
});

test("a job that could start, and whose executor cannot be asked for more than a day, does not keep its run open for ever", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1"]);
  scene.capacity = new Map();
  for (let hour = 0; hour < 72; hour++) {
    scene.advance();
    scene.wait(3600);
  }
  assert.notEqual(scene.run.outcome, null);
});

test("two recipients never share a notice's id", () => {
  const base = { run: "r", round: 1, event: "run.completed", group: "", channel: "pi" };
  assert.notEqual(
    noticeId({ ...base, recipient: "o'brien@x.org" }),
    noticeId({ ...base, recipient: "o_brien@x.org" }),
  );
});

test("after retry, app failures of the first round do not forbid the plain retry of the second", async () => {
  const { world, store, deps } = lab((job, attempt) =>
    attempt <= 2 || job !== "a-s1" ? { kind: "exit", code: 1 } : { kind: "ok" },
  );
  const { run } = await startRun(deps, input(spec([step("a")]), ["s1", "s2", "s3", "s4"]));
  await finish(world, store, run.run_id, 40);
  await retry(deps, run.run_id, { samples: ["s2"] }, null);
  await finish(world, store, run.run_id, 40);
  const [job] = await store.readJobs(run.run_id, ["a-s2"]);
  const first = job!.decisions.findLast((made) => made.round === 1 && made.action === "retry") ? 2 : 1;
  assert.equal(job!.attempts.length, first + 2, "one retry anew");
});

test("waiting for quota beyond 30 min is told, also while another job runs", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }]), ["s1", "s2"], {
    subscriptions: [{ on: ["run.waiting"], to: ["lab"] }],
  });
  scene.advance();
  const seen = () => [
    scene.of("a-s1", { status: "running" as const }),
    scene.of("a-s2", { status: "submitted" as const, waiting: { reason: "quota" as const } }),
  ];
  scene.advance(seen());
  scene.wait(7200);
  scene.advance(seen());
  assert.equal(scene.notices.length, 1);
});

test("a channel that hangs holds up neither another channel nor the end of a run", async () => {
  const { world, deps } = lab();
  const hanging = new Promise<never>(() => {});
  const told: string[] = [];
  const channel = (name: string, answer: () => Promise<{ kind: "delivered" }>) => ({
    name,
    kind: "x",
    recipients: [name],
    paceMilliseconds: 0,
    deliver: async () => {
      told.push(name);
      return answer();
    },
  });
  const channels = new Map([
    ["a_hangs", channel("a_hangs", () => hanging)],
    ["well", channel("well", async () => ({ kind: "delivered" }))],
  ]);
  const subscriptions = [{ on: ["run.started" as const], to: ["a_hangs", "well"] }];
  const { run } = await startRun({ ...deps, channels, subscriptions }, input(spec([step("a")]), ["s1"]));
  const gone = new AbortController();
  const statuses: string[] = [];
  const driven = drive({ ...deps, channels, subscriptions }, new RunsCache(), run.run_id, {
    every: 1,
    signal: gone.signal,
    onPass: ({ status }) => {
      statuses.push(status);
      world.progress();
      world.pass(60);
    },
  });
  await until(() => statuses.includes("completed") && told.includes("well"));
  gone.abort();
  void driven;
});

async function until(seen: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    if (seen()) return;
    await new Promise((done) => setImmediate(done));
  }
  assert.fail("not seen");
}

test("a decision by a pattern of the log names the pattern, in its evidence and in its words", () => {
  const rules = [{ name: "magic", when: { log: "Bad\\s+magic" }, do: "skip" }];
  const scene = new Scene(Pipeline.parse({ pipeline: "p", rules, steps: [step("a")] }), ["s1", "s2", "s3"]);
  scene.advance();
  scene.advance([
    scene.of("a-s1", { status: "failed", exit_code: 5, log_tail: "Bad  magic 7", matches: ["Bad\\s+magic"] }),
  ]);
  const { decision } = scene.job("a-s1");
  assert.equal(decision?.rule, "magic");
  assert.deepEqual(decision?.evidence.find(({ source }) => source === "pattern")?.text, "Bad\\s+magic");
  assert.match(decision!.reasoning, /^Exit code 5, and the log matches "Bad\\s\+magic"\. Skipping s1\.$/);
});

test("a canary of many different failures does not pass one of them off as the reason of all", () => {
  const names = Array.from({ length: 12 }, (_, at) => `s${at}`);
  const scene = new Scene(Pipeline.parse({ pipeline: "p", preset: "frugal", steps: [step("a")] }), names);
  scene.advance();
  const seen = names
    .slice(0, 10)
    .map((name, at) => scene.of(`a-${name}`, { status: "failed", exit_code: 60 + at }));
  scene.advance(seen);
  assert.match(scene.run.stopping!.reason, /\(10 different reasons, most often: Exit code 60\)/);
});
