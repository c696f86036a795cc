import assert from "node:assert/strict";
import { test } from "node:test";
import { aSubmission, confirmed, error, executorWith, fakeBatch, PARENT } from "./fake-batch.ts";

const work = aSubmission();
const { id } = work.attempt;
const name = `${PARENT}/jobs/${id}`;

test("what was never submitted can never start, not even by a monitor that was restarted or is late", async () => {
  const fake = fakeBatch();
  await executorWith(fake).cancel([work]);
  const late = executorWith(fake);
  assert.equal((await late.submit([work]))[0]?.kind, "submitted");
  const [seen] = await late.observe([work]);
  assert.deepEqual([seen?.status, seen?.ran], ["cancelled", false]);
  assert.ok(!JSON.stringify(fake.jobs.get(name)).includes("BIOAGENT"));
});

test("a crash between taking the id and cancelling it: the next monitor cancels, and meanwhile nothing runs", async () => {
  const fake = fakeBatch();
  fake.failures.set("cancel", ["unavailable"]);
  await assert.rejects(executorWith(fake).cancel([work]), /1 of 1 could not be cancelled now: .*told to/);
  assert.equal((await executorWith(fake).observe([work]))[0]?.status, "submitted");
  await executorWith(fake).cancel([work]);
  assert.equal((await executorWith(fake).observe([work]))[0]?.status, "cancelled");
});

test("an id that only was taken is never seen as having run, even if it did", async () => {
  const fake = fakeBatch();
  await executorWith(fake).cancel([work]);
  for (const [state, status] of [
    ["RUNNING", "submitted"],
    ["SUCCEEDED", "cancelled"],
    ["FAILED", "cancelled"],
  ]) {
    fake.move(id, state!);
    assert.equal((await executorWith(fake).observe([work]))[0]?.status, status);
  }
});

test("two monitors, one submitting, one cancelling: whoever comes second finds the other's job", async () => {
  const fake = fakeBatch();
  const { get, list } = fake.client;
  let blind = true; // the cancelling monitor looked before the other created
  const blinded = {
    ...fake.client,
    list: (request: Parameters<typeof list>[0]) =>
      blind ? Promise.resolve({ jobs: [], nextPageToken: "", unreachable: [] }) : list(request),
    get: (asked: string) => {
      if (!blind) return get(asked);
      blind = false;
      return Promise.reject(error("not_found"));
    },
  };
  await executorWith(fake).submit([work]);
  await executorWith({ ...fake, client: blinded }).cancel([work]);
  assert.equal(fake.jobs.get(name)?.status.state, "CANCELLED");
});

test("where creating is refused, the attempt cannot start, and is cancelled", async () => {
  const fake = fakeBatch();
  fake.failures.set("create", ["permission"]);
  const executor = executorWith(fake);
  await executor.cancel([work]);
  const [seen] = await executor.observe([work]);
  assert.deepEqual([seen?.status, seen?.ran], ["cancelled", false]);
});

test("what runs is cancelled once, what ended or is ending is left alone, what is gone needs nothing", async () => {
  const fake = fakeBatch();
  const executor = executorWith(fake);
  await executor.submit([work]);
  fake.move(id, "RUNNING");
  for (const [state, cancels] of [
    ["RUNNING", 1],
    ["CANCELLATION_IN_PROGRESS", 1],
    ["SUCCEEDED", 1],
    ["DELETION_IN_PROGRESS", 1],
  ] as const) {
    fake.move(id, state);
    await executor.cancel([confirmed(work)]);
    assert.equal(fake.counts().cancel, cancels);
  }
  fake.jobs.clear();
  await executor.cancel([confirmed(work)]);
  assert.deepEqual([fake.counts().cancel, fake.jobs.size], [1, 0]);
});

test("somebody else's job under our id is not cancelled", async () => {
  const fake = fakeBatch();
  await executorWith(fake).submit([work]);
  fake.jobs.get(name)!.labels = { "bioagent-store": "other", "bioagent-attempt": id };
  await executorWith(fake).cancel([confirmed(work)]);
  assert.equal(fake.counts().cancel, 0);
});

test("under somebody else's job of its id an attempt cannot start, and is cancelled", async () => {
  const fake = fakeBatch();
  const executor = executorWith(fake);
  await executor.submit([work]);
  fake.jobs.get(name)!.labels = {};
  await executor.cancel([work]);
  const [seen] = await executor.observe([work]);
  assert.deepEqual([seen?.status, seen?.ran, fake.counts().cancel], ["cancelled", false, 0]);
});

test("many are found by a call for fifty, not by one each", async () => {
  const fake = fakeBatch();
  const works = Array.from({ length: 200 }, (_, at) => aSubmission({}, { id: `many-${at}-a1` }));
  await executorWith(fake).submit(works);
  await executorWith(fake).cancel(works.map((one) => confirmed(one)));
  assert.deepEqual([fake.counts().list, fake.counts().get, fake.counts().cancel], [4, 0, 200]);
});

test("orphans of this store are cancelled, after a grace; the known, the young and others' jobs are not", async () => {
  const fake = fakeBatch();
  const works = ["orphan", "known", "young", "foreign", "ended"].map((one) =>
    aSubmission({}, { id: `${one}-a1` }),
  );
  const executor = executorWith(fake);
  await executor.submit(works);
  for (const job of fake.jobs.values()) job.createTime = "2026-02-27T11:30:00Z";
  const jobOf = (one: string) => fake.jobs.get(`${PARENT}/jobs/${one}-a1`)!;
  jobOf("young").createTime = "2026-02-27T11:50:00Z";
  jobOf("foreign").labels = { "bioagent-store": "other" };
  fake.move("ended-a1", "SUCCEEDED");
  const swept = await executor.sweep?.(new Set(["known-a1"]));
  assert.deepEqual(swept, ["orphan-a1"]);
  assert.equal(jobOf("orphan").status.state, "CANCELLED");
  assert.equal(fake.counts().cancel, 1);
});
