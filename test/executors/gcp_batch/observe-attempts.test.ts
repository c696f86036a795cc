import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observation } from "../../../src/core/observation.ts";
import type { Submission } from "../../../src/ports.ts";
import { aSubmission, confirmed, executorWith, type FakeBatch, fakeBatch, PARENT } from "./fake-batch.ts";

const work = aSubmission();
const { id } = work.attempt;
const name = `${PARENT}/jobs/${id}`;
const record = `${work.output}.bioagent/${work.job}/a1`;

interface World {
  readonly state: string;
  readonly events?: object[];
  readonly tasks?: object[];
  readonly texts?: Record<string, string>;
  readonly status?: object;
}

/** The job as told, observed by a monitor that has its attempt as submitted. */
async function look({ state, events = [], tasks, texts = {}, status = {} }: World): Promise<Observation> {
  const fake = fakeBatch();
  await executorWith(fake).submit([work]);
  fake.move(id, state, events);
  Object.assign(fake.jobs.get(name)!.status, status);
  if (tasks) fake.tasks.set(name, tasks);
  const [seen] = await executorWith(fake, texts).observe([confirmed(work)]);
  return seen!;
}

const at = (seconds: number): string =>
  new Date(Date.parse("2026-02-27T11:10:00Z") + seconds * 1000).toISOString();
const changed = (from: string, to: string, seconds: number): object => ({
  type: "STATUS_CHANGED",
  description: `Job state is set from ${from} to ${to} for job ${name}.`,
  eventTime: at(seconds),
});
const failedTask = (code: number, why = ""): object => ({
  name: `projects/1/locations/us-central1/jobs/${id}/taskGroups/group0/tasks/0`,
  status: {
    state: "FAILED",
    statusEvents: [
      {
        type: "STATUS_CHANGED",
        description: `Task state is updated from RUNNING to FAILED on zones/us-central1-a/instances/1${why} with exit code ${code}.`,
        eventTime: at(60),
        taskExecution: { exitCode: code },
        taskState: "FAILED",
      },
      {
        type: "STATUS_CHANGED",
        description: "Task state is updated from ASSIGNED to RUNNING",
        eventTime: at(10),
        taskState: "RUNNING",
      },
    ],
  },
});
const endRecord = (fields: object = {}): Record<string, string> => ({
  [`${record}.exit.json`]: JSON.stringify({
    attempt: id,
    code: 3,
    started: at(11),
    ended: at(59),
    kills: 0,
    peak: 1_000_000,
    left_out: 0,
    failure: null,
    log_tail: Buffer.from("before\ntrouble\n").toString("base64"),
    ...fields,
  }),
});
const RAN = [changed("QUEUED", "SCHEDULED", 1), changed("SCHEDULED", "RUNNING", 9)];

test("succeeded is exit 0, whatever code a retried task left in its events", async () => {
  const stale = [{ ...failedTask(50001), status: { state: "SUCCEEDED" } }];
  const seen = await look({
    state: "SUCCEEDED",
    events: [changed("RUNNING", "SUCCEEDED", 70), ...RAN],
    tasks: stale,
    texts: endRecord({ code: 0 }),
  });
  assert.deepEqual(
    [seen.attempt, seen.status, seen.exit_code, seen.started_at, seen.ended_at, seen.peak_memory],
    [id, "succeeded", 0, at(9), at(70), 1_000_000],
  );
  assert.deepEqual([seen.log_tail, seen.log_uri], ["before\ntrouble\n", `${record}.log`]);
});

test("a failure takes its code from the task, its log and memory from its own report", async () => {
  const seen = await look({ state: "FAILED", events: RAN, tasks: [failedTask(3)], texts: endRecord() });
  assert.deepEqual([seen.status, seen.exit_code, seen.verdict], ["failed", 3, null]);
  assert.deepEqual([seen.log_tail, seen.peak_memory, seen.ran], ["before\ntrouble\n", 1_000_000, true]);
});

test("a counted kill is out of memory, whatever the script exited with", async () => {
  for (const [code, told] of [
    [0, 137],
    [1, 1],
    [137, 137],
  ] as const) {
    const seen = await look({
      state: "FAILED",
      events: RAN,
      tasks: [failedTask(137)],
      texts: endRecord({ code, kills: 2 }),
    });
    assert.deepEqual([seen.status, seen.verdict, seen.exit_code], ["failed", "oom", told]);
    assert.equal(seen.evidence?.[0]?.text, "2 processes killed at the limit of 8 GiB");
  }
});

