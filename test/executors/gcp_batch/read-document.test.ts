import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readBatchDocument } from "../../../src/executors/gcp_batch/read-document.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/batch");
const fixture = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));
const seen = (value: unknown) => {
  const found = readBatchDocument(value);
  assert.ok(found);
  return found;
};

test("a whole job gives its end, its times and what it asked for", () => {
  const found = seen(fixture("job-failed-oom.json"));
  assert.deepEqual(found.resources, {
    cpu: 4,
    memory: "8GiB",
    disk: "50GiB",
    time: "2h",
    spot: true,
    machine: "n2-highmem-4",
    zones: ["us-central1-b"],
  });
  const { status, exit_code, ran, submitted_at, started_at, ended_at } = found.observation;
  assert.deepEqual([status, exit_code, ran], ["failed", 137, true]);
  assert.deepEqual(
    [submitted_at, started_at, ended_at],
    ["2026-03-01T08:00:00.120Z", "2026-03-01T08:02:00.400Z", "2026-03-01T08:31:01.900Z"],
  );
  assert.equal(Math.round(found.ranSeconds ?? 0), 1741);
});

test("field names in either spelling and enums as numbers say the same", () => {
  const snake = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(snake);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key.replace(/[A-Z]/g, (letter, at) => (at === 0 ? letter : `_${letter.toLowerCase()}`)),
        snake(item),
      ]),
    );
  };
  const job = fixture("job-failed-oom.json") as { status: object };
  const { counts: _, ...rest } = { counts: null, ...job };
  const numbers = { ...rest, status: { ...job.status, state: 5, taskGroups: {} } };
  const named = { ...rest, status: { ...job.status, taskGroups: {} } };
  assert.deepEqual(seen(snake(numbers)), seen(named));
});

test("of a task's events, which come in any order, the latest exit code of a failed task counts", () => {
  const { observation } = seen(fixture("tasks-one-failed-twice.json"));
  assert.deepEqual([observation.status, observation.exit_code], ["failed", 2]);
  assert.equal(observation.started_at, "2026-03-01T11:05:00.000Z");
});

test("the order of events is by time, with 0, 3, 6 and 9 fractional digits", () => {
  const event = (eventTime: unknown, exitCode: number) => ({
    taskState: "FAILED",
    eventTime,
    taskExecution: { exitCode },
  });
  const events = [
    event("2026-03-01T10:00:00.2Z", 2),
    event("2026-03-01T10:00:00.199999999Z", 9),
    event("2026-03-01T11:00:00.000100+01:00", 3),
    event("2026-03-01T10:00:00Z", 1),
    event({ seconds: "1772359199", nanos: 999_000_000 }, 4),
  ];
  for (let turn = 0; turn < events.length; turn++) {
    const turned = [...events.slice(turn), ...events.slice(0, turn)];
    assert.equal(seen({ status: { state: "FAILED", statusEvents: turned } }).observation.exit_code, 2);
  }
});

test("an exit code 0 of a job's event is the protocol's default, not data", () => {
  const description = "Job failed ... with exit code 50002.";
  const statusEvents = [{ description, taskState: "STATE_UNSPECIFIED", taskExecution: { exitCode: 0 } }];
  assert.equal(seen({ status: { state: "FAILED", statusEvents } }).observation.exit_code, 50002);
});

test("125 of a job that runs scripts only is the script's own", () => {
  const statusEvents = [{ description: "Task state is updated from RUNNING to FAILED with exit code 125." }];
  const job = (runnable: object) => ({
    taskGroups: [{ taskSpec: { runnables: [runnable] } }],
    status: { state: "FAILED", statusEvents },
  });
  assert.equal(seen(job({ script: { text: "x" } })).observation.verdict, null);
  assert.equal(seen(job({ container: { imageUri: "x" } })).observation.verdict, "image");
});

test("counts and durations tell whether it ran, and an exit code tells it too", () => {
  const ran = (status: object) => seen({ status: { state: "FAILED", ...status } }).observation.ran;
  assert.equal(ran({}), undefined);
  assert.equal(ran({ runDuration: "0s" }), false);
  assert.equal(ran({ runDuration: "3.25s" }), true);
  assert.equal(ran({ taskGroups: { group0: { instances: [] } } }), false);
  assert.equal(ran({ taskGroups: { group0: { counts: { RUNNING: "1" } } } }), true);
  assert.equal(ran({ statusEvents: [{ description: "ended with exit code 1." }] }), true);
});

