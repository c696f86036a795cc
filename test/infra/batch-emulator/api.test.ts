import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Records } from "../../../infra/batch-emulator/model.ts";
import { apiError, minimalJob, scripted } from "./scripted.ts";

const PARENT = "projects/p/locations/us-central1";

describe("the API", () => {
  test("tells the same story for the same calls", async () => {
    const story = async () => {
      const { api } = scripted();
      const job = await api.createJob({ parent: PARENT, job: minimalJob() });
      return JSON.stringify([job, await api.cancelJob({ name: job.name })]);
    };
    assert.equal(await story(), await story());
  });

  test("gives instants that grow, also within one millisecond, and always nine digits", async () => {
    const { api } = scripted();
    const times: string[] = [];
    for (let n = 0; n < 200; n++)
      times.push((await api.createJob({ parent: PARENT, job: minimalJob() })).createTime);
    assert.deepEqual(times.toSorted(), times);
    assert.equal(new Set(times).size, times.length);
    assert.ok(times.every((time) => /\.\d{9}Z$/.test(time)));
  });

  test("fills in as many tasks as there are environments, and one at once in order", async () => {
    const { api } = scripted();
    const group = { taskSpec: { runnables: [{ script: { text: "true" } }] } };
    const byEnvironment = { taskGroups: [{ ...group, taskEnvironments: [{ variables: { A: "1" } }, {}] }] };
    const first = await api.createJob({ parent: PARENT, job: byEnvironment });
    assert.deepEqual([first.taskGroups[0]?.taskCount, first.taskGroups[0]?.["parallelism"]], ["2", "2"]);
    const inOrder = { taskGroups: [{ ...group, taskCount: 9, schedulingPolicy: "IN_ORDER" }] };
    const second = await api.createJob({ parent: PARENT, job: inOrder });
    assert.deepEqual([second.taskGroups[0]?.taskCount, second.taskGroups[0]?.["parallelism"]], ["9", "1"]);
  });

  test("goes on with records of another life: names, numbers, requests, operations", async () => {
    const requestId = "7f1dd1c2-3f47-4c0c-9c0c-3d1f5a9f0b11";
    const first = scripted();
    const job = await first.api.createJob({ parent: PARENT, jobId: "old", requestId, job: minimalJob() });
    const operation = await first.api.cancelJob({ name: job.name });
    const records: Records = {
      jobs: new Map(JSON.parse(JSON.stringify([...first.records.jobs]))),
      operations: new Map(JSON.parse(JSON.stringify([...first.records.operations]))),
      touch() {},
    };
    const second = scripted(records);
    const number = first.record("old").projectNumber;
    const numbered = `projects/${number}/locations/us-central1`;
    assert.equal((await second.api.getJob({ name: `${numbered}/jobs/old` })).uid, job.uid);
    const again = await second.api.createJob({ parent: PARENT, jobId: "x", requestId, job: minimalJob() });
    assert.equal(again.uid, job.uid);
    assert.equal((await second.api.getOperation({ name: operation.name })).done, false);
    second.move("old", "CANCELLED");
    assert.equal((await second.api.getOperation({ name: operation.name })).done, true);
  });

  test("takes ids of 1 to 63 lowercase letters, digits and dashes", async () => {
    const { api } = scripted();
    const create = (jobId: string) => api.createJob({ parent: PARENT, jobId, job: minimalJob() });
    for (const jobId of ["a", "a-1", "a".repeat(63)]) await create(jobId);
    for (const jobId of ["A", "1a", "-a", "a-", "a_b", "a.b", "a".repeat(64)]) {
      await assert.rejects(create(jobId), apiError(3, /^job_id field is invalid/), jobId);
    }
  });

  test("forgets a request with its job", async () => {
    const requestId = "7f1dd1c2-3f47-4c0c-9c0c-3d1f5a9f0b11";
    const { api, settle } = scripted();
    const first = await api.createJob({ parent: PARENT, jobId: "a", requestId, job: minimalJob() });
    await api.deleteJob({ name: first.name });
    settle();
    const second = await api.createJob({ parent: PARENT, jobId: "a", requestId, job: minimalJob() });
    assert.notEqual(second.uid, first.uid);
  });

  test("lists the same job in another project of the same name in no other", async () => {
    const { api } = scripted();
    await api.createJob({ parent: PARENT, jobId: "same", job: minimalJob() });
    await api.createJob({ parent: "projects/q/locations/us-central1", jobId: "same", job: minimalJob() });
    assert.equal((await api.listJobs({ parent: PARENT })).jobs?.length, 1);
  });

  test("orders as the proto says and refuses other orders", async () => {
    const { api } = scripted();
    for (const jobId of ["b", "c", "a"]) await api.createJob({ parent: PARENT, jobId, job: minimalJob() });
    const ids = async (orderBy: string) =>
      (await api.listJobs({ parent: PARENT, orderBy })).jobs?.map(({ name }) => name.at(-1)).join("");
    assert.equal(await ids("name"), "abc");
    assert.equal(await ids("name desc"), "cba");
    assert.equal(await ids("create_time"), "bca");
    assert.equal(await ids("create_time desc"), "acb");
    await assert.rejects(ids("uid"), apiError(3, /order_by field is invalid/));
  });

  test("goes on where a page ended although that job is gone", async () => {
    const { api, settle } = scripted();
    for (const jobId of ["a", "b", "c"]) await api.createJob({ parent: PARENT, jobId, job: minimalJob() });
    const first = await api.listJobs({ parent: PARENT, pageSize: 2 });
    await api.deleteJob({ name: `${PARENT}/jobs/b` });
    settle();
    const second = await api.listJobs({ parent: PARENT, pageSize: 2, pageToken: first.nextPageToken });
    assert.deepEqual(
      second.jobs?.map(({ name }) => name.at(-1)),
      ["c"],
    );
    assert.equal(second.nextPageToken, undefined);
  });

  test("gives 500 a page when no size is asked for, and the token then holds for 500 and for none", async () => {
    const { api } = scripted();
    for (let n = 0; n < 501; n++) await api.createJob({ parent: PARENT, jobId: `j${n}`, job: minimalJob() });
    const { jobs, nextPageToken: pageToken } = await api.listJobs({ parent: PARENT });
    assert.equal(jobs?.length, 500);
    assert.equal((await api.listJobs({ parent: PARENT, pageToken })).jobs?.length, 1);
    assert.equal((await api.listJobs({ parent: PARENT, pageToken, pageSize: 500 })).jobs?.length, 1);
    await assert.rejects(
      api.listJobs({ parent: PARENT, pageToken, pageSize: 100 }),
      apiError(
        3,
        /^pagesize field is invalid\. mismatching token page size error : request page size \(100\) != token page size \(500\)$/,
      ),
    );
    await assert.rejects(api.listJobs({ parent: PARENT, pageSize: -1 }), apiError(3, /must not be negative/));
  });

  test("counts jobs by state", async () => {
    const { api, move } = scripted();
    for (const jobId of ["a", "b", "c"]) await api.createJob({ parent: PARENT, jobId, job: minimalJob() });
    move("b", "RUNNING");
    const count = (states: string[]) => api.countJobsByState({ parent: PARENT, states });
    assert.deepEqual(await count(["QUEUED"]), { jobCounts: { QUEUED: "2" } });
    assert.deepEqual(await count(["FAILED"]), { jobCounts: { FAILED: "0" } });
    assert.deepEqual(await count([]), { jobCounts: { QUEUED: "2", RUNNING: "1" } });
  });

  test("shows tasks from the moment on that the engine says", async () => {
    const self = scripted();
    await self.api.createJob({ parent: PARENT, jobId: "t", job: minimalJob() });
    self.giveTasks("t", ["PENDING"]);
    self.record("t").tasksVisibleAt = self.now + 1000;
    const name = `${PARENT}/jobs/t/taskGroups/group0/tasks/0`;
    await assert.rejects(self.api.getTask({ name }), apiError(5, /tasks\/0" was not found$/));
    self.now += 1000;
    assert.equal((await self.api.getTask({ name })).status.state, "PENDING");
    for (const other of ["group1/tasks/0", "group0/tasks/1", "group0/tasks/00", "group0/tasks/x"]) {
      const missing = `${PARENT}/jobs/t/taskGroups/${other}`;
      await assert.rejects(self.api.getTask({ name: missing }), apiError(5, /was not found/));
    }
  });

  test("refuses names that are none", async () => {
    const { api } = scripted();
    for (const name of ["", "jobs/a", "projects/p/jobs/a", `${PARENT}/jobs/a/b`]) {
      await assert.rejects(api.getJob({ name }), apiError(3, /name field is invalid/), name);
    }
    await assert.rejects(
      api.listJobs({ parent: "projects/P/locations/-" }),
      apiError(3, /Invalid resource field/),
    );
  });

  test("lists 10,000 jobs by pages of 500 in five seconds", async () => {
    const { api } = scripted();
    for (let n = 0; n < 10_000; n++) {
      await api.createJob({ parent: PARENT, jobId: `j${n}`, job: minimalJob({ labels: { n: `${n % 2}` } }) });
    }
    const started = performance.now();
    let pageToken: string | undefined;
    let listed = 0;
    do {
      const request = {
        parent: PARENT,
        filter: 'labels.n="1" AND (status.state=QUEUED OR status.state=RUNNING)',
      };
      const page = await api.listJobs({ ...request, pageSize: 500, pageToken });
      listed += page.jobs?.length ?? 0;
      pageToken = page.nextPageToken;
    } while (pageToken);
    assert.equal(listed, 5000);
    assert.ok(performance.now() - started < 5000);
  });
});
