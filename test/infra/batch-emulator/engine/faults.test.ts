import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Client, descriptions, jobOf, lasting, open, PARENT, plain, script, until } from "./open.ts";

const underRules = (t: TestContext, ...rules: object[]): Promise<Client> => open(t, { scenario: { rules } });
const JOBS = `/v1/${PARENT}/jobs`;
const lastEvent = (job: Awaited<ReturnType<Client["job"]>>): string =>
  plain(job.status.statusEvents!.at(-1)!.description);

test("a preemption while SCHEDULED fails the task from PENDING, and the job never runs", async (t) => {
  const batch = await underRules(t, { effect: { preempt: { at: "SCHEDULED" } } });
  await batch.submit("early", jobOf([script("true")]));
  const job = await batch.ends("early");
  assert.match(
    lastEvent(job),
    /^Job state is set from SCHEDULED to FAILED for job JOB\.Job failed .* from PENDING to FAILED on PLACE due to Spot VM preemption with exit code 50001\."$/,
  );
  assert.equal(job.status.runDuration, "0s");
});

for (const [effect, code] of [
  ["vm_lost", 50002],
  ["reboot", 50003],
  ["unresponsive", 50004],
  ["recreate", 50006],
] as const) {
  test(`${effect} ends a running task with ${code}, on the jobs that it names`, async (t) => {
    const batch = await underRules(t, {
      match: { job: "hit-?", label: { step: "map" } },
      effect: { [effect]: {} },
    });
    const labels = { labels: { step: "map" } };
    await batch.submit("hit-1", jobOf([script("sleep 600")], {}, {}, labels));
    await batch.submit("hit-2", jobOf([script("true")], {}, {}, { labels: { step: "sort" } }));
    await batch.submit("missed", jobOf([script("true")], {}, {}, labels));
    assert.match(lastEvent(await batch.ends("hit-1")), new RegExp(`with exit code ${code}\\.`));
    assert.equal((await batch.ends("hit-2")).status.state, "SUCCEEDED");
    assert.equal((await batch.ends("missed")).status.state, "SUCCEEDED");
  });
}

test("a wait for quota or capacity is told as OPERATIONAL_INFO, and then the job goes on", async (t) => {
  const batch = await underRules(
    t,
    { match: { job: "quota" }, effect: { quota: { for_ms: 100, at: "QUEUED", name: "N2_CPUS" } } },
    { match: { job: "stock" }, effect: { stock_out: { for_ms: 100, zone: "us-central1-f" } } },
  );
  await batch.submit("quota", jobOf([script("true")]));
  await batch.submit("stock", jobOf([script("true")]));
  const [quota, stock] = [await batch.ends("quota"), await batch.ends("stock")];
  assert.equal(quota.status.state, "SUCCEEDED");
  assert.equal(stock.status.state, "SUCCEEDED");
  const [first] = quota.status.statusEvents!;
  assert.equal(first!.type, "OPERATIONAL_INFO");
  assert.match(
    first!.description,
    /code - CODE_GCE_QUOTA_EXCEEDED, .* Quota 'N2_CPUS' exceeded\. {2}Limit: 24\.0 in region us-central1$/,
  );
  assert.match(
    stock.status.statusEvents![1]!.description,
    /code - CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED, .* The zone 'projects\/lab\/zones\/us-central1-f' does not have enough resources/,
  );
});

test("a job can fail before any task exists", async (t) => {
  const batch = await underRules(t, { effect: { zero_tasks: {} } });
  await batch.submit("none", jobOf([script("true")]));
  const job = await batch.ends("none");
  assert.equal(job.status.state, "FAILED");
  assert.match(
    lastEvent(job),
    /^Job state is set from SCHEDULED to FAILED for job JOB\.Job failed due to No VM has agent reporting correctly/,
  );
  assert.deepEqual(await batch.tasks("none"), []);
});

test("the provider can cancel a job that nobody asked it to cancel", async (t) => {
  const batch = await underRules(t, { effect: { provider_cancel: { at: "SCHEDULED" } } });
  await batch.submit("theirs", jobOf([script("true")]));
  const job = await batch.ends("theirs");
  assert.deepEqual(descriptions(job.status.statusEvents).map(plain).slice(-2), [
    "Job state is set from SCHEDULED to CANCELLATION_IN_PROGRESS for job JOB.",
    "Job state is set from CANCELLATION_IN_PROGRESS to CANCELLED for job JOB.",
  ]);
});

test("events can be out of order, the same way for the same seed", async (t) => {
  const story = async () => {
    const batch = await open(t, { seed: 3, scenario: { rules: [{ effect: { unordered_events: true } }] } });
    await batch.submit("mixed", jobOf([lasting(0)]));
    const job = await batch.ends("mixed");
    return [
      job.uid,
      ...descriptions(job.status.statusEvents),
      ...descriptions((await batch.tasks("mixed"))[0]!.status.statusEvents),
    ];
  };
  const [one, two] = [await story(), await story()];
  assert.deepEqual(one, two);
  assert.ok(!one[1]!.includes("from QUEUED") || !one[4]!.includes("ASSIGNED"));
});