test("Batch's word stands as it was said, also an unknown one", () => {
  assert.equal(
    seen({ status: { state: "RUNNING_PENDING_FAILED" } }).observation.raw_state,
    "RUNNING_PENDING_FAILED",
  );
  assert.equal(seen({ status: { state: 3 } }).observation.raw_state, "RUNNING");
  assert.equal(seen({ status: { state: 0, statusEvents: [] } }).observation.status, null);
});

test("a wait stands in the observation, so that its deadlines apply", () => {
  const { observation } = seen(fixture("job-waiting-for-capacity.json"));
  assert.equal(observation.waiting?.reason, "capacity");
});

test("a long word of Batch's is cut between characters", () => {
  const described = { type: "STATUS_CHANGED", description: `RESOURCE_EXHAUSTED: ${"🧬".repeat(400)}` };
  const waits = seen({ status: { state: "QUEUED", statusEvents: [described] } });
  assert.match(waits.observation.waiting?.detail ?? "", /[^🧬]🧬+…$/u);
});

test("a cancel by Batch itself and one by a person are told apart", () => {
  const cancelled = (...statusEvents: object[]) =>
    seen({ status: { state: "CANCELLED", statusEvents } }).observation.verdict;
  const quota = (eventTime: string) => ({
    type: "OPERATIONAL_INFO",
    description: "CODE_GCE_QUOTA_EXCEEDED",
    eventTime,
  });
  const running = {
    description: "Job state is set from SCHEDULED to RUNNING",
    eventTime: "2026-03-01T10:00:00Z",
  };
  const end = {
    description: "Job state is set from CANCELLATION_IN_PROGRESS to CANCELLED",
    eventTime: "2026-03-01T12:00:00Z",
  };
  assert.equal(cancelled(quota("2026-03-01T09:00:00Z"), end), "infra");
  assert.equal(cancelled(quota("2026-03-01T11:59:00Z"), running, end), "infra");
  assert.equal(cancelled(quota("2026-03-01T09:00:00Z"), running, end), "cancelled_elsewhere");
  assert.equal(cancelled(running, end), "cancelled_elsewhere");
});

test("an end that only events tell: whether it ran is known only where they tell it", () => {
  const ends = (...descriptions: string[]) => {
    const statusEvents = descriptions.map((change) => ({ description: `Job state is set from ${change}` }));
    const { status, raw_state, verdict, ran } = seen({ status: { statusEvents } }).observation;
    return [status, raw_state, verdict, ran];
  };
  const end = "CANCELLATION_IN_PROGRESS to CANCELLED for job j.";
  assert.deepEqual(ends(end), ["cancelled", "CANCELLED", "cancelled_elsewhere", undefined]);
  assert.deepEqual(ends("RUNNING to CANCELLATION_IN_PROGRESS", end).slice(2), ["cancelled_elsewhere", true]);
  assert.deepEqual(ends("QUEUED to CANCELLATION_IN_PROGRESS", end).slice(2), ["infra", false]);
  assert.deepEqual(ends("RUNNING to SUCCEEDED"), ["succeeded", "SUCCEEDED", undefined, true]);
});

test("a failure that its task was tried again after gives neither a code nor an end, and still counts as a loss", () => {
  const event = (taskState: string, minute: number, exitCode?: number) => ({
    taskState,
    eventTime: `2026-03-01T10:0${minute}:00Z`,
    ...(exitCode ? { taskExecution: { exitCode } } : {}),
  });
  const read = (...statusEvents: object[]) =>
    seen({ tasks: [{ status: { state: "FAILED", statusEvents } }], job: { status: { state: "FAILED" } } });
  const history = [event("RUNNING", 1), event("FAILED", 2, 50002), event("RUNNING", 3)];
  const { exit_code, started_at, ended_at, ran } = read(...history).observation;
  assert.deepEqual(
    [exit_code, started_at, ended_at, ran],
    [null, "2026-03-01T10:03:00.000Z", undefined, true],
  );
  const again = read(...history, event("FAILED", 4, 50002));
  assert.deepEqual([again.observation.exit_code, again.vanishedBefore], [50002, 1]);
});

test("what is none of Batch's documents is left to others", () => {
  for (const value of [
    null,
    1,
    "x",
    [],
    {},
    { jobs: [] },
    { jobs: [{ job_id: 1, job_state: "PENDING" }] },
    [1, "a"],
  ])
    assert.equal(readBatchDocument(value), null, JSON.stringify(value));
});
