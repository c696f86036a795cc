import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { onlyWanted, readFieldMask } from "../../../infra/batch-emulator/fields/field-mask.ts";
import { ApiError } from "../../../infra/batch-emulator/model.ts";
import { type RestServer, serveRest } from "../../../infra/batch-emulator/rest.ts";
import { type Client, GRPC, type Mode, type Opened, REST } from "./clients.ts";
import { minimalJob, scripted } from "./scripted.ts";

const PARENT = "projects/p/locations/us-central1";

const JOBS = {
  jobs: [
    {
      name: "n",
      uid: "u",
      labels: { "run-id": "r", sample: "s" },
      status: { state: "RUNNING", runDuration: "1s", taskGroups: { group0: { counts: { RUNNING: "1" } } } },
      taskGroups: [{ taskCount: "1", taskSpec: { runnables: [{ script: { text: "true" } }] } }],
    },
  ],
  nextPageToken: "t",
};

const masked = (mask: string | null): unknown => onlyWanted(JOBS, readFieldMask(mask, "ListJobs"));

const SAME: readonly (readonly [string, object])[] = [
  ["nextPageToken", { nextPageToken: "t" }],
  ["jobs(name,uid)", { jobs: [{ name: "n", uid: "u" }] }],
  ["jobs.name,jobs.uid", { jobs: [{ name: "n", uid: "u" }] }],
  ["jobs/name, jobs/uid", { jobs: [{ name: "n", uid: "u" }] }],
  ["jobs/(name, uid)", { jobs: [{ name: "n", uid: "u" }] }],
  ["jobs(name,status(state))", { jobs: [{ name: "n", status: { state: "RUNNING" } }] }],
  ["jobs.status.state,next_page_token", { jobs: [{ status: { state: "RUNNING" } }], nextPageToken: "t" }],
  ["jobs.status.run_duration", { jobs: [{ status: { runDuration: "1s" } }] }],
  ["jobs.status,jobs.status.state", { jobs: [{ status: JOBS.jobs[0]!.status }] }],
  ["jobs.status.state,jobs.status", { jobs: [{ status: JOBS.jobs[0]!.status }] }],
  ["jobs(name),jobs(uid)", { jobs: [{ name: "n", uid: "u" }] }],
  ["jobs.labels.run-id", { jobs: [{ labels: { "run-id": "r" } }] }],
  [
    "jobs.status.taskGroups.group0.counts",
    { jobs: [{ status: { taskGroups: { group0: { counts: { RUNNING: "1" } } } } }] },
  ],
  [
    "jobs.taskGroups.taskSpec.runnables.script.text,unreachable",
    { jobs: [{ taskGroups: [{ taskSpec: { runnables: [{ script: { text: "true" } }] } }] }] },
  ],
  ["jobs.*.state", { jobs: [{ status: { state: "RUNNING" } }] }],
  ["jobs(*)", { jobs: JOBS.jobs }],
];

describe("a field mask", () => {
  for (const [mask, wanted] of SAME) test(mask, () => assert.deepEqual(masked(mask), wanted));

  test("that wants all, or says nothing, leaves the answer as it is", () => {
    for (const mask of [null, "", " ", "*", "*,nextPageToken"]) assert.equal(masked(mask), JOBS);
  });

  test("that leads nowhere is refused in Google's words, every path of it", () => {
    for (const [mask, ...paths] of [
      ["nope", "nope"],
      ["jobs.nope,jobs(name,status(nope2))", "jobs.nope", "jobs.status.nope2"],
      ["jobs.name.first", "jobs.name.first"],
      ["*,nope", "nope"],
      ["jobs.*.nope", "jobs.*.nope"],
    ]) {
      assert.throws(
        () => masked(mask!),
        (error) => {
          assert.ok(error instanceof ApiError);
          assert.deepEqual([error.code, error.message], [3, "Request contains an invalid argument."]);
          const [detail] = error.details as { fieldViolations: { field: string; description: string }[] }[];
          assert.deepEqual(
            detail!.fieldViolations,
            paths.map((field) => ({
              field,
              description: `Error expanding 'fields' parameter. Cannot find matching fields for path '${field}'.`,
            })),
          );
          return true;
        },
      );
    }
  });

  test("that is no mask is refused", () => {
    for (const mask of ["jobs(", "jobs(name", "jobs)", ",", "jobs..name", "jobs,", "jobs()", "(name)", "a;b"])
      assert.throws(() => masked(mask), /Request contains an invalid argument/, mask);
  });
});

