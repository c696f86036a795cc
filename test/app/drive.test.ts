import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deps } from "../../src/app/deps.ts";
import { drive } from "../../src/app/drive.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { passOn } from "../../src/app/tick.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { PipelineInput } from "../../src/core/pipeline.ts";
import type { Channel, Executor, SubmitResult } from "../../src/ports.ts";
import { finish, monitorDeps, startIn, watchedStore } from "../sim/monitor.ts";
import { type Fate, World } from "../sim/world.ts";
import { aNotice } from "../support/documents.ts";

const PIPELINE: PipelineInput = {
  pipeline: "p",
  steps: [{ id: "a", script: "true", resources: { memory: "1GiB" }, outputs: ["a/{sample}.txt"] }],
};
const samples = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`);

/** A world that goes on whenever the monitor waits for it, and that takes nothing for which it has no slot. */
async function open(count: number, fate: (job: string, attempt: number) => Fate = () => ({ kind: "ok" })) {
  const world = new World(fate);
  const store = watchedStore(world);
  const plain = world.executor();
  const executor: Executor = {
    ...plain,
    changed: async () => world.progress(),
    submit: async (submissions) => {
      const results: SubmitResult[] = [];
      for (const submission of submissions) {
        const attempt = submission.attempt.id;
        const isFull = [...world.lives.keys()].filter((id) => world.isAlive(id)).length >= world.slots;
        if (isFull && !world.lives.has(attempt)) results.push({ attempt, kind: "later", waiting: null });
        else results.push(...(await plain.submit([submission])));
      }
      return results;
    },
  };
  const deps: Deps = { ...monitorDeps(world, store), executors: new Map([["local", executor]]) };
  return { world, store, deps, runId: await startIn(deps, PIPELINE, samples(count)) };
}

test("slots that become free are filled from what is recorded already, many to a commit", async () => {
  const { world, store, deps, runId } = await open(60);
  const run = await drive(deps, new RunsCache(), runId, { lastDeliveries: 0 });
  assert.equal(run?.outcome, "all_succeeded");
  assert.deepEqual(world.violations, []);
  assert.ok(store.commits.length < 60, `${store.commits.length} commits for 60 jobs`);
});

test("every attempt is in the store before it is submitted, also those handed out between two passes", async () => {
  const { world, store, deps, runId } = await open(60, (job, attempt) =>
    attempt === 1 && job.endsWith("7") ? { kind: "preempted" } : { kind: "ok" },
  );
  const unrecorded: string[] = [];
  world.onSubmit = ({ attempt }) => {
    const known = store.commits.some(({ jobs }) =>
      jobs.some((job) => job.attempts.some(({ id }) => id === attempt.id)),
    );
    if (!known) unrecorded.push(attempt.id);
  };
  assert.equal((await drive(deps, new RunsCache(), runId, { lastDeliveries: 0 }))?.outcome, "all_succeeded");
  assert.deepEqual(unrecorded, []);
  assert.deepEqual(world.violations, []);
});

test("nothing is recorded ahead in a step in which nothing has succeeded yet: a wrong script stays cheap", async () => {
  const { world, store, deps, runId } = await open(200, () => ({ kind: "exit", code: 2 }));
  assert.equal((await drive(deps, new RunsCache(), runId, { lastDeliveries: 0 }))?.outcome, "aborted");
  const { jobs } = (await store.load(runId, 0, "whole"))!;
  const spent = jobs.filter(({ attempts }) => attempts.length > 0).length;
  assert.ok(spent <= 10 + world.slots, `${spent} jobs were spent`);
});

test("a monitor that dies with answers that it has not committed loses nothing, and nothing runs twice", async () => {
  const { world, store, deps, runId } = await open(12);
  const made = await passOn(deps, new RunsCache(), runId, { answers: [], submit: true });
  assert.equal(made?.answers.length, world.slots);
  const { jobs } = (await store.load(runId, 0, "whole"))!;
  assert.ok(jobs.every(({ attempts }) => attempts.every(({ status }) => status === "recorded")));
  const run = await finish(world, store, runId, 30);
  assert.equal(run.outcome, "all_succeeded");
  assert.deepEqual(world.violations, []);
  assert.equal(world.lives.size, 12);
});

test("a watcher that is asked to end leaves the store knowing what it has submitted", async () => {
  const { world, store, deps, runId } = await open(12);
  const ending = new AbortController();
  const run = await drive(deps, new RunsCache(), runId, {
    signal: ending.signal,
    onPass: () => ending.abort(),
  });
  assert.equal(run?.status, "running");
  const { jobs } = (await store.load(runId, 0, "whole"))!;
  const live = jobs.flatMap(({ attempts }) => attempts).filter(({ id }) => world.lives.has(id));
  assert.equal(live.length, world.slots);
  assert.ok(live.every(({ status }) => status !== "recorded"));
});

test("an idle run is news for the ledger once", () => {
  const cache = new RunsCache();
  const run = { run_id: "r", rev: 3, status: "running" } as Parameters<RunsCache["news"]>[0][number];
  assert.deepEqual(cache.news([run]), [run]);
  assert.deepEqual(cache.news([run]), []);
  const changed = { ...run, rev: 4 };
  assert.deepEqual(cache.news([changed]), [changed]);
});

test("all recipients of a paced channel hear of the end before the watcher goes, and no more of the start; one that hangs does not matter", async () => {
  const { deps, runId } = await open(2, () => ({ kind: "ok" }));
  const told: string[] = [];
  const paced: Channel = {
    name: "lab",
    kind: "test",
    recipients: ["lab"],
    paceMilliseconds: 100,
    async deliver({ event }, recipient) {
      told.push(`${recipient} ${event}`);
      return { kind: "delivered" };
    },
  };
  const release = Promise.withResolvers<void>();
  const hangs: Channel = {
    ...paced,
    name: "ops",
    paceMilliseconds: 0,
    async deliver() {
      await release.promise;
      return { kind: "ambiguous", reason: "timed out" };
    },
  };
  const now = () => new Date().toISOString();
  const people = ["ann", "bob", "cat", "dan", "eve"];
  const notices = (event: Notice["event"], at: string): Notice[] => [
    aNotice({ id: `ops ${event}`, run_id: runId, channel: "ops", event, created_at: at, next_at: at }),
    ...people.map((recipient) =>
      aNotice({ id: `${recipient} ${event}`, run_id: runId, recipient, event, created_at: at, next_at: at }),
    ),
  ];
  for (const notice of notices("run.started", now())) await deps.store.addNotice(notice);
  const channels = new Map([
    ["lab", paced],
    ["ops", hangs],
  ]);
  const driven = drive({ ...deps, now, channels, subscriptions: [] }, new RunsCache(), runId, {
    lastDeliveries: 3000,
    async onPass({ status }) {
      if (status !== "completed") return;
      for (const notice of notices("run.completed", now())) await deps.store.addNotice(notice);
    },
  });
  const ends = () => told.filter((line) => line.endsWith("run.completed")).length;
  for (const deadline = Date.now() + 5000; ends() < 5 && Date.now() < deadline; )
    await new Promise((next) => setTimeout(next, 20));
  assert.equal(ends(), 5, told.join());
  assert.ok(told.length < 10, told.join());
  release.resolve();
  await driven;
});
