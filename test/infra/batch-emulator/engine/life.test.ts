import assert from "node:assert/strict";
import { test } from "node:test";
import { descriptions, jobOf, lasting, open, plain, script, until } from "./open.ts";

const JOB_MOVES = [
  "Job state is set from QUEUED to SCHEDULED for job JOB.",
  "Job state is set from SCHEDULED to RUNNING for job JOB.",
];

test("a script that ends well makes its job SUCCEEDED, with the service's events", async (t) => {
  const batch = await open(t);
  const created = await batch.submit("fine", jobOf([script("echo hello")]));
  assert.equal(created.status.state, "QUEUED");
  assert.equal(created.status.statusEvents, undefined);
  const job = await batch.ends("fine");
  assert.equal(job.status.state, "SUCCEEDED");
  assert.deepEqual(descriptions(job.status.statusEvents).map(plain), [
    ...JOB_MOVES,
    "Job state is set from RUNNING to SUCCEEDED for job JOB.",
  ]);
  assert.match(job.status.runDuration, /^0\.\d+s$/);
  const [task] = await batch.tasks("fine");
  assert.deepEqual(
    task!.status.statusEvents!.map(({ description, taskState, taskExecution }) => [
      plain(description),
      taskState,
      taskExecution,
    ]),
    [
      ["Task state is updated from PENDING to ASSIGNED on PLACE", "ASSIGNED", undefined],
      ["Task state is updated from ASSIGNED to RUNNING on PLACE", "RUNNING", undefined],
      ["Task state is updated from RUNNING to SUCCEEDED on PLACE", "SUCCEEDED", undefined],
    ],
  );
  assert.deepEqual(await batch.printed("fine"), ["hello"]);
});

test("a failing script's code is in the task's event and in the job's text, and nowhere else", async (t) => {
  const batch = await open(t);
  await batch.submit("sad", jobOf([script("exit 3")]));
  const job = await batch.ends("sad");
  assert.equal(job.status.state, "FAILED");
  const events = job.status.statusEvents!;
  assert.equal(
    plain(events.at(-1)!.description),
    'Job state is set from RUNNING to FAILED for job JOB.Job failed due to task failure. Specifically, task with index 0 failed due to the following task event: "Task state is updated from RUNNING to FAILED on PLACE with exit code 3."',
  );
  assert.ok(events.every((event) => event.taskExecution === undefined && event.taskState === undefined));
  const [task] = await batch.tasks("sad");
  const last = task!.status.statusEvents!.at(-1)!;
  assert.deepEqual([last.taskState, last.taskExecution], ["FAILED", { exitCode: 3 }]);
});

test("event times grow and event texts have the project's number", async (t) => {
  const batch = await open(t);
  await batch.submit("named", jobOf([script("true")]));
  const job = await batch.ends("named");
  assert.match(job.name, /^projects\/lab\//);
  assert.ok(
    job.status.statusEvents!.every(({ description }) => /for job projects\/\d+\/locations/.test(description)),
  );
  const [task] = await batch.tasks("named");
  assert.match(
    task!.name,
    /^projects\/\d+\/locations\/us-central1\/jobs\/named\/taskGroups\/group0\/tasks\/0$/,
  );
  const times = job.status.statusEvents!.map(({ eventTime }) => eventTime);
  assert.deepEqual(times, times.toSorted());
  assert.ok(times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z$/.test(time)));
});

test("each task of a group knows its index, at most `parallelism` run at once", async (t) => {
  const batch = await open(t);
  const text =
    'echo "$BATCH_TASK_INDEX of $BATCH_TASK_COUNT, $NAME, attempt $BATCH_TASK_RETRY_ATTEMPT, $SHARED"';
  const taskEnvironments = ["a", "b", "c"].map((NAME) => ({ variables: { NAME } }));
  const environment = { variables: { SHARED: "all", NAME: "none" } };
  await batch.submit(
    "group",
    jobOf([script(text)], { environment }, { taskCount: 3, parallelism: 1, taskEnvironments }),
  );
  assert.equal((await batch.ends("group")).status.state, "SUCCEEDED");
  assert.deepEqual(await batch.printed("group"), [
    "0 of 3, a, attempt 0, all",
    "1 of 3, b, attempt 0, all",
    "2 of 3, c, attempt 0, all",
  ]);
});

test("after a failure for good no further task begins: they end UNEXECUTED", async (t) => {
  const batch = await open(t);
  await batch.submit("stops", jobOf([script("exit 1")], {}, { taskCount: 3, parallelism: 1 }));
  assert.equal((await batch.ends("stops")).status.state, "FAILED");
  assert.deepEqual(
    (await batch.tasks("stops")).map(({ status }) => status.state),
    ["FAILED", "UNEXECUTED", "UNEXECUTED"],
  );
});

test("the status names the machines, and its counts lag behind the tasks", async (t) => {
  const batch = await open(t, { latencies: { countsLagMs: 60_000 } });
  const policy = { machineType: "n2d-standard-4", provisioningModel: "SPOT" };
  const allocationPolicy = { instances: [{ policy }] };
  await batch.submit(
    "spot",
    jobOf([script("true")], {}, { taskCount: 3, parallelism: 2 }, { allocationPolicy }),
  );
  const group = (await batch.ends("spot")).status.taskGroups!["group0"]!;
  assert.deepEqual(group.instances, [{ ...policy, taskPack: "2" }]);
  assert.equal(group.counts, undefined);
});

test("tasks are 404 for a while after they exist", async (t) => {
  const batch = await open(t, { latencies: { hiddenTasksMs: 60_000 } });
  await batch.submit("hidden", jobOf([script("true")]));
  await batch.ends("hidden");
  const answer = await batch.call(
    "GET",
    "/v1/projects/lab/locations/us-central1/jobs/hidden/taskGroups/group0/tasks/0",
  );
  assert.equal(answer.status, 404);
});

test("a job that is cancelled ends its processes first; one that is deleted is gone", async (t) => {
  const batch = await open(t);
  for (const id of ["stopped", "deleted"]) await batch.submit(id, jobOf([script("sleep 600")]));
  await batch.reaches("stopped", "RUNNING");
  await batch.reaches("deleted", "RUNNING");
  await batch.call("POST", "/v1/projects/lab/locations/us-central1/jobs/stopped:cancel", {});
  await batch.call("DELETE", "/v1/projects/lab/locations/us-central1/jobs/deleted");
  const stopped = await batch.ends("stopped");
  assert.deepEqual(descriptions(stopped.status.statusEvents).map(plain).slice(-2), [
    "Job state is set from RUNNING to CANCELLATION_IN_PROGRESS for job JOB.",
    "Job state is set from CANCELLATION_IN_PROGRESS to CANCELLED for job JOB.",
  ]);
  const gone = async () =>
    (await batch.call("GET", "/v1/projects/lab/locations/us-central1/jobs/deleted")).status === 404 || null;
  await until("the job is gone", gone);
});

test("a task that only lasts ends with the code it was given, and by its time limit", async (t) => {
  const batch = await open(t, { speed: 20 });
  await batch.submit("lasts", jobOf([lasting(1, 4)]));
  await batch.submit("overtime", jobOf([lasting(60)], { maxRunDuration: "1s" }));
  assert.match((await batch.ends("lasts")).status.statusEvents!.at(-1)!.description, /with exit code 4\./);
  assert.match(
    (await batch.ends("overtime")).status.statusEvents!.at(-1)!.description,
    /due to task runs over the maximum runtime with exit code 50005\./,
  );
});
