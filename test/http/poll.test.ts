import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { tickAll } from "../../src/app/tick.ts";
import { openDeliver } from "../../src/http/deliver-handler.ts";
import { callerOf, checkInvoker, type InvokerChecks } from "../../src/http/identity-token.ts";
import { openPoll, POLL_SECONDS } from "../../src/http/poll.ts";
import { attemptOfJobName, documentOf, readPush, runOfNoticePath } from "../../src/http/push.ts";
import type { Channel, Delivery } from "../../src/ports.ts";
import { aNotice } from "../support/documents.ts";
import { aRequest, aStartBody, ask, type MemoryApp, openMemoryApp } from "./memory-app.ts";
import { VirtualTime } from "./virtual-time.ts";

async function started(app: MemoryApp): Promise<string> {
  const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app) });
  assert.equal(answer.status, 201, answer.body);
  return String(answer.json["run_id"]);
}
const LOCAL = { cloudService: null };
const pushOf = (attributes: Record<string, string>) => ({
  message: { attributes, messageId: "1", data: Buffer.from("ignored").toString("base64") },
  subscription: "projects/p/subscriptions/s",
});

test("the poll makes a pass over what is due, delivers, and answers what became of it", async (t) => {
  const app = await openMemoryApp(t);
  const poll = openPoll(app, LOCAL);
  const id = await started(app);
  const first = await poll(aRequest("POST", "/"));
  assert.equal(first.status, 200);
  assert.deepEqual(JSON.parse(first.body), {
    runs: [{ run_id: id, status: "running", outcome: null }],
    errors: [],
    notices: { sent: 0, postponed: 0, failed: 0 },
  });
  await ask(app, "POST", `/v1/runs/${id}/cancel`);
  await poll(aRequest("POST", "/"));
  await poll(aRequest("POST", "/"));
  assert.deepEqual(app.told, [`${id} run.cancelled`]);
  assert.deepEqual(JSON.parse((await poll(aRequest("POST", "/"))).body).runs, []);
  assert.equal((await poll(aRequest("GET", "/"))).status, 405);
});

test("a watcher that hangs holds up no notice, and the answer waits for it", async (t) => {
  const app = await openMemoryApp(t);
  const hanging = Promise.withResolvers<void>();
  const poll = openPoll({ ...app, deps: { ...app.deps, ping: () => hanging.promise } }, LOCAL);
  const id = await started(app);
  await ask(app, "POST", `/v1/runs/${id}/cancel`);
  await tickAll(app.deps, app.cache, "all");
  let isAnswered = false;
  const answer = poll(aRequest("POST", "/")).finally(() => {
    isAnswered = true;
  });
  while (app.told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([app.told, isAnswered], [[`${id} run.cancelled`], false]);
  hanging.resolve();
  assert.equal((await answer).status, 200);
});

test("one run's error is in the answer, which is 200, and stops no other run", async (t) => {
  let broken = "";
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      load: (id, since, form) =>
        id === broken ? Promise.reject(new Error("no such row")) : store.load(id, since, form),
    }),
  });
  broken = await started(app);
  const other = await started(app);
  const answer = await openPoll(app, LOCAL)(aRequest("POST", "/"));
  assert.equal(answer.status, 200);
  const { runs, errors } = JSON.parse(answer.body) as { runs: { run_id: string }[]; errors: string[] };
  assert.deepEqual(
    runs.map(({ run_id }) => run_id),
    [other],
  );
  assert.deepEqual(errors, [`run ${broken}: no such row`]);
});

/** The run with its first pass made, so that its jobs have attempts. */
async function running(t: TestContext): Promise<{ app: MemoryApp; id: string; jobName: string }> {
  const app = await openMemoryApp(t);
  const id = await started(app);
  await tickAll(app.deps, app.cache, "due");
  const [job] = await app.deps.store.readJobs(id, ["reads-s1"]);
  return { app, id, jobName: `projects/p/locations/europe-west1/jobs/${job!.job_id}` };
}

test("a push about a job of ours looks at its run at once, and is acknowledged", async (t) => {
  const { app, id, jobName } = await running(t);
  app.ends.set("reads-s1", 9);
  const push = aRequest("POST", "/", {
    body: pushOf({ JobName: jobName, JobUID: "u", NewJobState: "FAILED" }),
  });
  const answer = await openPoll(app, LOCAL)(push);
  assert.deepEqual([answer.status, answer.body], [204, ""]);
  const [job] = await app.deps.store.readJobs(id, ["reads-s1"]);
  assert.deepEqual(job!.exit_codes, [9]);
});

