import assert from "node:assert/strict";
import { test } from "node:test";
import { requestId } from "../../../src/executors/gcp_batch/request-id.ts";
import type { Submission, SubmitResult } from "../../../src/ports.ts";
import { aSubmission, executorWith, type FakeBatch, fakeBatch, hash, PARENT } from "./fake-batch.ts";

const nameOf = (work: Submission): string => `${PARENT}/jobs/${work.attempt.id}`;
const many = (count: number): Submission[] =>
  Array.from({ length: count }, (_, at) => aSubmission({}, { id: `many-${at}-a1` }));
const submit = async (fake: FakeBatch, work = aSubmission()): Promise<SubmitResult> =>
  (await executorWith(fake).submit([work]))[0]!;

test("an attempt is one job under its own id, and the handle finds it", async () => {
  const fake = fakeBatch();
  const work = aSubmission();
  const result = await submit(fake, work);
  const record = `${work.output}.bioagent/align-S1.x/a1`;
  const uid = `uid-${work.attempt.id}`;
  assert.deepEqual(result, {
    attempt: work.attempt.id,
    kind: "submitted",
    handle: { region: "us-central1", name: nameOf(work), uid, record },
  });
  assert.deepEqual(await submit(fake, work), result);
  assert.equal(fake.jobs.size, 1);
});

test("a job that is ours with another definition is taken over: the configuration changed in between", async () => {
  const fake = fakeBatch();
  await submit(fake);
  assert.equal((await submit(fake, aSubmission({ script: "echo other\n" }))).kind, "submitted");
  assert.equal(fake.jobs.size, 1);
});

test("somebody else's job under our id is refused, and its owner named", async () => {
  const fake = fakeBatch();
  const work = aSubmission();
  await submit(fake, work);
  const job = fake.jobs.get(nameOf(work))!;
  job.labels = { "bioagent-store": "another-store", "bioagent-attempt": work.attempt.id };
  const foreign = await submit(fake, work);
  job.labels = {};
  const persons = await submit(fake, work);
  assert.ok(foreign.kind === "refused" && persons.kind === "refused");
  assert.deepEqual([foreign.class, persons.class], ["config", "config"]);
  assert.match(
    foreign.text,
    /exists already and is somebody else's \(it belongs to the store another-store; uid/,
  );
  assert.match(persons.text, /a person or another program made it/);
});

for (const kind of ["deadline", "unavailable", "other"] as const) {
  test(`${kind} though created: it is found, and submitted`, async () => {
    const fake = fakeBatch();
    fake.lateFailures.set("create", [kind]);
    assert.equal((await submit(fake)).kind, "submitted");
    assert.deepEqual([fake.jobs.size, fake.counts().create], [1, 1]);
  });

  test(`${kind} and not created: later, and the next try creates it`, async () => {
    const fake = fakeBatch();
    fake.failures.set("create", [kind]);
    const result = await submit(fake);
    assert.ok(result.kind === "later" && result.waiting?.reason === "executor_unreachable");
    assert.match(result.waiting.detail, /creating projects\/my-lab-123|asking: /);
    assert.equal((await submit(fake)).kind, "submitted");
  });
}

for (const [kind, verdict] of [
  ["permission", "permission"],
  ["invalid", "config"],
  ["not_found", "config"],
] as const)
  test(`${kind} is refused as ${verdict}, in the provider's words`, async () => {
    const fake = fakeBatch();
    fake.failures.set("create", [kind]);
    const text = `${kind.toUpperCase()}: told to`;
    const attempt = aSubmission().attempt.id;
    assert.deepEqual(await submit(fake), { attempt, kind: "refused", class: verdict, text });
  });

test("a quota that is used up stops the rest of the call: all wait, named", async () => {
  const fake = fakeBatch();
  fake.failures.set(
    "create",
    Array.from({ length: 1000 }, () => "quota" as const),
  );
  const results = await executorWith(fake).submit(many(200));
  assert.ok(results.every((result) => result.kind === "later" && result.waiting?.reason === "quota"));
  assert.ok(fake.counts().create <= 32);
});

test("a service that is away is not asked two hundred times", async () => {
  const fake = fakeBatch();
  for (const call of ["create", "get"] as const)
    fake.failures.set(
      call,
      Array.from({ length: 1000 }, () => "unavailable" as const),
    );
  const results = await executorWith(fake).submit(many(200));
  assert.ok(results.every((one) => one.kind === "later" && one.waiting?.reason === "executor_unreachable"));
  assert.ok(fake.counts().create <= 35);
});

test("an expired login waits, and says how to log in", async () => {
  const fake = fakeBatch();
  fake.failures.set("create", ["unauthenticated"]);
  const result = await submit(fake);
  assert.ok(result.kind === "later" && result.waiting);
  assert.match(result.waiting.detail, /gcloud auth application-default login/);
});

test("two hundred are submitted in one call, results in order", async () => {
  const fake = fakeBatch();
  const works = many(200);
  const results = await executorWith(fake).submit(works);
  assert.deepEqual(
    results.map(({ attempt, kind }) => [attempt, kind]),
    works.map((work) => [work.attempt.id, "submitted"]),
  );
});

test("the request id is a UUID of version 4, the same for the same attempt", () => {
  assert.match(requestId(hash, "a"), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(requestId(hash, "a"), requestId(hash, "a"));
  assert.notEqual(requestId(hash, "a"), requestId(hash, "b"));
});
