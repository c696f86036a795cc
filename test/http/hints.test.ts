import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openPoll } from "../../src/http/poll.ts";
import type { Channel } from "../../src/ports.ts";
import { aNotice } from "../support/documents.ts";
import { cloudOf, handTime } from "./hint-storm.ts";
import { aRequest, aStartBody, ask, openMemoryApp } from "./memory-app.ts";
import { VirtualTime } from "./virtual-time.ts";

const BEGIN = "2026-02-27T10:00:00.000Z";

/** A run of so many jobs on a cloud of paper, planned and submitted; `endsAt` in milliseconds from the begin. */
async function openStorm(t: TestContext, jobs: number, endsAt: (number: number) => number) {
  const time = handTime(BEGIN);
  const begin = time.now();
  const cloud = cloudOf((job) => begin + endsAt(Number(job.slice("reads-s".length))), time.now);
  const memory = await openMemoryApp(t, { now: time.instant });
  const app = { ...memory, deps: cloud.over(memory.deps) };
  const samples = Array.from({ length: jobs }, (_, at) => `s${at}`);
  const started = await ask(app, "POST", "/v1/runs", { body: aStartBody(memory, { samples }) });
  const id = String(started.json["run_id"]);
  const beats: Record<string, number & Record<string, number>>[] = [];
  const poll = openPoll(app, { cloudService: null, time, print: (line) => beats.push(JSON.parse(line)) });
  const sweep = async () => {
    const answer = poll(aRequest("POST", "/"));
    await time.pass(0);
    return JSON.parse((await answer).body) as { runs: { status: string }[]; errors: string[] };
  };
  assert.deepEqual((await sweep()).errors, []);
  const found = await app.deps.store.readJobs(
    id,
    samples.map((sample) => `reads-${sample}`),
  );
  const names = found.map((job) => `projects/p/locations/l/jobs/${job.job_id}`);
  const push = (number: number, publishTime = time.instant()) =>
    poll(
      aRequest("POST", "/", {
        body: { message: { attributes: { JobName: names[number]!, NewJobState: "SUCCEEDED" }, publishTime } },
      }),
    );
  return { app, cloud, id, time, push, sweep, beats };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test("ten thousand hints in five minutes for one run cost few reads and looks, and nothing is lost", async (t) => {
  const jobs = 2000;
  const every = 150;
  const storm = await openStorm(t, jobs, (number) => number * every);
  storm.beats.length = 0;
  storm.cloud.asked.attempts = storm.cloud.asked.calls = 0;
  const pending = new Set<Promise<unknown>>();
  let most = 0;
  const statuses = new Set<number>();
  const send = (number: number) => {
    const answer = storm.push(number).then(({ status }) => {
      statuses.add(status);
      pending.delete(answer);
    });
    pending.add(answer);
  };
  const sweeps: Promise<unknown>[] = [];
  for (let number = 0; number < jobs; number++) {
    // Five messages of each job, as at-least-once delivery repeats them: about its end, later, and much later.
    for (const back of [0, 0, 1, 7, 400]) send(Math.max(0, number - back));
    await storm.time.pass(every);
    most = Math.max(most, pending.size);
    if ((number * every) % 60_000 === 0) sweeps.push(storm.sweep());
  }
  for (let seconds = 0; seconds < 10; seconds++) await storm.time.pass(1000);
  await Promise.all([...pending, ...sweeps]);
  const run = (await storm.app.deps.store.readRun(storm.id))!;
  assert.equal(run.summary.succeeded, jobs, "all are seen without a further sweep");
  await storm.sweep();

  assert.deepEqual([...statuses], [204]);
  assert.ok(most <= 4, `${most} pushes were held open at a time`);
  const fates = storm.beats.map(({ hints }) => hints!);
  const looks = sum(fates.map((each) => each["looked"] ?? 0));
  const told = sum(fates.flatMap((each) => Object.values(each)));
  assert.equal(told, 5 * jobs);
  assert.ok(looks <= 65, `${looks} looks in five minutes`);
  const reads = sum(storm.beats.map((beat) => beat["reads"]!));
  // One for each job that a pass changes, which it must have whole, and a few for each look and sweep.
  assert.ok(reads <= jobs + 8 * looks + 10 * storm.beats.length, `${reads} reads`);
  const perSweep = sweeps.length * jobs;
  assert.ok(
    storm.cloud.asked.attempts <= 2 * jobs + perSweep,
    `${storm.cloud.asked.attempts} attempts asked for`,
  );
  t.diagnostic(
    JSON.stringify({ looks, reads, asked: storm.cloud.asked, most, hints: Object.assign({}, ...fates) }),
  );
});

test("a hint looks at the attempt that it names, and at no other", async (t) => {
  const { app, id, cloud, time, push } = await openStorm(t, 3, () => 0);
  cloud.asked.attempts = 0;
  const first = push(1);
  await time.pass(5250);
  assert.equal((await first).status, 204);
  const statuses = (await app.deps.store.readJobs(id, ["reads-s0", "reads-s1", "reads-s2"])).map(
    ({ status }) => status,
  );
  assert.deepEqual(statuses, ["submitted", "succeeded", "submitted"]);
  assert.equal(cloud.asked.attempts, 1);
});

test("a look begins to tell of its run for as long as looks lie apart; the rest is left to the sweep", async (t) => {
  const time = new VirtualTime(BEGIN);
  const cloud = cloudOf(() => time.now(), time.now);
  const memory = await openMemoryApp(t, { now: () => time.instant() });
  const begun: string[] = [];
  const slow: Channel = {
    ...memory.deps.channels.get("lab")!,
    deliver: async ({ notice_id }) => {
      begun.push(notice_id);
      await time.sleep(2000);
      return { kind: "delivered" };
    },
  };
  const deps = { ...cloud.over(memory.deps), channels: new Map([["lab", slow]]) };
  const app = { ...memory, deps };
  const { json } = await ask(app, "POST", "/v1/runs", { body: aStartBody(memory, { samples: ["s1"] }) });
  const run_id = String(json["run_id"]);
  const looking = async (): Promise<void> => {
    const poll = openPoll(app, { cloudService: null, time, print: () => {} });
    await poll(aRequest("POST", "/"));
    const [job] = await deps.store.readJobs(run_id, ["reads-s1"]);
    const at = time.instant();
    await deps.store.addNotice(aNotice({ id: "another run's", created_at: BEGIN, next_at: at }));
    for (let each = 0; each < 8; each++)
      await deps.store.addNotice(
        aNotice({ id: `n${each}`, run_id, event: "run.stalled", created_at: at, next_at: at }),
      );
    const attributes = { JobName: `projects/p/locations/l/jobs/${job!.job_id}`, NewJobState: "SUCCEEDED" };
    const body = { message: { attributes, publishTime: at } };
    const since = time.now();
    assert.equal((await poll(aRequest("POST", "/", { body }))).status, 204);
    // It waits for five seconds after the pass, and then tells for five: at 0, 2 and 4 s.
    assert.deepEqual([begun, time.now() - since], [["n0", "n1", "n2"], 11_000]);
  };
  await time.run(looking());
});

test("a hint that comes within five seconds of a pass waits for them, and what comes meanwhile is acknowledged at once", async (t) => {
  const { cloud, time, push } = await openStorm(t, 3, () => 0);
  cloud.asked.calls = 0;
  let done = false;
  const waiting = push(0).then(() => {
    done = true;
  });
  assert.equal((await push(1)).status, 204);
  await time.pass(4900);
  assert.deepEqual([done, cloud.asked.calls], [false, 0]);
  await time.pass(200);
  await waiting;
  assert.equal(cloud.asked.calls, 1);
});

test("a hint that is older than the last full pass is acknowledged unread, and so is one about an attempt that has ended", async (t) => {
  const { cloud, time, push, sweep, beats } = await openStorm(t, 2, (number) =>
    number === 0 ? 0 : 3_600_000,
  );
  const published = time.instant();
  await time.pass(60_000);
  await sweep();
  await time.pass(6000);
  beats.length = 0;
  cloud.asked.calls = 0;
  await push(1, published);
  await push(0);
  assert.equal(cloud.asked.calls, 0);
  await sweep();
  assert.deepEqual(beats[0]!["hints"], { old: 1, ended: 1 });
  assert.ok(beats[0]!["reads"]! <= 6, "the sweep's own reads only");
});

test("names that are nobody's ask the store once in half a minute", async (t) => {
  const { app, time } = await openStorm(t, 1, () => 3_600_000);
  let asked = 0;
  const { store } = app.deps;
  const activeRuns: typeof store.activeRuns = (...args) => {
    asked++;
    return store.activeRuns(...args);
  };
  const other = openPoll(
    { ...app, deps: { ...app.deps, store: { ...store, activeRuns } } },
    { cloudService: null, time },
  );
  const push = (number: number) => {
    const JobName = `projects/p/locations/l/jobs/bioagent-20251224-${number}-x-1f3a9c2e-a1`;
    return other(aRequest("POST", "/", { body: { message: { attributes: { JobName } } } }));
  };
  await Promise.all(Array.from({ length: 50 }, (_, at) => push(100 + at)));
  for (let number = 200; number < 220; number++) await push(number);
  assert.equal(asked, 1);
  await time.pass(31_000);
  await push(300);
  assert.equal(asked, 2);
});

test("a pass that fails for a hint is told, and the push is acknowledged", async (t) => {
  const { app, time } = await openStorm(t, 1, () => 3_600_000);
  const { store } = app.deps;
  const load: typeof store.load = () => Promise.reject(new Error("the store is away"));
  const poll = openPoll(
    { ...app, deps: { ...app.deps, store: { ...store, load } } },
    { cloudService: null, time },
  );
  const [job] = (await store.queryJobs({ limit: 1 })).items;
  const body = { message: { attributes: { JobName: job!.job_id } } };
  const answer = poll(aRequest("POST", "/", { body }));
  await time.pass(250);
  assert.equal((await answer).status, 204);
  assert.match(app.warnings.join("\n"), /the store is away/);
});
