import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { tickAll } from "../../src/app/tick.ts";
import { openDeliver } from "../../src/http/deliver-handler.ts";
import { callerOf, checkInvoker } from "../../src/http/identity-token.ts";
import { oneAfterAnother, openPoll } from "../../src/http/poll.ts";
import { runOfJobName, runOfNoticePath } from "../../src/http/push.ts";
import { aRequest, aStartBody, ask, type MemoryApp, openMemoryApp } from "./memory-app.ts";

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

test("a Batch job's name points at the run of its day and number, if that is one run", () => {
  const runs = ["2026-02-27_rnaseq_001", "2026-02-27_qc_010", "2026-02-28_rnaseq_001"];
  assert.equal(
    runOfJobName("projects/p/locations/l/jobs/bioagent-20260227-001-fastqc-s1-1f3a9c2e-a1", runs),
    runs[0],
  );
  assert.equal(runOfJobName("bioagent-20260227-010-qc-1f3a9c2e-a12", runs), runs[1]);
  assert.equal(runOfJobName("bioagent-20260227-002-qc-1f3a9c2e-a1", runs), null);
  assert.equal(runOfJobName("xbioagent-20260227-001-qc-1f3a9c2e-a1", runs), null);
});

test("a notice's path gives its run, and any other path nothing", () => {
  assert.equal(runOfNoticePath("notices/2026-02-27_qc_001~r1~run.completed~-~lab~lab"), "2026-02-27_qc_001");
  for (const path of ["runs/2026-02-27_qc_001", "notices/x", "notices/../x~y", "notices/a~b/c", ""])
    assert.equal(runOfNoticePath(path), null, path);
});

test("work in turn goes on after work that failed, and never overlaps", async () => {
  const inTurn = oneAfterAnother();
  const steps: string[] = [];
  const work = (name: string, fails: boolean) =>
    inTurn(async () => {
      steps.push(`${name} begins`);
      await new Promise((done) => setImmediate(done));
      steps.push(`${name} ends`);
      if (fails) throw new Error(name);
    }).catch(() => steps.push(`${name} failed`));
  await Promise.all([work("a", true), work("b", false)]);
  assert.deepEqual(
    steps.filter((step) => !step.endsWith("failed")),
    ["a begins", "a ends", "b begins", "b ends"],
  );
  assert.ok(steps.includes("a failed"));
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
  const status = (authorization: string | undefined, cloudService: string | null = "poll") => {
    try {
      checkInvoker(authorization === undefined ? {} : { authorization }, { cloudService, now });
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
  assert.equal(callerOf({ authorization: token(GOOD) }, "api"), GOOD.email);
  assert.equal(callerOf({ authorization: token(GOOD) }, null), null);
  assert.equal(callerOf({ authorization: token({ ...GOOD, email_verified: false }) }, "api"), null);
});
