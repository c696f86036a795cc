import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, PARENT } from "../conformance.ts";
import { minimalJob } from "../scripted.ts";

async function jobWithoutTasks(bench: Bench, jobId: string): Promise<string> {
  await bench.client.createJob({ parent: PARENT, jobId, job: minimalJob() });
  return `${PARENT}/jobs/${jobId}/taskGroups/group0`;
}

async function taskNumbers(bench: Bench, request: object): Promise<string[]> {
  const numbers: string[] = [];
  for await (const task of bench.client.listTasksAsync(request, { autoPaginate: false })) {
    numbers.push(task.name!.split("/").at(-1)!);
  }
  return numbers;
}

export function tasks(bench: Bench): void {
  test("a task that is not there yet is 404 in the service's own words", async () => {
    const group = await jobWithoutTasks(bench, "no-tasks");
    const get = await bench.failure(bench.client.getTask({ name: `${group}/tasks/0` }));
    assert.equal(get.code, bench.mode.codes.notFound);
    assert.match(
      get.message,
      /Resource "projects\/\d{12}\/locations\/us-central1\/jobs\/no-tasks\/taskGroups\/group0\/tasks\/0" was not found$/,
    );
    const list = await bench.failure(taskNumbers(bench, { parent: group }));
    assert.equal(list.code, bench.mode.codes.notFound);
  });

  test("a job that failed before it had tasks lists none", async () => {
    const group = await jobWithoutTasks(bench, "zero-tasks");
    bench.emulator.giveTasks("zero-tasks", []);
    assert.deepEqual(await taskNumbers(bench, { parent: group }), []);
  });

  test("a task shows its state and events; only a failed one's has an exit code", async () => {
    const group = await jobWithoutTasks(bench, "with-events");
    bench.emulator.giveTasks("with-events", ["FAILED"]);
    bench.emulator.record("with-events").tasks[0]!.status.statusEvents = [
      {
        type: "STATUS_CHANGED",
        description: "Task state is updated from RUNNING to FAILED",
        eventTime: "2026-05-04T10:00:01.5Z",
        taskExecution: { exitCode: 137 },
        taskState: "FAILED",
      },
    ];
    const [task] = await bench.client.getTask({ name: `${group}/tasks/0` });
    assert.match(task.name ?? "", /^projects\/\d{12}\//);
    assert.equal(task.status?.state, "FAILED");
    const [event] = task.status!.statusEvents!;
    assert.equal(event?.taskExecution?.exitCode, 137);
    assert.equal(event?.eventTime?.nanos, 500_000_000);
  });

  test("tasks are listed by pages and filtered in both spellings", async () => {
    const parent = await jobWithoutTasks(bench, "many-tasks");
    bench.emulator.giveTasks("many-tasks", ["SUCCEEDED", "FAILED", "RUNNING", "FAILED", "PENDING"]);
    assert.deepEqual(await taskNumbers(bench, { parent, pageSize: 2 }), ["0", "1", "2", "3", "4"]);
    for (const filter of ["State=FAILED", "state=FAILED", "status.state=FAILED", 'status.state="FAILED"']) {
      assert.deepEqual(await taskNumbers(bench, { parent, filter, pageSize: 1 }), ["1", "3"], filter);
    }
  });

  test("a job's status shows counts, events and how long it ran", async () => {
    await jobWithoutTasks(bench, "with-status");
    const { job } = bench.emulator.record("with-status");
    job.status = {
      state: "RUNNING",
      statusEvents: [{ type: "STATUS_CHANGED", description: "d", eventTime: "2026-05-04T10:00:02Z" }],
      taskGroups: {
        group0: {
          counts: { RUNNING: "2", PENDING: "1" },
          instances: [{ machineType: "e2-medium", provisioningModel: "SPOT", taskPack: "2" }],
        },
      },
      runDuration: "3.25s",
    };
    const [got] = await bench.client.getJob({ name: job.name });
    const group = got.status?.taskGroups?.["group0"];
    assert.deepEqual({ ...group?.counts }, { RUNNING: "2", PENDING: "1" });
    assert.equal(group?.instances?.[0]?.provisioningModel, "SPOT");
    assert.deepEqual({ ...got.status?.runDuration }, { seconds: "3", nanos: 250_000_000 });
    assert.equal(got.status?.statusEvents?.[0]?.taskExecution, null);
  });
}
