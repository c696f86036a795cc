import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { ApiError } from "../../../infra/batch-emulator/model.ts";
import { checkedJob } from "../../../infra/batch-emulator/validate/job.ts";
import { besideCheckout } from "../../support/shared.ts";
import { apiError, scripted } from "./scripted.ts";
import { BROKEN, jobWith, runnable } from "./validate/broken-jobs.ts";

const checked = (job: unknown) => checkedJob(job, "us-central1") as Record<string, unknown>;

describe("a definition that breaks a rule is refused in Batch's own form", () => {
  for (const [what, job, message] of BROKEN) {
    test(what, () => assert.throws(() => checked(job), apiError(3, message)));
  }
});

describe("a definition that is not of the protos is refused in the words of Google's JSON parser", () => {
  const WRONG: readonly (readonly [string, unknown, string])[] = [
    [
      "an unknown field",
      jobWith({ x: 1 }),
      `Invalid JSON payload received. Unknown name "x" at 'job': Cannot find field.`,
    ],
    [
      "an unknown field within",
      { taskGroups: [{ taskSpec: { runnables: [] }, tasks: 3 }] },
      `Invalid JSON payload received. Unknown name "tasks" at 'job.task_groups[0]': Cannot find field.`,
    ],
    [
      "an enum's wrong name",
      jobWith({ logsPolicy: { destination: "NOPE" } }),
      `Invalid value at 'job.logs_policy.destination' (type.googleapis.com/google.cloud.batch.v1.LogsPolicy.Destination), "NOPE"`,
    ],
    [
      "an enum's wrong number",
      jobWith({ logsPolicy: { destination: 42 } }),
      `Invalid value at 'job.logs_policy.destination' (type.googleapis.com/google.cloud.batch.v1.LogsPolicy.Destination), 42`,
    ],
    [
      "a text for an integer",
      { taskGroups: [{ taskCount: "many" }] },
      `Invalid value at 'job.task_groups[0].task_count' (TYPE_INT64), "many"`,
    ],
    [
      "a fraction for an integer",
      jobWith({ priority: 1.5 }),
      "Invalid value at 'job.priority' (TYPE_INT64), 1.5",
    ],
    [
      "an int32 that is too large",
      { taskGroups: [{ taskSpec: { maxRetryCount: 2 ** 31 } }] },
      "Invalid value at 'job.task_groups[0].task_spec.max_retry_count' (TYPE_INT32), 2147483648",
    ],
    [
      "a number for a text",
      jobWith({ labels: { a: 5 } }),
      "Invalid value at 'job.labels[0].value' (TYPE_STRING), 5",
    ],
    [
      "a list for a message",
      jobWith({ allocationPolicy: [] }),
      `Invalid JSON payload received. Unknown name "allocation_policy" at 'job': Proto field is not repeating, cannot start list.`,
    ],
    [
      "a text for a message",
      jobWith({ allocationPolicy: "x" }),
      `Invalid value at 'job.allocation_policy' (type.googleapis.com/google.cloud.batch.v1.AllocationPolicy), "x"`,
    ],
    [
      "a duration without s",
      { taskGroups: [{ taskSpec: { maxRunDuration: "1h" } }] },
      "Invalid value at 'job.task_groups[0].task_spec.max_run_duration' (type.googleapis.com/google.protobuf.Duration), Field 'max_run_duration', Illegal duration format; duration must end with 's'",
    ],
    [
      "two of a oneof",
      { taskGroups: [{ taskSpec: { runnables: [{ script: { text: "a" }, barrier: {} }] } }] },
      "Invalid value at 'job.task_groups[0].task_spec.runnables[0]' (oneof), oneof field 'executable' is already set. Cannot set 'barrier'",
    ],
  ];
  for (const [what, job, message] of WRONG) {
    test(what, () => {
      assert.throws(
        () => checked(job),
        (error) => error instanceof ApiError && error.code === 3 && error.message === message,
      );
    });
  }

  test("all of them are reported together, each with its place", () => {
    const job = jobWith({ x: 1, allocationPolicy: { y: 2 } });
    assert.throws(
      () => checked(job),
      (error: ApiError) => {
        const [detail] = error.details as [{ "@type": string; fieldViolations: { field: string }[] }];
        assert.equal(detail["@type"], "type.googleapis.com/google.rpc.BadRequest");
        assert.deepEqual(
          detail.fieldViolations.map(({ field }) => field),
          ["job", "job.allocation_policy"],
        );
        assert.equal(error.message.split("\n").length, 2);
        return true;
      },
    );
  });
});

