import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compileFilter } from "../../../infra/batch-emulator/api/filter.ts";
import { messageSchema } from "../../../infra/batch-emulator/validate/schema.ts";
import { apiError } from "./scripted.ts";

const JOB = messageSchema("google.cloud.batch.v1.Job");
const TASK = messageSchema("google.cloud.batch.v1.Task");

const job = {
  name: "projects/p/locations/us-central1/jobs/align-s1",
  uid: "align-s1-1",
  priority: "10",
  labels: { "run-id": "r 1", sample: "s1", "dotted.key": "v" },
  createTime: "2026-05-04T10:00:00.500Z",
  status: {
    state: "RUNNING",
    runDuration: "30.5s",
    statusEvents: [{ type: "STATUS_CHANGED" }, { type: "OPERATIONAL_INFO" }],
    taskGroups: { group0: { counts: { RUNNING: "3" } } },
  },
  taskGroups: [{ taskCount: "5", requireHostsFile: true }],
};

const matches = (filter: string): boolean => compileFilter(JOB, filter)(job);

/** Each with whether the job above is one of those asked for. */
const CASES: readonly (readonly [string, boolean])[] = [
  ["", true],
  ["  ", true],
  ['status.state="RUNNING"', true],
  ["status.state=RUNNING", true],
  ['Status.State="RUNNING"', true],
  ['status.state="QUEUED"', false],
  ['status.state!="QUEUED"', true],
  ["status.state:RUNNING", true],
  ['status.state="QUEUED" OR status.state="RUNNING"', true],
  ['(status.state="QUEUED" OR status.state="RUNNING") AND labels.sample="s1"', true],
  ['(status.state="QUEUED" OR status.state="RUNNING") AND labels.sample="s2"', false],
  ['labels."sample" = "s1"', true],
  ["labels.sample=s1", true],
  ['labels.run-id = "r 1"', true],
  ["labels.'dotted.key'=v", true],
  ["labels.missing=s1", false],
  ["labels.missing!=s1", true],
  ["labels:sample", true],
  ["labels:missing", false],
  ["labels.sample:*", true],
  ["labels.missing:*", false],
  ['name="projects/p/locations/us-central1/jobs/align-s1"', true],
  ["name=projects/p/locations/us-central1/jobs/align-s1", true],
  ["name=*/align-s1", true],
  ["name=projects/p/*", true],
  ["name=*/align-*", true],
  ["name=*/align", false],
  ['createTime >= "2026-05-04T10:00:00+00:00"', true],
  ['createTime >= "2026-05-04T12:00:00.5+02:00"', true],
  ['create_time > "2026-05-04T10:00:00.500Z"', false],
  ["createTime<2026-05-04T10:00:01Z", true],
  ["priority>9", true],
  ["priority<=9", false],
  ['status.runDuration>"30s"', true],
  ["status.run_duration > 31s", false],
  ["NOT status.state=QUEUED", true],
  ["NOT (status.state=RUNNING)", false],
  ["-status.state=RUNNING", false],
  ["NOT labels.sample=s1 OR status.state=RUNNING", true],
  ["status.state=RUNNING labels.sample=s1", true],
  ["status.state=RUNNING labels.sample=s2", false],
  // OR binds tighter: RUNNING AND (s2 OR s1), and QUEUED AND (...) is nothing.
  ["status.state=RUNNING AND labels.sample=s2 OR labels.sample=s1", true],
  ["labels.sample=s1 OR labels.sample=s2 AND status.state=QUEUED", false],
  ["status.statusEvents.type=OPERATIONAL_INFO", true],
  ["status.statusEvents.type=OTHER", false],
  ["taskGroups.taskCount>=5", true],
  ["taskGroups.requireHostsFile=true", true],
  ["taskGroups.permissiveSsh=false", true],
  ["status.taskGroups.group0.counts.RUNNING=3", true],
  ["uid:align", true],
  ["logsPolicy.destination=PATH", false],
  ["logsPolicy:*", false],
];

describe("a filter of jobs", () => {
  for (const [filter, expected] of CASES) {
    test(`${filter || "(empty)"} is ${expected}`, () => assert.equal(matches(filter), expected));
  }

  const WRONG: readonly (readonly [string, RegExp])[] = [
    ["nosuch=1", /unknown field "nosuch"/],
    ["status.nosuch=1", /unknown field "status\.nosuch"/],
    ["name.first=1", /unknown field/],
    ["status.state=NOPE", /"NOPE" is not one of STATE_UNSPECIFIED, QUEUED/],
    ["status.state>QUEUED", /cannot be compared with ">"/],
    ["status=1", /is a message/],
    ["labels=1", /is a map/],
    ["createTime>yesterday", /is not a timestamp/],
    ["priority=high", /is not a int64/],
    ["status.state=", /expected a value at position 13/],
    ["status.state RUNNING", /expected one of = !=/],
    ["(status.state=RUNNING", /expected \)/],
    ["status.state=RUNNING)", /expected AND, OR or the end/],
    ["status.state=RUNNING AND", /expected/],
    ["status.state=RUNNING OR", /expected/],
    ['labels."a=1', /expected the name of a field/],
    ["=RUNNING", /expected the name of a field/],
  ];
  for (const [filter, message] of WRONG) {
    test(`${filter} is refused`, () => assert.throws(() => matches(filter), apiError(3, message)));
  }

  test("any text is read or refused with INVALID_ARGUMENT", () => {
    const part = fc.constantFrom(
      "status.state",
      "=",
      "RUNNING",
      "AND",
      "OR",
      "NOT",
      "(",
      ")",
      '"',
      " ",
      ".",
      "-",
      ":*",
      "labels",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        try {
          matches(parts.join(""));
        } catch (error) {
          assert.ok(apiError(3, /^filter field is invalid\./)(error), String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a quoted value is taken as it is", () => {
    fc.assert(
      fc.property(fc.string(), (label) => {
        const quoted = label.replace(/["\\]/g, "\\$&");
        assert.ok(compileFilter(JOB, `labels.k="_${quoted}_"`)({ labels: { k: `_${label}_` } }));
      }),
      { numRuns: 100 },
    );
  });
});

describe("a filter of tasks", () => {
  const failed = {
    name: "projects/1/locations/l/jobs/j/taskGroups/group0/tasks/0",
    status: { state: "FAILED" },
  };
  for (const filter of [
    "State=FAILED",
    "state=FAILED",
    'State="FAILED"',
    "status.state=FAILED",
    "Status.State = FAILED",
  ]) {
    test(`${filter} finds what failed`, () => {
      const matches = compileFilter(TASK, filter, { state: "status.state" });
      assert.equal(matches(failed), true);
      assert.equal(matches({ ...failed, status: { state: "RUNNING" } }), false);
    });
  }
});