test("a push that says nothing we know is acknowledged, and looks at no run", async (t) => {
  let looks = 0;
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      load: (...args) => {
        looks++;
        return store.load(...args);
      },
    }),
  });
  await started(app);
  const poll = openPoll(app, LOCAL);
  for (const JobName of [
    "",
    "somebody-elses-job",
    "bioagent-20000101-001-x-1f3a9c2e-a1",
    "projects/p/jobs/../bioagent",
  ])
    assert.equal((await poll(aRequest("POST", "/", { body: pushOf({ JobName }) }))).status, 204);
  assert.equal(looks, 0);
});

test("many pushes about one run at once are one look at it", async (t) => {
  const { app, jobName } = await running(t);
  let looks = 0;
  const { store } = app.deps;
  const load: typeof store.load = (...args) => {
    looks++;
    return store.load(...args);
  };
  const poll = openPoll({ ...app, deps: { ...app.deps, store: { ...store, load } } }, LOCAL);
  const push = () => poll(aRequest("POST", "/", { body: pushOf({ JobName: jobName }) }));
  const answers = await Promise.all(Array.from({ length: 20 }, push));
  assert.ok(answers.every(({ status }) => status === 204));
  assert.equal(looks, 1);
});

test("what is no hint of ours is acknowledged, and the heartbeat counts it", async (t) => {
  const lines: string[] = [];
  const { app } = await running(t);
  const poll = openPoll(app, { ...LOCAL, print: (line) => lines.push(line) });
  const bodies = ["garbage", { message: 7 }, pushOf({ JobName: "somebody-elses-job" }), pushOf({})];
  for (const body of bodies) assert.equal((await poll(aRequest("POST", "/", { body }))).status, 204);
  await poll(aRequest("POST", "/"));
  await poll(aRequest("POST", "/"));
  const [first, second] = lines.map((line) => JSON.parse(line));
  assert.deepEqual(first.hints, { unknown: 2, malformed: 2 });
  assert.deepEqual(second.hints, {});
  const { severity, message, runs, jobs, errors, left } = first;
  assert.deepEqual(
    { severity, message, runs, jobs, errors, left },
    {
      severity: "INFO",
      message: "bioagent heartbeat",
      runs: 1,
      jobs: 2,
      errors: 0,
      left: 0,
    },
  );
  assert.ok(first.reads > 0 && first.duration_ms >= 0);
});

test("a sweep that cannot ask for its runs has no heartbeat", async (t) => {
  const lines: string[] = [];
  const app = await openMemoryApp(t, {
    store: (store) => ({ ...store, activeRuns: () => Promise.reject(new Error("away")) }),
  });
  const answer = await openPoll(app, { ...LOCAL, print: (line) => lines.push(line) })(aRequest("POST", "/"));
  assert.deepEqual([answer.status, lines], [500, []]);
});

test("a sweep whose time is up takes no new run, and the next one begins with those that are left", async (t) => {
  let now = 0;
  const seen: string[] = [];
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      load: (id, since, form) => {
        if (seen.at(-1) !== id) {
          seen.push(id);
          now += 0.25 * POLL_SECONDS * 1000;
        }
        return store.load(id, since, form);
      },
    }),
  });
  const ids: string[] = [];
  for (let run = 0; run < 5; run++) ids.push(await started(app));
  const time = { now: () => now, sleep: async () => {} };
  const poll = openPoll(app, { ...LOCAL, time });
  const first = JSON.parse((await poll(aRequest("POST", "/"))).body);
  assert.deepEqual([first.runs.length, first.left], [3, 2]);
  await poll(aRequest("POST", "/"));
  assert.deepEqual(
    seen.slice(0, 5).toSorted(),
    ids.toSorted(),
    "all have had their turn before any has a second",
  );
});

test("a sweep that is asked for while one is being made is the same one", async (t) => {
  let looks = 0;
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      activeRuns: (now, limit) => {
        looks++;
        return store.activeRuns(now, limit);
      },
    }),
  });
  const poll = openPoll(app, LOCAL);
  const answers = await Promise.all([1, 2, 3].map(() => poll(aRequest("POST", "/"))));
  assert.deepEqual([looks, new Set(answers.map(({ status }) => status))], [1, new Set([200])]);
});

