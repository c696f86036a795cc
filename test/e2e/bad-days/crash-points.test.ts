import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deliver } from "../../../src/app/deliver.ts";
import type { Deps } from "../../../src/app/deps.ts";
import { RunsCache } from "../../../src/app/runs-cache.ts";
import { startRun } from "../../../src/app/start.ts";
import { tickAll } from "../../../src/app/tick.ts";
import { Pipeline } from "../../../src/core/pipeline.ts";
import { isFinalRun, JOB_STATUSES } from "../../../src/core/status.ts";
import { type BatchClient, openBatchClient } from "../../../src/executors/gcp_batch/batch-client.ts";
import { countCalls } from "../../../src/executors/gcp_batch/call-counts.ts";
import type { Message } from "../../../src/ports.ts";
import { lookAnew } from "./cloud-app.ts";
import { type Fate, mortal } from "./mortal.ts";
import { SMALL_RESOURCES } from "./work-pipeline.ts";
import { BUCKET, openWorld, type World } from "./world.ts";

/** Tasks that only last, so that hundreds of stories can be told; the first attempt of each job is preempted. */
const PIPELINE = Pipeline.parse({
  pipeline: "crashed",
  steps: [{ id: "work", script: "true", resources: SMALL_RESOURCES }],
});
const LASTING = 'gcp: { labels: { emulator-seconds: "0" } }\n';
const SCENARIO = { rules: [{ match: { job: "*-a1" }, effect: { preempt: {} } }] };

/** What many lives share: nothing that a process holds. */
interface Ground {
  readonly world: World;
  readonly batch: BatchClient;
}

interface Story {
  /** Its database too: a pass looks at all that is in a store. */
  readonly name: string;
  readonly told: Message[];
  /** The run's id, as far as somebody outside got to know it. */
  run: string | null;
  /** The store's label in Batch. */
  store: string;
}

/** How a process lived: whether it came to the end, its calls, and the store as it is without it. */
interface Life {
  readonly told: boolean;
  readonly calls: number;
  readonly store: Deps["store"];
}

/** One process: it starts the run, as a client asks for it again and again under one key, and passes until the end is told. */
async function live(ground: Ground, story: Story, fate: Fate): Promise<Life> {
  const process = mortal(fate);
  const between = () => process.wrap(ground.batch);
  const { deps: raw, told } = await ground.world.open({ database: story.name, between });
  story.store = await raw.store.uid();
  const deps: Deps = {
    ...raw,
    store: process.wrap(raw.store),
    files: process.wrap(raw.files),
    channels: new Map([...raw.channels].map(([name, channel]) => [name, process.wrap(channel)])),
    // Its files are derived, and written again by the next pass; on a disk they would take most of the time of this test.
    ledger: process.wrap({ record: async () => [] }),
  };
  const end = await Promise.race([process.died, untilTold(ground, deps, story)]);
  story.told.push(...told);
  return { told: end === "told", calls: process.calls(), store: raw.store };
}

async function untilTold(ground: Ground, deps: Deps, story: Story): Promise<"told"> {
  const cache = new RunsCache();
  for (let passes = 0; passes < 40; passes++) {
    try {
      story.run ??= await start(deps, story);
      await lookAnew(deps);
      await tickAll(deps, cache, "all");
      await deliver(deps, { limit: 50, runId: story.run });
      if (await isTold(deps, story.run)) return "told";
    } catch {
      // What fails by intent is tried again by the next pass, as the function's caller does.
    }
    await settled(ground, story);
  }
  throw new Error(`story ${story.name} came to no end`);
}

async function start(deps: Deps, { name }: Story): Promise<string> {
  const { run } = await startRun(deps, {
    pipeline: PIPELINE,
    samples: [{ sample: "s1", rows: [{ sample: "s1" }] }],
    input: null,
    output: `gs://${BUCKET}/${name}`,
    requestKey: name,
  });
  return run.run_id;
}

async function isTold(deps: Deps, run_id: string): Promise<boolean> {
  const run = await deps.store.readRun(run_id);
  const open = await deps.store.queryNotices({ run_id, status: ["pending", "sending"], limit: 1 });
  return run !== null && isFinalRun(run.status) && open.length === 0;
}

interface InBatch {
  readonly id: string;
  readonly state: string;
  readonly run: string;
}

async function inBatch({ world }: Ground, { store }: Story): Promise<InBatch[]> {
  const filter = encodeURIComponent(`labels."bioagent-store" = "${store}"`);
  const { status, body } = await world.batch("GET", `locations/us-central1/jobs?filter=${filter}`);
  assert.equal(status, 200);
  return (body.jobs ?? []).map(
    (job: { name: string; status: { state: string }; labels: Record<string, string> }) => ({
      id: job.name.split("/").at(-1)!,
      state: job.status.state,
      run: job.labels["bioagent-run"]!,
    }),
  );
}