describe("over REST", () => {
  const emulator = scripted();
  let server: RestServer;
  before(async () => {
    server = await serveRest({ api: emulator.api, port: 0 });
    await call("POST", "jobs?jobId=one", {}, minimalJob());
    emulator.giveTasks("one", ["RUNNING", "PENDING"]);
  });
  after(() => server.close());

  async function call(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
    const answer = await fetch(`${server.url}/v1/${PARENT}/${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  test("it comes as fields, as $fields, or as a header", async () => {
    const wanted = { jobs: [{ status: { state: "QUEUED" } }] };
    for (const answer of [
      await call("GET", "jobs?fields=jobs(status.state)"),
      await call("GET", "jobs?$fields=jobs/status/state&alt=json"),
      await call("GET", "jobs", { "X-Goog-FieldMask": "jobs.status.state" }),
      await call("GET", "jobs?fields=jobs.status.state", { "x-goog-fieldmask": "jobs.name" }),
    ]) {
      assert.deepEqual(answer, { status: 200, body: wanted });
    }
  });

  test("it holds for every method, and not for what the method does", async () => {
    const created = await call("POST", "jobs?jobId=two&fields=uid,status.state", {}, minimalJob());
    assert.deepEqual(Object.keys(created.body).sort(), ["status", "uid"]);
    assert.deepEqual(created.body["status"], { state: "QUEUED" });
    assert.equal(emulator.record("two").job.taskGroups.length, 1);
    assert.deepEqual((await call("GET", "jobs/two?fields=name")).body, { name: `${PARENT}/jobs/two` });
    const tasks = await call("GET", "jobs/one/taskGroups/group0/tasks?fields=tasks.status.state");
    assert.deepEqual(tasks.body, {
      tasks: [{ status: { state: "RUNNING" } }, { status: { state: "PENDING" } }],
    });
    const task = await call("GET", "jobs/one/taskGroups/group0/tasks/1?fields=status");
    assert.deepEqual(task.body, { status: { state: "PENDING" } });
    const operation = await call("DELETE", "jobs/two?fields=done,metadata(verb)");
    assert.deepEqual(operation.body, {
      done: false,
      metadata: {
        "@type": "type.googleapis.com/google.cloud.batch.v1.OperationMetadata",
        verb: "delete",
      },
    });
    const operations = await call("GET", "operations?fields=operations(metadata.verb)");
    assert.equal((operations.body["operations"] as unknown[]).length, 1);
  });

  test("it is refused before anything is done", async () => {
    const refused = await call("POST", "jobs?jobId=three&fields=name,nope", {}, minimalJob());
    assert.equal(refused.status, 400);
    assert.match(
      JSON.stringify(refused.body),
      /INVALID_ARGUMENT.*Cannot find matching fields for path 'nope'/,
    );
    assert.equal((await call("GET", "jobs/three")).status, 404);
  });
});

const withMask = (mask: string) => ({ otherArgs: { headers: { "x-goog-fieldmask": mask } } });

function speaksMasks(mode: Mode): void {
  describe(mode.name, () => {
    let opened: Opened;
    let client: Client;
    before(async () => {
      opened = await mode.open();
      client = opened.client;
      await client.createJob({ parent: PARENT, jobId: "one", job: minimalJob() });
    });
    after(() => opened.close());

    test("its metadata or headers carry a mask", async () => {
      const [jobs] = await client.listJobs(
        { parent: PARENT },
        { autoPaginate: false, ...withMask("jobs.name,jobs.status.state") },
      );
      assert.deepEqual(
        jobs.map(({ name, uid, taskGroups, status }) => [name, uid || null, taskGroups ?? [], status?.state]),
        [[`${PARENT}/jobs/one`, null, [], "QUEUED"]],
      );
    });

    test("an operation without its metadata can be read", async () => {
      const [operation] = await client.cancelJob({ name: `${PARENT}/jobs/one` }, withMask("name,done"));
      assert.match(operation.name!, /operations/);
    });

    test("an unknown path is an invalid argument with its details", async () => {
      await assert.rejects(client.getJob({ name: `${PARENT}/jobs/one` }, withMask("nope")), (error) => {
        const { code, details } = mode.failureOf(error);
        assert.equal(code, mode.codes.invalid);
        assert.deepEqual(
          details.flatMap(({ fieldViolations = [] }) => fieldViolations.map(({ field }) => field)),
          ["nope"],
        );
        return true;
      });
    });
  });
}

for (const mode of [GRPC, REST]) speaksMasks(mode);