describe("a definition is read leniently where the service is lenient", () => {
  const spec = { runnables: [{ script: { text: "true" } }] };

  test("numbers or texts for integers, numbers or names for enums", () => {
    const job = jobWith({ priority: 7, logsPolicy: { destination: 1 } });
    assert.deepEqual(checked(job)["priority"], "7");
    assert.deepEqual(checked(job)["logsPolicy"], { destination: "CLOUD_LOGGING" });
    const group = { taskCount: "3", taskSpec: { ...spec, maxRetryCount: "2" } };
    const [read] = checked({ taskGroups: [group] })["taskGroups"] as [
      { taskSpec: { maxRetryCount: number } },
    ];
    assert.equal(read.taskSpec.maxRetryCount, 2);
  });

  test("proto spelling of fields, of two names the later one", () => {
    const job = { taskGroups: [{ taskSpec: {} }], task_groups: [{ task_spec: spec, task_count: 2 }] };
    assert.deepEqual(checked(job), { taskGroups: [{ taskSpec: spec, taskCount: "2" }] });
  });

  test("null as not given; zeros are not kept, empty messages are", () => {
    const job = jobWith({ priority: "0", labels: {}, logsPolicy: null, allocationPolicy: {} });
    assert.deepEqual(Object.keys(checked(job)).sort(), ["allocationPolicy", "taskGroups"]);
  });

  test("what is output only is checked and left out", () => {
    const job = jobWith({
      name: "n",
      uid: "u",
      createTime: "2026-05-04T10:00:00Z",
      status: { state: "FAILED" },
    });
    assert.deepEqual(Object.keys(checked(job)), ["taskGroups"]);
    assert.throws(() => checked(jobWith({ createTime: "now" })), apiError(3, /Timestamp/));
  });

  test("a key named __proto__ is a key like others", () => {
    const job = JSON.parse(
      '{"taskGroups":[{"taskSpec":{"runnables":[{"script":{"text":"t"}}],"environment":{"variables":{"__proto__":"x"}}}}]}',
    );
    assert.match(JSON.stringify(checked(job)), /"__proto__":"x"/);
  });
});

describe("limits hold at their edge", () => {
  const group = (extra: object) => ({ taskGroups: [{ taskSpec: { runnables: [runnable] }, ...extra }] });
  const labels = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
  const accepted: readonly (readonly [string, unknown])[] = [
    ["100000 tasks", group({ taskCount: 100_000 })],
    ["parallelism 5000", group({ taskCount: 6000, parallelism: 5000 })],
    ["200 task environments", group({ taskEnvironments: Array.from({ length: 200 }, () => ({})) })],
    ["10 retries", { taskGroups: [{ taskSpec: { runnables: [runnable], maxRetryCount: 10 } }] }],
    ["63 labels", jobWith({ labels: labels(63) })],
    ["61 labels of VMs", jobWith({ allocationPolicy: { labels: labels(61) } })],
    ["priority 99", jobWith({ priority: 99 })],
    ["IN_ORDER without parallelism", group({ schedulingPolicy: "IN_ORDER", taskCount: 3 })],
    [
      "zones of the job's region",
      jobWith({
        allocationPolicy: { location: { allowedLocations: ["zones/us-central1-a", "zones/us-central1-f"] } },
      }),
    ],
    ["a label in another script", jobWith({ labels: { größe: "läuft" } })],
    [
      "a definition just below 1 MiB",
      jobWith({ logsPolicy: { destination: "PATH", logsPath: "x".repeat(1_048_000) } }),
    ],
  ];
  for (const [what, job] of accepted) test(`${what} are accepted`, () => void checked(job));
});

describe("published job definitions", () => {
  test("are accepted and come back as they were sent", async (t) => {
    const captured = besideCheckout(t, "fixtures/batch");
    if (captured === null) return;
    const files = globSync(join(captured, "spec-*.json"));
    assert.ok(files.length > 0);
    const { api } = scripted();
    for (const file of files) {
      const sent = JSON.parse(readFileSync(file, "utf8"));
      const jobId = basename(file, ".json");
      await api.createJob({ parent: "projects/p/locations/us-central1", jobId, job: sent });
      const { job } = { job: await api.getJob({ name: `projects/p/locations/us-central1/jobs/${jobId}` }) };
      assert.deepEqual(holds(job, sent), [], file);
    }
  });
});

/** Where `whole` lacks what `part` says; numbers may have become texts and the other way round. */
function holds(whole: unknown, part: unknown, path = ""): string[] {
  if (typeof part !== "object" || part === null) return String(whole) === String(part) ? [] : [path];
  return Object.entries(part).flatMap(([key, value]) =>
    holds((whole as Record<string, unknown> | undefined)?.[key], value, `${path}.${key}`),
  );
}