test("a channel that hangs holds up neither the answer nor the next sweep", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app);
  await ask(app, "POST", `/v1/runs/${id}/cancel`);
  const lab = app.deps.channels.get("lab")!;
  const release: (() => void)[] = [];
  const hangs: Channel = {
    ...lab,
    deliver: () => new Promise((end) => release.push(() => end({ kind: "delivered" }))),
  };
  const deps = { ...app.deps, channels: new Map([["lab", hangs]]) };
  const poll = openPoll({ ...app, deps }, { ...LOCAL, time: { now: Date.now, sleep: async () => {} } });
  for (let pass = 0; pass < 3; pass++) {
    const answer = await poll(aRequest("POST", "/"));
    assert.equal(answer.status, 200);
  }
  assert.equal((await app.deps.store.readRun(id))!.status, "cancelled");
  for (const end of release) end();
});

test("beside a channel that hangs from one sweep to the next, the next one tells", async (t) => {
  const time = new VirtualTime("2026-02-27T10:00:00.000Z");
  const app = await openMemoryApp(t, { now: () => time.instant() });
  const releases: ((outcome: Delivery) => void)[] = [];
  const hangs: Channel = {
    ...app.deps.channels.get("lab")!,
    name: "ops",
    deliver: () => new Promise((release) => releases.push(release)),
  };
  const deps = { ...app.deps, channels: new Map([...app.deps.channels, ["ops", hangs]]) };
  const poll = openPoll({ ...app, deps }, { ...LOCAL, time });
  const add = async (channel: string, run_id: string): Promise<void> => {
    const at = time.instant();
    const fields = { id: `${run_id}~${channel}`, run_id, channel, recipient: channel };
    await app.deps.store.addNotice(aNotice({ ...fields, created_at: at, next_at: at }));
  };
  const sweep = async (): Promise<unknown> => JSON.parse((await poll(aRequest("POST", "/"))).body).notices;
  await add("ops", "first");
  const sweeps = async (): Promise<void> => {
    const begun = time.now();
    assert.equal(await sweep(), null);
    assert.equal(time.now() - begun, 55_000, "it has not waited for the channel");
    await add("lab", "second");
    assert.deepEqual(await sweep(), { sent: 1, postponed: 0, failed: 0 });
    assert.deepEqual([app.told, releases.length], [["second run.completed"], 1]);
  };
  await time.run(sweeps()).finally(() => {
    for (const release of releases) release({ kind: "delivered" });
  });
});

test("an outbox that cannot be read is said, and the sweep's answer is that of its passes", async (t) => {
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      queryNotices: () => Promise.reject(new Error("the index is missing")),
    }),
  });
  const id = await started(app);
  const answer = await openPoll(app, LOCAL)(aRequest("POST", "/"));
  assert.equal(answer.status, 200);
  const { runs, notices } = JSON.parse(answer.body);
  assert.deepEqual([runs[0].run_id, notices], [id, { sent: 0, postponed: 0, failed: 0 }]);
  assert.deepEqual(app.warnings, [
    "notices could not be delivered, they are tried again: the index is missing",
  ]);
});

test("a sweep begins to tell for as long as somebody waits for it", async (t) => {
  const time = new VirtualTime("2026-02-27T10:00:00.000Z");
  const app = await openMemoryApp(t, { now: () => time.instant() });
  const begun: number[] = [];
  const paced: Channel = {
    ...app.deps.channels.get("lab")!,
    paceMilliseconds: 1000,
    deliver: async () => {
      begun.push(time.now());
      return { kind: "delivered" };
    },
  };
  const deps = { ...app.deps, channels: new Map([["lab", paced]]) };
  const at = time.instant();
  for (let run = 0; run < 100; run++)
    await app.deps.store.addNotice(
      aNotice({ id: `n${run}`, run_id: `r${run}`, created_at: at, next_at: at }),
    );
  const since = time.now();
  const sweep = async (): Promise<void> => {
    await openPoll({ ...app, deps }, { ...LOCAL, time })(aRequest("POST", "/"));
    await time.sleep(60_000);
  };
  await time.run(sweep());
  assert.ok(begun.length >= 45, `${begun.length} told`);
  assert.ok(begun.at(-1)! - since < 55_000, `the last at ${begun.at(-1)! - since} ms`);
});

