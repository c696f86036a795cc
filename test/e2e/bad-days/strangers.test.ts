import assert from "node:assert/strict";
import { test } from "node:test";
import { approve, cancel } from "../../../src/app/change.ts";
import type { Run } from "../../../src/core/run.ts";
import type { GcpBatchExecutor } from "../../../src/executors/gcp_batch/gcp-batch-executor.ts";
import { openPoll } from "../../../src/http/poll.ts";
import { aRequest } from "../../http/memory-app.ts";
import type { CloudApp } from "./cloud-app.ts";
import { quickTime } from "./quick-time.ts";
import { gatedPipeline, workPipeline } from "./work-pipeline.ts";
import { HOUR, openWorld } from "./world.ts";

const endOf = ({ status, outcome }: Run) => [status, outcome];
const JOBS = "locations/us-central1/jobs";

/** A job that a person submitted. */
const THEIRS = (labels: Record<string, string> = {}) => ({
  taskGroups: [{ taskCount: 1, taskSpec: { runnables: [{ script: { text: "sleep 60" } }] } }],
  labels,
});

/** What the first attempt of a job will be called. */
async function firstIdOf(app: CloudApp, run_id: string, key: string): Promise<string> {
  const probe = await app.deps.store.load(run_id, 0, "whole");
  const planned = probe?.jobs.find((job) => job.key === key);
  return `${planned!.job_id}`;
}

for (const [what, labels, owner] of [
  ["a person's", {}, /no label of BioAgent/],
  ["another store's", { "bioagent-store": "another-lab" }, /belongs to the store another-lab/],
] as const) {
  test(`${what} job under our id: config, aborted, and the job is left alone`, async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(workPipeline(), ["s1"], { hold: true });
    await app.tick(run_id);
    const id = await firstIdOf(app, run_id, "work-s1");
    const made = await world.batch("POST", `${JOBS}?jobId=${id}`, THEIRS(labels));
    assert.equal(made.status, 200, JSON.stringify(made.body));
    await approve(app.deps, run_id, null);
    assert.deepEqual(endOf(await app.end(run_id)), ["failed", "aborted"]);
    const job = await app.job(run_id);
    assert.deepEqual([job.class, job.attempts.length], ["config", 1]);
    assert.match(job.decision!.reasoning, /somebody else's/);
    assert.match(job.decision!.reasoning, owner);
    const [theirs, ...others] = await world.jobs();
    assert.deepEqual([theirs!.uid, others], [made.body.uid, []]);
    assert.ok(["SCHEDULED", "RUNNING", "QUEUED"].includes(theirs!.state), "it still runs");
  });
}

test("somebody else's job under our id while our attempt is to be cancelled: the run ends, their job goes on", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  await world.batchFault({ match: { method: "CreateJob" }, effect: { error: { code: 429 } } });
  await app.tick(run_id);
  await world.batchFault();
  const [attempt] = (await app.job(run_id)).attempts;
  const made = await world.batch("POST", `${JOBS}?jobId=${attempt!.id}`, THEIRS());
  await cancel(app.deps, run_id, "me");
  assert.deepEqual(endOf(await app.end(run_id)), ["cancelled", "cancelled"]);
  const [theirs] = await world.jobs();
  assert.equal(theirs!.uid, made.body.uid);
  assert.ok(!theirs!.state.includes("CANCEL"), theirs!.state);
});

const STORE = "bioagent-store";

test("two stores in one project: neither lists, cancels nor sweeps the other's jobs, and equal run ids do not meet", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const filters: string[] = [];
  const one = await world.open({
    between: (client) => ({
      ...client,
      list: (request) => {
        filters.push(request.filter);
        return client.list(request);
      },
    }),
  });
  const two = await world.open({ database: "other" });
  const gate = `${world.folder}/go`;
  const first = await one.start(gatedPipeline(gate), ["s1", "s2"]);
  const second = await two.start(gatedPipeline(gate), ["s1", "s2"]);
  assert.equal(first.run_id, second.run_id, "each store counts its own runs");
  await Promise.all([
    one.until(first.run_id, (_, jobs) => Object.values(jobs).every(({ status }) => status === "running")),
    two.until(second.run_id, (_, jobs) => Object.values(jobs).every(({ status }) => status === "running")),
  ]);
  const uids = await Promise.all([one, two].map((app) => app.deps.store.uid()));
  const open = await world.jobs();
  assert.equal(open.length, 4);
  assert.equal(new Set(open.map(({ labels }) => labels[STORE])).size, 2);
  assert.ok(filters.length > 0);
  for (const filter of filters)
    assert.match(filter, new RegExp(`^labels."bioagent-store" = "${uids[0]}" AND`));

  world.pass(HOUR);
  // To a monitor that knows no attempt at all every open job of its own store is an orphan.
  const swept = await executorOf(two).sweep?.(new Set());
  assert.equal(swept?.length, 2);
  assert.deepEqual(endOf(await two.end(second.run_id)), ["failed", "aborted"]);
  const after = await world.jobs();
  const mine = after.filter(({ labels }) => labels[STORE] === uids[0]);
  assert.deepEqual(
    mine.map(({ state }) => state),
    ["RUNNING", "RUNNING"],
  );
  await cancel(one.deps, first.run_id, "me");
  assert.deepEqual(endOf(await one.end(first.run_id)), ["cancelled", "cancelled"]);
});

const executorOf = ({ deps }: CloudApp) => deps.executors.get("gcp_batch") as GcpBatchExecutor;

test("orphans of this store are swept: a job that no attempt has any more is cancelled, and it is said", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const orphan = "bioagent-20260101-001-work-s1-00000000-a1";
  const labels = { [STORE]: await app.deps.store.uid(), "bioagent-attempt": orphan };
  await world.batch("POST", `${JOBS}?jobId=${orphan}`, THEIRS(labels));
  const poll = openPoll(app, { cloudService: null, time: quickTime(world) });
  world.pass(HOUR);
  for (let sweeps = 0; sweeps < 5; sweeps++) await poll(aRequest("POST", "/"));
  const [job] = await world.jobs();
  assert.match(job!.state, /CANCEL/);
});