test("rules act on the match they name, so often as they say", async (t) => {
  const batch = await underRules(
    t,
    { name: "second", match: { method: "ListJobs", nth: 2 }, effect: { error: { code: 429 } } },
    {
      name: "twice",
      match: { method: "GetJob", job: "x*", times: 2 },
      effect: { error: { code: "UNAVAILABLE" } },
    },
  );
  const codes = async (path: string, count: number) => {
    const found: number[] = [];
    while (found.length < count) found.push((await batch.call("GET", path)).status);
    return found;
  };
  assert.deepEqual(await codes(JOBS, 3), [200, 429, 200]);
  assert.deepEqual(await codes(`${JOBS}/x1`, 3), [503, 503, 404]);
  assert.deepEqual(await codes(`${JOBS}/y1`, 1), [404]);
  const state = (await batch.call("GET", "/control/state")).body;
  assert.deepEqual(state["calls"], { ListJobs: 3, GetJob: 4 });
  assert.deepEqual(state["rules"], [
    { name: "second", matches: 3, hits: 1 },
    { name: "twice", matches: 3, hits: 2 },
  ]);
});

for (const [code, status] of [
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [429, "RESOURCE_EXHAUSTED"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
] as const) {
  test(`a call can end with ${code}, in the service's form`, async (t) => {
    const batch = await underRules(t, { match: { method: "CreateJob" }, effect: { error: { code } } });
    const answer = await batch.call("POST", `${JOBS}?jobId=x`, jobOf([script("true")]));
    assert.equal(answer.status, code);
    const error = answer.body["error"] as { code: number; status: string; message: string };
    assert.deepEqual([error.code, error.status], [code, status]);
    assert.ok(error.message.length > 10);
    assert.equal((await batch.call("GET", `${JOBS}/x`)).status, 404);
  });
}

test("a deadline can pass though the job was created", async (t) => {
  const batch = await underRules(t, { match: { method: "CreateJob" }, effect: { deadline_exceeded: true } });
  assert.equal((await batch.call("POST", `${JOBS}?jobId=x`, jobOf([script("true")]))).status, 504);
  assert.equal((await batch.ends("x")).status.state, "SUCCEEDED");
});

test("the service can be away for a while, and slow", async (t) => {
  const batch = await underRules(
    t,
    { match: { method: "ListJobs" }, effect: { unavailable: { for_ms: 150 } } },
    { match: { method: "GetJob" }, effect: { slow: { for_ms: 120 } } },
  );
  const began = performance.now();
  assert.equal((await batch.call("GET", JOBS)).status, 503);
  await until("lists are answered again", async () =>
    (await batch.call("GET", JOBS)).status === 200 ? true : null,
  );
  assert.ok(performance.now() - began >= 145);
  const asked = performance.now();
  await batch.call("GET", `${JOBS}/x`);
  assert.ok(performance.now() - asked >= 115);
});

test("faults are added, refused and cleared by the control endpoint", async (t) => {
  const batch = await open(t);
  const rule = { match: { method: "ListJobs" }, effect: { error: { code: 503 } } };
  assert.equal((await batch.call("POST", "/control/faults", rule)).status, 200);
  assert.equal((await batch.call("GET", JOBS)).status, 503);
  assert.equal((await batch.call("DELETE", "/control/faults")).status, 200);
  assert.equal((await batch.call("GET", JOBS)).status, 200);
  const refused = await batch.call("POST", "/control/faults", {
    rules: [{ effect: { slow: { for_ms: "x" } } }],
  });
  assert.equal(refused.status, 400);
  assert.match((refused.body["error"] as { message: string }).message, /rules\[0\]\.effect\.slow\.for_ms/);
});

test("a running job is preempted or cancelled on demand", async (t) => {
  const batch = await open(t);
  for (const id of ["one", "two"]) {
    await batch.submit(id, jobOf([script("sleep 600")]));
    await batch.reaches(id, "RUNNING");
  }
  assert.deepEqual((await batch.call("POST", "/control/jobs/one:preempt")).body, { ended: 1 });
  assert.deepEqual((await batch.call("POST", "/control/jobs/two:provider-cancel")).body, { cancelled: true });
  assert.match(lastEvent(await batch.ends("one")), /50001/);
  assert.equal((await batch.ends("two")).status.state, "CANCELLED");
  assert.equal((await batch.call("POST", "/control/jobs/none:preempt")).status, 404);
  assert.equal((await batch.call("POST", "/control/jobs/one:explode")).status, 400);
});

test("a rule on CreateJob knows the labels of the job that is being created", async (t) => {
  const batch = await underRules(t, {
    match: { method: "CreateJob", label: { step: "map" } },
    effect: { error: { code: 429 } },
  });
  const create = async (id: string, step: string) => {
    const job = jobOf([script("true")], {}, {}, { labels: { step } });
    return (await batch.call("POST", `/v1/${PARENT}/jobs?jobId=${id}`, job)).status;
  };
  assert.deepEqual([await create("a", "sort"), await create("b", "map")], [200, 429]);
});