for (const [passes, answered] of [
  [40_000, 55_000],
  [60_000, 65_000],
] as const)
  test(`a sweep whose passes take ${passes / 1000} s answers after ${answered / 1000} s, whatever a channel does`, async (t) => {
    const time = new VirtualTime("2026-02-27T10:00:00.000Z");
    const app = await openMemoryApp(t, {
      now: () => time.instant(),
      store: (store) => ({
        ...store,
        load: async (id, since, form) => {
          await time.sleep(passes);
          return store.load(id, since, form);
        },
      }),
    });
    const released = Promise.withResolvers<Delivery>();
    const hangs: Channel = { ...app.deps.channels.get("lab")!, deliver: () => released.promise };
    const deps = { ...app.deps, channels: new Map([["lab", hangs]]) };
    const run_id = await started(app);
    const at = time.instant();
    await app.deps.store.addNotice(aNotice({ run_id, created_at: at, next_at: at }));
    const poll = openPoll({ ...app, deps }, { ...LOCAL, time });
    const sweep = async (): Promise<void> => {
      const begun = time.now();
      assert.equal(JSON.parse((await poll(aRequest("POST", "/"))).body).notices, null);
      assert.equal(time.now() - begun, answered);
    };
    await time.run(sweep()).finally(() => released.resolve({ kind: "delivered" }));
  });

test("a sweep that has told its notices in time leaves no timer that would hold the process", async (t) => {
  const app = await openMemoryApp(t);
  await started(app);
  const poll = openPoll(app, LOCAL);
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const answer = JSON.parse((await poll(aRequest("POST", "/"))).body);
  assert.deepEqual(answer.notices, { sent: 0, postponed: 0, failed: 0 });
  assert.equal(timers(), before);
});

test("deliver sends what is due of the run that the event's notice path names, and believes nothing else", async (t) => {
  const app = await openMemoryApp(t);
  const ended: string[] = [];
  for (let run = 0; run < 2; run++) {
    const id = await started(app);
    await ask(app, "POST", `/v1/runs/${id}/cancel`);
    ended.push(id);
  }
  for (let pass = 0; pass < 3; pass++) await tickAll(app.deps, app.cache, "due");
  const [notice] = await app.deps.store.queryNotices({ run_id: ended[1]!, limit: 1 });
  const deliver = openDeliver(app, LOCAL);
  const nothing = await deliver(aRequest("POST", "/", { body: { run_id: ended[0] } }));
  assert.deepEqual([nothing.status, app.told], [204, []]);
  const event = aRequest("POST", "/", {
    headers: { "ce-document": `notices/${notice!.id}` },
    body: { value: { run_id: ended[0] } },
  });
  assert.equal((await deliver(event)).status, 204);
  assert.deepEqual(app.told, [`${ended[1]} run.cancelled`]);
  assert.equal((await deliver(event)).status, 204, "told again");
  assert.equal(app.told.length, 1, "a repeated event sends nothing twice");
  const [other] = await app.deps.store.queryNotices({ run_id: ended[0]!, limit: 1 });
  await deliver(
    aRequest("POST", "/", {
      body: pushOf({ document: `projects/p/databases/d/documents/notices/${other!.id}` }),
    }),
  );
  assert.deepEqual(app.told[1], `${ended[0]} run.cancelled`);
});

test("an event begins to tell for a part of its function's time, and ends", async (t) => {
  const time = new VirtualTime("2026-02-27T10:00:00.000Z");
  const app = await openMemoryApp(t, { now: () => time.instant() });
  const begun: number[] = [];
  const slow: Channel = {
    ...app.deps.channels.get("lab")!,
    paceMilliseconds: 1000,
    deliver: async () => {
      begun.push(time.now());
      return { kind: "delivered" };
    },
  };
  const deps = { ...app.deps, channels: new Map([["lab", slow]]) };
  const at = time.instant();
  for (let each = 0; each < 200; each++)
    await app.deps.store.addNotice(
      aNotice({ id: `n${each}`, run_id: "r", event: "run.stalled", created_at: at, next_at: at }),
    );
  const since = time.now();
  const event = openDeliver(
    { ...app, deps },
    { ...LOCAL, time },
  )(aRequest("POST", "/", { headers: { "ce-document": "notices/r~r1~run.stalled~-~lab~lab" } }));
  await time.run(event);
  assert.ok(begun.length >= 40, `${begun.length} told`);
  assert.ok(time.now() - since <= 50_000, `${time.now() - since} ms`);
});

test("a Batch job's name gives the attempt's id, unless it names another project", () => {
  const id = "bioagent-20260227-001-fastqc-s1-1f3a9c2e-a1";
  assert.equal(attemptOfJobName(`projects/p/locations/l/jobs/${id}`, "p"), id);
  assert.equal(
    attemptOfJobName(`projects/123456789/locations/l/jobs/${id}`, "p"),
    id,
    "the project's number",
  );
  assert.equal(attemptOfJobName(`projects/q/locations/l/jobs/${id}`, null), id);
  assert.equal(attemptOfJobName(id, "p"), id);
  for (const name of [`projects/q/locations/l/jobs/${id}`, `x/${id}`, `${id}/x`, "", "../x"])
    assert.equal(attemptOfJobName(name, "p"), null, name);
});

