import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Handler, openPoll } from "../../../src/http/poll.ts";
import { aRequest } from "../../http/memory-app.ts";
import { type CloudApp, lookAnew } from "./cloud-app.ts";
import { quickTime } from "./quick-time.ts";
import { gatedPipeline, workPipeline } from "./work-pipeline.ts";
import { HOUR, MINUTE, openWorld, type World } from "./world.ts";

/** As Pub/Sub pushes what Batch publishes. */
const pushOf = (jobName: string, publishTime: string, state = "SUCCEEDED") =>
  aRequest("POST", "/", {
    body: {
      message: {
        data: "",
        attributes: {
          Type: "JOB_STATE_CHANGED",
          JobName: jobName,
          NewJobState: state,
          Region: "us-central1",
        },
        messageId: "1",
        publishTime,
      },
      subscription: "projects/p/subscriptions/bioagent-push",
    },
  });
const sweep = () => aRequest("POST", "/");
const nameOf = (world: World, id: string) => `projects/${world.projectId}/locations/us-central1/jobs/${id}`;
const pollOf = (app: CloudApp, world: World): Handler =>
  openPoll(app, { cloudService: null, time: quickTime(world) });
const states = async (app: CloudApp, run_id: string) =>
  Object.values(await app.jobs(run_id)).map(({ status }) => status);

/** Where Pub/Sub pushes; what came before there is a poll is refused, and comes again. */
async function endpoint(t: TestContext) {
  let poll: Handler | null = null;
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const answer = await poll?.(aRequest("POST", "/", { body: Buffer.concat(parts) }));
    if (answer) statuses.push(answer.status);
    response.writeHead(answer?.status ?? 503).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    statuses,
    connect: (handler: Handler) => {
      poll = handler;
    },
  };
}

test("every message of Batch comes five times and out of order: the run ends once, nothing is done or told twice", async (t) => {
  const pushed = await endpoint(t);
  const world = await openWorld(t, {
    push: { url: pushed.url },
    scenario: { rules: [{ effect: { push: { duplicates: 4, shuffle_ms: 400 } } }] },
  });
  if (!world) return;
  const app = await world.open({
    variables: { BIOAGENT_TOPIC: `projects/${world.projectId}/topics/bioagent` },
  });
  const poll = pollOf(app, world);
  pushed.connect(poll);
  const script = 'if [ "$SAMPLE$ATTEMPT" = s21 ]; then exit 3; fi\nprintf x > "$OUTPUT_DIR/$SAMPLE.txt"';
  const { run_id } = await app.start(workPipeline(script), ["s1", "s2", "s3"]);
  for (let sweeps = 0; sweeps < 100; sweeps++) {
    await lookAnew(app.deps);
    await poll(sweep());
    if ((await app.deps.store.readRun(run_id))!.status === "completed") break;
    world.pass(10);
    await sleep(100);
  }
  await poll(sweep());
  const run = (await app.deps.store.readRun(run_id))!;
  assert.deepEqual([run.status, run.outcome], ["completed", "all_succeeded"]);
  const attempts = Object.values(await app.jobs(run_id)).map((job) => job.attempts.length);
  assert.deepEqual(attempts, [1, 2, 1]);
  assert.deepEqual(
    app.told.map(({ event }) => event),
    ["run.completed"],
  );
  assert.ok(pushed.statuses.length >= 10, `${pushed.statuses.length} pushes came`);
  assert.ok(
    pushed.statuses.every((status) => status === 204),
    String(pushed.statuses),
  );
  assert.equal((await world.jobs()).length, 4);
});

test("a message decides at once, also where everything was listed a moment before", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const poll = pollOf(app, world);
  const gate = join(world.folder, "go");
  const { run_id } = await app.start(gatedPipeline(gate));
  await poll(sweep());
  const { job_id } = await app.job(run_id);
  await world.inState("RUNNING");
  // Often enough that looking up single jobs is no longer cheaper than a listing.
  for (let sweeps = 0; sweeps < 4; sweeps++) await poll(sweep());
  assert.deepEqual(await states(app, run_id), ["running"]);
  writeFileSync(gate, "");
  await world.inState("SUCCEEDED");
  await poll(pushOf(nameOf(world, job_id), world.now()));
  assert.deepEqual(await states(app, run_id), ["succeeded"]);
});

test("messages that are very late, of an attempt that is over or a run that has ended, change nothing and are acknowledged", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const poll = pollOf(app, world);
  const gate = join(world.folder, "go");
  const script = `if [ "$ATTEMPT" = 1 ]; then exit 3; fi\n${gatedPipeline(gate).steps[0]!.script}`;
  const { run_id } = await app.start(workPipeline(script));
  const early = world.now();
  await app.until(run_id, (_, { "work-s1": job }) => job!.attempts.length === 2 && job!.status === "running");
  const [first, second] = (await app.job(run_id)).attempts;
  const before = await app.job(run_id);
  for (const publishTime of [early, world.now()]) {
    const { status } = await poll(pushOf(nameOf(world, first!.id), publishTime, "FAILED"));
    assert.equal(status, 204);
  }
  assert.deepEqual(await app.job(run_id), before);
  writeFileSync(gate, "");
  const ended = await app.end(run_id);
  world.pass(48 * HOUR);
  for (const { id } of [first!, second!])
    assert.equal((await poll(pushOf(nameOf(world, id), early))).status, 204);
  assert.deepEqual(await app.deps.store.readRun(run_id), ended);
  assert.deepEqual(
    app.told.map(({ event }) => event),
    ["run.completed"],
  );
});

test("messages about somebody else's jobs, and malformed ones, are acknowledged and touch nothing", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  let calls = 0;
  const app = await world.open({
    between: (client) => ({
      ...client,
      list: (request) => {
        calls += 1;
        return client.list(request);
      },
      get: (name) => {
        calls += 1;
        return client.get(name);
      },
    }),
  });
  const poll = pollOf(app, world);
  const { run_id } = await app.start(gatedPipeline(join(world.folder, "go")));
  await app.until(run_id, (_, { "work-s1": job }) => job!.status === "running");
  const { job_id } = await app.job(run_id);
  const before = await app.deps.store.readRun(run_id);
  calls = 0;
  const foreign = [
    nameOf(world, "nf-be93a727-170767"),
    nameOf(world, "bioagent-20260101-001-work-s1-deadbeef-a1"),
    `projects/another-project/locations/us-central1/jobs/${job_id}`,
    nameOf(world, job_id.replace(/.$/, "9")),
    "../../etc/passwd",
    "",
  ];
  for (const name of foreign) assert.equal((await poll(pushOf(name, world.now()))).status, 204, name);
  const malformed = [
    '{"message":',
    '{"message":null,"subscription":"s"}',
    '{"message":{"attributes":{"JobName":5}}}',
    '{"message":{"attributes":["JobName"]},"subscription":"s"}',
    '{"message":{"publishTime":"yesterday","attributes":{"JobName":"x y"}}}',
  ];
  for (const body of malformed) {
    const { status } = await poll(aRequest("POST", "/", { body }));
    assert.ok(status === 204 || status === 200, `${status} for ${body}`);
  }
  const looks = calls;
  assert.deepEqual((await app.deps.store.readRun(run_id))!.summary, before!.summary);
  // A body that is no JSON at all is Scheduler's, as far as anybody can tell: that one sweeps, and looks.
  assert.ok(looks <= 2, `${looks} calls to Batch`);
  world.pass(MINUTE);
  assert.deepEqual(await states(app, run_id), ["running"]);
});
