import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel } from "../../../src/app/change.ts";
import { tickAll } from "../../../src/app/tick.ts";
import type { Run } from "../../../src/core/run.ts";
import { SMALL_RESOURCES, workPipeline } from "./work-pipeline.ts";
import { HOUR, MINUTE, openWorld } from "./world.ts";

const endOf = ({ status, outcome }: Run) => [status, outcome];

test("a region that does not exist, in the configuration: refused by name, aborted, nothing spent", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open({ variables: { BIOAGENT_REGION: "mars-north1" } });
  const { run_id } = await app.start(workPipeline(), ["s1", "s2"]);
  assert.deepEqual(endOf(await app.end(run_id)), ["failed", "aborted"]);
  const jobs = Object.values(await app.jobs(run_id));
  const refused = jobs.find(({ status }) => status === "failed");
  assert.equal(refused?.class, "config");
  assert.match(refused!.decision!.reasoning, /mars-north1/);
  assert.match(app.told.at(-1)!.facts.details.join("\n"), /mars-north1/);
  assert.ok(jobs.every(({ attempts }) => attempts.length <= 1));
});

test("a run's own region is where its jobs are created", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), ["s1"], { region: "europe-west4" });
  await app.tick(run_id);
  const [job] = await world.jobs();
  assert.equal(job?.region, "europe-west4");
});

test("a region that does not exist, asked for by the run: refused by name", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), ["s1"], { region: "mars-north1" });
  assert.deepEqual(endOf(await app.end(run_id)), ["failed", "aborted"]);
  assert.match((await app.job(run_id)).decision!.reasoning, /mars-north1/);
});

const GONE = (said: string) =>
  `VM in Managed Instance Group meets error: Batch Error: code - CODE_GCE_BAD_REQUEST, description - error count is 1, latest message example: ${said}`;

/** In the words of the service as it refuses it, and in those of Compute where a group of machines could not be made. */
for (const [who, text] of [
  ["Batch", null],
  [
    "Compute",
    GONE(
      "Invalid value for field 'resource.machineType': 'n9-huge-4'. The referenced machine type does not exist.",
    ),
  ],
] as const) {
  test(`a machine type that does not exist: the job fails before any task, and the run is aborted in the words of ${who}`, async (t) => {
    const rules = text === null ? [] : [{ effect: { zero_tasks: { text } } }];
    const world = await openWorld(t, { scenario: { rules } });
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(
      workPipeline(undefined, { resources: { ...SMALL_RESOURCES, machine: "n9-huge-4" } }),
      ["s1", "s2", "s3"],
    );
    assert.deepEqual(endOf(await app.end(run_id)), ["failed", "aborted"]);
    const jobs = Object.values(await app.jobs(run_id));
    const failed = jobs.filter(({ status }) => status === "failed");
    assert.ok(failed.length > 0);
    for (const job of failed) {
      assert.deepEqual([job.class, job.attempts.length], ["config", 1], job.decision?.reasoning);
      assert.match(job.decision!.reasoning, /n9-huge-4.*(does not exist|is not available)/);
    }
    assert.match(app.told.at(-1)!.facts.details.join("\n"), /n9-huge-4/);
  });
}

test("a job that fails before any task without a cause is retried free, and then told", async (t) => {
  const world = await openWorld(t, {
    scenario: { rules: [{ match: { times: 2 }, effect: { zero_tasks: {} } }] },
  });
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline());
  assert.deepEqual(endOf(await app.end(run_id, { seconds: MINUTE })), ["completed", "all_succeeded"]);
  const job = await app.job(run_id);
  assert.deepEqual(job.classes, ["infra", "infra", null]);
  assert.deepEqual(job.retries, {});
});

/** How docker on the machine ends that cannot get an image: 125 (cromwell 7515), and what the agent's event says where it says it. */
for (const [what, effect, script] of [
  ["exit code 125", null, "exit 125"],
  [
    "the agent's words",
    { zero_tasks: { text: "failed to pull image quay.io/lab/none:1: manifest unknown: manifest unknown" } },
    "true",
  ],
] as const) {
  test(`an image that cannot be pulled (${what}): aborted, no sample after the first is tried`, async (t) => {
    const world = await openWorld(t, { scenario: { rules: effect ? [{ effect }] : [] } });
    if (!world) return;
    const app = await world.open();
    const { run_id } = await app.start(workPipeline(script, { image: "quay.io/lab/none:1", outputs: [] }), [
      "s1",
      "s2",
    ]);
    assert.deepEqual(endOf(await app.end(run_id)), ["failed", "aborted"]);
    const jobs = Object.values(await app.jobs(run_id));
    const failed = jobs.filter(({ status }) => status === "failed");
    assert.ok(failed.length > 0);
    for (const job of failed)
      assert.deepEqual([job.class, job.attempts.length], ["image", 1], job.decision!.reasoning);
  });
}

test("a run in another region, killed before a creation was confirmed, and cancelled: what was made there is ended", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open({
    between: (client) => ({
      ...client,
      // The process is killed when the job has been made.
      create: async (request) => {
        await client.create(request);
        throw new Error("killed");
      },
    }),
  });
  const { run_id } = await app.start(workPipeline("sleep 60"), ["s1"], { region: "europe-west4" });
  await app.tick(run_id).catch(() => {});
  assert.equal((await app.job(run_id)).attempts[0]!.status, "recorded");
  const next = await world.open();
  await cancel(next.deps, run_id, "me");
  assert.deepEqual(endOf(await next.end(run_id)), ["cancelled", "cancelled"]);
  const states = (await world.jobs()).map(({ region, state }) => `${region} ${state}`);
  assert.deepEqual(states, ["europe-west4 CANCELLED"]);
});

test("orphans are swept in every region in which runs of this store have been", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline("sleep 60"), ["s1"], { region: "europe-west4" });
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "running");
  // What a person does who wants to be rid of a run.
  await world.console().doc(`runs/${run_id}`).delete();
  world.pass(HOUR);
  await tickAll(app.deps, app.cache, "all");
  const [job] = await world.jobs();
  assert.match(`${job?.region} ${job?.state}`, /europe-west4 CANCEL/);
});