const ENDED = ["SUCCEEDED", "FAILED", "CANCELLED"];

/** Waits until nothing is open in Batch, so that each pass has something to see; leaves what a machine leaves. */
async function settled(ground: Ground, story: Story): Promise<void> {
  for (;;) {
    const jobs = await inBatch(ground, story);
    for (const job of jobs) if (job.state === "SUCCEEDED") await leaveManifest(ground, story, job);
    if (jobs.every(({ state }) => ENDED.includes(state))) return;
    await sleep(25);
  }
}

async function leaveManifest({ world }: Ground, { name }: Story, { id, run }: InBatch): Promise<void> {
  const folder = join(world.buckets, BUCKET, name, run, ".bioagent/work-s1");
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, `a${id.split("-a").at(-1)}.json`),
    JSON.stringify({ attempt: id, outputs: [] }),
  );
}

/** The store's word against the witness's. */
async function check(ground: Ground, story: Story, store: Deps["store"]): Promise<void> {
  const { run: run_id, told, name } = story;
  const { run, jobs } = (await store.load(run_id!, 0, "whole"))!;
  assert.deepEqual([run.status, run.outcome], ["completed", "all_succeeded"], `${name}: ${jobs[0]?.error}`);
  const ran = (await inBatch(ground, story)).map(({ id, state }) => `${id} ${state}`);
  const [job] = jobs;
  const [first, second] = job!.attempts.map(({ id }) => id);
  assert.deepEqual(ran.toSorted(), [`${first} FAILED`, `${second} SUCCEEDED`], `${name}: what really ran`);
  assert.deepEqual([job!.exit_codes, job!.retries], [[50001, 0], { preempted: 1 }], name);
  const fold = Object.fromEntries(
    JOB_STATUSES.map((status) => [status, jobs.filter((job) => job.status === status).length]),
  );
  const { total_jobs: _t, notes: _n, ...summary } = run.summary;
  assert.deepEqual(summary, fold, name);
  const events = await store.readEvents(run_id!, -1, 500);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at),
    name,
  );
  assert.equal(events.filter(({ type }) => type === "job.decided").length, 1, name);
  assert.equal(events.filter(({ type }) => type === "job.recorded").length, 2, name);
  const ends = told.filter(({ event }) => event === "run.completed");
  assert.ok(ends.length >= 1, `${name}: the end was told`);
  assert.ok(
    ends.slice(1).every(({ possible_repeat }) => possible_repeat),
    `${name}: a repeat says that it may be one`,
  );
}

/** One story with its one bad moment, and its end. Returns how many calls its first process made. */
async function tell(ground: Ground, at: number, how: Fate["how"]): Promise<number> {
  const story: Story = { name: `${how}-${at}`, told: [], run: null, store: "" };
  const first = await live(ground, story, { at, how });
  // Claims of a process that died run out.
  ground.world.pass(130);
  const last = first.told ? first : await live(ground, story, { at: 0, how });
  await check(ground, story, last.store);
  if (how === "fails" || at === 0) assert.ok(first.told, "an error ends no process");
  await Promise.all([first.store.close(), last.store.close()]);
  return first.calls;
}

/** Stories told side by side. */
const LANES = 6;

for (const how of ["dies", "fails"] as const) {
  test(`${how === "dies" ? "a process killed after" : "an error of"} each of its calls in turn: the run ends, nothing is lost or doubled`, async (t) => {
    const world = await openWorld(t, { scenario: SCENARIO });
    if (!world) return;
    writeFileSync(join(world.folder, "bioagent.yaml"), LASTING);
    const counter = countCalls();
    const client = openBatchClient({ project: world.projectId, emulator: world.batchAddress, counter });
    // As an hour later, when Batch has forgotten which request made a job: only its id tells then.
    const batch: BatchClient = {
      ...client,
      create: (request) => client.create({ ...request, requestId: randomUUID() }),
    };
    const ground: Ground = { world, batch };
    const last = await tell(ground, 0, how);
    const points = Array.from({ length: last }, (_, at) => at + 1);
    const tellInTurn = async () => {
      for (let at = points.shift(); at !== undefined; at = points.shift()) {
        await tell(ground, at, how).catch((error: unknown) => {
          points.length = 0; // the first that fails says enough
          throw error;
        });
      }
    };
    await Promise.all(Array.from({ length: LANES }, tellInTurn));
    t.diagnostic(`${last} calls, each of them once`);
    assert.ok(last >= 30);
  });
}