test("Batch's own code stands over what the report says", async () => {
  for (const code of [50001, 50005]) {
    const texts = endRecord({ code: 143, kills: 1 });
    const seen = await look({ state: "FAILED", events: RAN, tasks: [failedTask(code)], texts });
    assert.deepEqual(
      [seen.exit_code, seen.verdict ?? null, seen.log_tail],
      [code, null, "before\ntrouble\n"],
    );
  }
});

test("outputs that could not be published are what went wrong, in the storage's words", async () => {
  for (const [failure, verdict] of [
    ["writing gs://b/o: HTTP 403: no storage.objects.create", "permission"],
    ["writing gs://b/o: HTTP 404: The specified bucket does not exist.", "config"],
    ["writing gs://b/o: HTTP 503: away", "io"],
    ["the manifest could not be written: is the disk full?", "disk_full"],
  ] as const) {
    const texts = endRecord({ code: 0, failure });
    const seen = await look({ state: "FAILED", events: RAN, tasks: [failedTask(74)], texts });
    assert.deepEqual([seen.verdict, seen.exit_code], [verdict, 0]);
    assert.match(seen.evidence?.[0]?.text ?? "", /could not be published: (?:writing gs|the manifest)/);
  }
});

test("where not even the report could be written, the code with which publishing gave up says why", async () => {
  for (const [code, verdict, words] of [
    [74, "io", /did not answer.*gs:\/\//],
    [77, "permission", /roles\/storage\.objectUser on gs:\/\//],
    [78, "config", /Is the bucket gs:\/\//],
    [3, null, /./],
  ] as const) {
    const seen = await look({ state: "FAILED", events: RAN, tasks: [failedTask(code)] });
    assert.deepEqual([seen.verdict ?? null, seen.exit_code], [verdict, code]);
    assert.match(seen.evidence?.[0]?.text ?? "", words);
  }
});

test("another attempt's report, and half of one, say nothing", async () => {
  for (const text of [endRecord({ attempt: "other-a1" }), { [`${record}.exit.json`]: '{"attempt":"' }]) {
    const seen = await look({ state: "FAILED", events: RAN, tasks: [failedTask(3)], texts: text });
    assert.deepEqual([seen.exit_code, seen.log_tail], [3, undefined]);
  }
});

test("failed before any task existed: no code, never ran, the provider's words", async () => {
  const text = "Job failed: CODE_GCE_PERMISSION_DENIED: PERMISSION_DENIED: no compute.instances.create";
  const events = [
    changed("QUEUED", "SCHEDULED", 1),
    { type: "OPERATIONAL_INFO", description: text, eventTime: at(2) },
    changed("SCHEDULED", "FAILED", 3),
  ];
  const seen = await look({ state: "FAILED", events, tasks: [] });
  assert.deepEqual([seen.status, seen.exit_code, seen.ran], ["failed", null, false]);
  assert.ok(seen.evidence?.some((item) => item.source === "event" && item.text === text));
});

test("a failure whose tasks cannot be read yet is not judged; after some minutes it is", async () => {
  const events = [...RAN, changed("RUNNING", "FAILED", 60)];
  const fake = fakeBatch();
  await executorWith(fake).submit([work]);
  fake.move(id, "FAILED", events);
  const look = async (updateTime: string) => {
    fake.jobs.get(name)!.updateTime = updateTime;
    return (await executorWith(fake).observe([confirmed(work)]))[0]!;
  };
  const early = await look("2026-02-27T11:59:30Z");
  assert.deepEqual([early.status, early.waiting?.reason], [null, "executor_unreachable"]);
  assert.equal((await look("2026-02-27T11:50:00Z")).status, "failed");
});

test("waiting for capacity or quota is named", async () => {
  const waits = async (description: string) => {
    const events = [
      changed("QUEUED", "SCHEDULED", 1),
      { type: "OPERATIONAL_INFO", description, eventTime: at(5) },
    ];
    const { status, waiting } = await look({ state: "SCHEDULED", events });
    return [status, waiting?.reason, waiting?.detail];
  };
  const quota = "CODE_GCE_QUOTA_EXCEEDED: Quota 'CPUS' exceeded";
  const stockout = "CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED: zone us-central1-a";
  assert.deepEqual(await waits(quota), ["submitted", "quota", quota]);
  assert.deepEqual(await waits(stockout), ["submitted", "capacity", stockout]);
});

test("a state that this version does not know keeps what was", async () => {
  const seen = await look({ state: "RUNNING_PENDING_FAILED" });
  assert.deepEqual([seen.status, seen.waiting?.reason], [null, "executor_unreachable"]);
  assert.match(seen.waiting?.detail ?? "", /RUNNING_PENDING_FAILED is not known/);
});

test("deleted in the console: nothing is said while it goes, then it is lost, certainly", async () => {
  assert.equal((await look({ state: "DELETION_IN_PROGRESS" })).status, null);
  const fake = fakeBatch();
  const [gone] = await executorWith(fake).observe([confirmed(work)]);
  assert.deepEqual([gone?.status, gone?.certain, gone?.raw_state], ["lost", true, "NOT_FOUND"]);
  assert.match(gone?.evidence?.[0]?.text ?? "", /is not there any more: somebody deleted it/);
});

test("60 days passed: lost, and it says so", async () => {
  const old = confirmed(work, { submitted_at: "2025-11-01T00:00:00.000Z" });
  const [gone] = await executorWith(fakeBatch()).observe([old]);
  assert.equal(gone?.status, "lost");
  assert.match(gone?.evidence?.[0]?.text ?? "", /keeps ended jobs for 60 days/);
});

test("not found before it was confirmed, or just afterwards, says nothing", async () => {
  const justNow = confirmed(work, { submitted_at: "2026-02-27T11:59:30.000Z" });
  assert.equal((await executorWith(fakeBatch()).observe([work]))[0]?.status, null);
  assert.equal((await executorWith(fakeBatch()).observe([justNow]))[0]?.status, null);
});

test("an index that lags behind loses nobody: what no listing shows is read by its name", async () => {
  const fake = fakeBatch();
  await executorWith(fake).submit([work]);
  fake.move(id, "RUNNING", RAN);
  fake.unlisted.add(name);
  const [seen] = await executorWith(fake).observe([confirmed(work)]);
  assert.deepEqual([seen?.status, seen?.started_at], ["running", at(9)]);
});

test("cancelled in the console after it ran, and by the provider before it did", async () => {
  const persons = await look({ state: "CANCELLED", events: [...RAN, changed("RUNNING", "CANCELLED", 30)] });
  assert.deepEqual(
    [persons.status, persons.verdict, persons.ran],
    ["cancelled", "cancelled_elsewhere", true],
  );
  const shortage = {
    type: "OPERATIONAL_INFO",
    description: "CODE_GCE_QUOTA_EXCEEDED: PREEMPTIBLE_CPUS",
    eventTime: at(2),
  };
  const batchs = await look({ state: "CANCELLED", events: [shortage, changed("SCHEDULED", "CANCELLED", 3)] });
  assert.deepEqual([batchs.status, batchs.verdict, batchs.ran], ["cancelled", "infra", false]);
});

for (const kind of ["unavailable", "permission", "unauthenticated", "quota", "deadline"] as const)
  test(`a look that fails with ${kind} changes nothing`, async () => {
    const fake = fakeBatch();
    fake.failures.set("list", [kind]);
    const [seen] = await executorWith(fake).observe([confirmed(work)]);
    assert.deepEqual([seen?.status, seen?.waiting?.reason], [null, "executor_unreachable"]);
    assert.match(seen?.waiting?.detail ?? "", /told to/);
  });

test("a report that cannot be read leaves what the task said", async () => {
  const fake = fakeBatch();
  await executorWith(fake).submit([work]);
  fake.move(id, "FAILED", RAN);
  fake.tasks.set(name, [failedTask(3)]);
  const readText = async (): Promise<string | null> => {
    throw new Error("bucket away");
  };
  const [seen] = await executorWith(fake, {}, { readText }).observe([confirmed(work)]);
  assert.deepEqual([seen?.status, seen?.exit_code], ["failed", 3]);
  assert.match(seen?.evidence?.at(-1)?.text ?? "", /bucket away/);
});

test("another store's job under our id is never taken for ours", async () => {
  const fake: FakeBatch = fakeBatch();
  await executorWith(fake).submit([work]);
  fake.jobs.get(name)!.labels = { "bioagent-store": "other", "bioagent-attempt": id };
  fake.move(id, "FAILED", RAN);
  const seen = await executorWith(fake).observe([confirmed(work), work] as Submission[]);
  // Ours must have gone before its id could be given away; one that was never confirmed is nobody's yet.
  assert.deepEqual(
    seen.map(({ status, raw_state }) => [status, raw_state]),
    [
      ["lost", "NOT_FOUND"],
      [null, undefined],
    ],
  );
});