test("a body is a push, a malformed one, or none", () => {
  const kind = (body: string) => readPush(Buffer.from(body)).kind;
  for (const body of ["", "{}", "[]", "null", '{"tick":true}']) assert.equal(kind(body), "none", body);
  assert.equal(kind('{"message":{}}'), "push");
  for (const body of [
    "\u0000",
    "hello",
    '{"message":1}',
    '{"subscription":"s"}',
    '{"message":{"attributes":{"a":1}}}',
  ])
    assert.equal(kind(body), "malformed", body);
  const told = readPush(Buffer.from('{"message":{"publishTime":"2026-02-27T10:00:00.5Z"}}'));
  assert.deepEqual(told, { kind: "push", attributes: {}, publishedAt: Date.parse("2026-02-27T10:00:00.5Z") });
});

test("an event's document stands in its headers, whatever its body is", () => {
  const protobuf = new Uint8Array([10, 2, 255, 0, 18]);
  assert.equal(
    documentOf({ "ce-document": "notices/a~b", "ce-subject": "documents/x" }, protobuf),
    "notices/a~b",
  );
  assert.equal(documentOf({ "ce-subject": "documents/notices/a~b" }, protobuf), "documents/notices/a~b");
  assert.equal(documentOf({}, protobuf), null);
});

test("a notice's path gives its run, and any other path nothing", () => {
  assert.equal(runOfNoticePath("notices/2026-02-27_qc_001~r1~run.completed~-~lab~lab"), "2026-02-27_qc_001");
  for (const path of ["runs/2026-02-27_qc_001", "notices/x", "notices/../x~y", "notices/a~b/c", ""])
    assert.equal(runOfNoticePath(path), null, path);
});

const token = (claims: object, signature = "SIGNATURE_REMOVED_BY_GOOGLE") =>
  `Bearer ${[{ alg: "RS256" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.${signature}`;
const GOOD = {
  iss: "https://accounts.google.com",
  email: "poll@p.iam.gserviceaccount.com",
  email_verified: true,
  exp: 2_000_000_000,
};

test("on Cloud Run a token's claims are looked at; elsewhere no token is believed", () => {
  const now = "2026-02-27T10:00:00Z";
  const status = (
    authorization: string | undefined,
    cloudService: string | null = "poll",
    expected: Partial<Pick<InvokerChecks, "invokers" | "audience">> = {},
  ) => {
    try {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      checkInvoker(headers, { cloudService, now, invokers: [], audience: [], ...expected });
      return 200;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  assert.equal(status(token(GOOD)), 200);
  assert.equal(status(token({ ...GOOD, iss: "https://evil.example" })), 403);
  assert.equal(status(token({ ...GOOD, exp: 1 })), 401);
  assert.equal(status(token({ ...GOOD, email_verified: false })), 403);
  assert.equal(status("Bearer garbage"), 401);
  assert.equal(status("Bearer garbage", null), 200);
  assert.equal(status(undefined), 200, "IAM alone decides where nothing is configured");
  const invokers = ["tick@p.iam.gserviceaccount.com", GOOD.email];
  const audience = ["https://poll.a.run.app", "https://poll-1.r.run.app"];
  assert.equal(status(undefined, "poll", { invokers }), 401);
  assert.equal(status(undefined, null, { invokers }), 200);
  assert.equal(status(token(GOOD), "poll", { invokers }), 200);
  assert.equal(
    status(token({ ...GOOD, email: "other@p.iam.gserviceaccount.com" }), "poll", { invokers }),
    403,
  );
  assert.equal(status(token(GOOD), "poll", { audience }), 403);
  assert.equal(
    status(token({ ...GOOD, aud: "https://poll-1.r.run.app/" }), "poll", { invokers, audience }),
    200,
  );
  assert.equal(status(token({ ...GOOD, aud: "https://poll-2.r.run.app" }), "poll", { audience }), 403);
  assert.equal(callerOf({ authorization: token(GOOD) }, "api"), GOOD.email);
  assert.equal(callerOf({ authorization: token(GOOD) }, null), null);
  assert.equal(callerOf({ authorization: token({ ...GOOD, email_verified: false }) }, "api"), null);
});
