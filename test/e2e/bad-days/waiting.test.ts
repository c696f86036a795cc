import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { cancel } from "../../../src/app/change.ts";
import type { Run } from "../../../src/core/run.ts";
import { gatedPipeline, onSpot, workPipeline } from "./work-pipeline.ts";
import { DAY, HOUR, MINUTE, openWorld } from "./world.ts";

const endOf = ({ status, outcome }: Run) => [status, outcome];
const events = (told: readonly { event: string }[]) => told.map(({ event }) => event);

test("quota 0: it waits, is told after half an hour, and fails after a day with the quota's name", async (t) => {
  const quota = { for_ms: 7 * DAY * 1000, name: "N2_CPUS" };
  const world = await openWorld(t, { scenario: { rules: [{ effect: { quota } }] } });
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  await app.until(run_id, (_, { "work-s1": job }) => job!.waiting?.reason === "quota");
  assert.match((await app.job(run_id)).waiting!.detail ?? "", /Quota 'N2_CPUS' exceeded/);
  assert.deepEqual(events(app.told), []);
  world.pass(31 * MINUTE);
  await app.tick(run_id);
  assert.deepEqual(events(app.told), ["run.waiting"]);
  world.pass(20 * HOUR);
  assert.equal((await app.tick(run_id)).status, "running");
  assert.deepEqual(events(app.told), ["run.waiting", "run.waiting"], "a wait that lasts is told again");
  world.pass(4 * HOUR);
  const run = await app.end(run_id);
  assert.deepEqual(endOf(run), ["failed", "aborted"]);
  const job = await app.job(run_id);
  assert.deepEqual([job.status, job.attempts.length, job.decision!.rule], ["failed", 1, "waited-too-long"]);
  assert.match(job.decision!.reasoning, /It waited 1 d for quota .*N2_CPUS/);
  assert.match(app.told.at(-1)!.facts.details.join("\n"), /N2_CPUS/);
  const jobs = await world.jobs();
  assert.deepEqual(
    jobs.map(({ state }) => state),
    ["CANCELLED"],
  );
});

test("no spot capacity: after two hours it goes to a standard machine, and nothing runs twice", async (t) => {
  const stock_out = { for_ms: 7 * DAY * 1000 };
  const world = await openWorld(t, { scenario: { rules: [{ match: { nth: 1 }, effect: { stock_out } }] } });
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(undefined, { resources: onSpot }));
  await app.until(run_id, (_, { "work-s1": job }) => job!.waiting?.reason === "capacity");
  world.pass(HOUR);
  await app.tick(run_id);
  assert.equal((await app.job(run_id)).attempts[0]!.cancel_requested_at, null);
  world.pass(HOUR + MINUTE);
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  const job = await app.job(run_id);
  assert.deepEqual(
    job.attempts.map(({ status, resources }) => [status, resources.spot]),
    [
      ["cancelled", true],
      ["succeeded", false],
    ],
  );
  assert.deepEqual(job.retries, {}, "a want of capacity uses up no retry");
  assert.match(job.decisions[0]!.reasoning, /It waited 2 h.* for capacity .*does not have enough resources/);
  const jobs = await world.jobs();
  assert.deepEqual(
    jobs.map(({ spot }) => spot),
    [true, false],
  );
});

test("a quota of calls (429) at creation: it waits for quota, and is created once", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), ["s1", "s2", "s3"]);
  await world.batchFault({ match: { method: "CreateJob" }, effect: { error: { code: 429 } } });
  await app.tick(run_id);
  const waiting = Object.values(await app.jobs(run_id)).map((job) => job.waiting?.reason);
  assert.deepEqual(waiting, ["quota", "quota", "quota"]);
  await world.batchFault();
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  const jobs = await world.jobs();
  assert.equal(jobs.length, 3);
});

test("Batch is away for an hour: nothing changes, it is told after half an hour, and then it goes on", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(
    {
      pipeline: "two",
      steps: [
        { ...workPipeline().steps[0]!, id: "first", outputs: ["{sample}.txt"] },
        {
          ...workPipeline('cp "$RESULTS_DIR/$SAMPLE.txt" "$OUTPUT_DIR/2-$SAMPLE.txt"').steps[0]!,
          id: "second",
          needs: ["first"],
          outputs: ["2-{sample}.txt"],
        },
      ],
    },
    ["s1", "s2"],
  );
  await app.tick(run_id);
  await app.tick(run_id);
  const before = await app.jobs(run_id);
  await world.batchFault({ effect: { error: { code: "UNAVAILABLE" } } });
  for (let minutes = 0; minutes < 60; minutes += 20) {
    await app.tick(run_id);
    world.pass(20 * MINUTE);
  }
  const during = await app.jobs(run_id);
  const told = events(app.told);
  await world.batchFault();
  assert.deepEqual(told, ["run.waiting"]);
  for (const [key, job] of Object.entries(during)) {
    assert.deepEqual([job.status, job.attempts.length], [before[key]!.status, before[key]!.attempts.length]);
    if (job.attempts.length > 0) assert.match(job.waiting?.detail ?? "", /UNAVAILABLE.*It is tried again/);
  }
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  const jobs = await world.jobs();
  assert.equal(jobs.length, 4);
  assert.deepEqual(events(app.told), ["run.waiting", "run.completed"]);
});

test("a run cancelled while Batch is away is cancelled once it is back, and what was made is ended", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(gatedPipeline(join(world.folder, "never")), ["s1", "s2"]);
  await app.until(run_id, (_, jobs) => Object.values(jobs).every(({ status }) => status === "running"));
  await world.batchFault({ effect: { error: { code: "UNAVAILABLE" } } });
  await cancel(app.deps, run_id, "me");
  for (let ticks = 0; ticks < 3; ticks++) {
    assert.equal((await app.tick(run_id)).status, "running");
    world.pass(10 * MINUTE);
  }
  assert.match(app.warnings.join("\n"), /could not cancel 2 attempts, they are tried again: .*UNAVAILABLE/);
  await world.batchFault();
  assert.deepEqual(endOf(await app.end(run_id)), ["cancelled", "cancelled"]);
  const jobs = await world.jobs();
  assert.deepEqual(
    jobs.map(({ state }) => state),
    ["CANCELLED", "CANCELLED"],
  );
});

test("a creation that timed out although it was done is found again, and is not made twice", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), ["s1", "s2"]);
  await world.batchFault({ match: { method: "CreateJob" }, effect: { deadline_exceeded: true } });
  assert.deepEqual(endOf(await app.end(run_id)), ["completed", "all_succeeded"]);
  const jobs = await world.jobs();
  assert.equal(jobs.length, 2);
});
