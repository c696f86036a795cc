import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, PARENT } from "../conformance.ts";
import { minimalJob } from "../scripted.ts";

const REQUEST = "7f1dd1c2-3f47-4c0c-9c0c-3d1f5a9f0b11";

export function creating(bench: Bench): void {
  test("a fresh job is QUEUED, without events, with the project's number in its group's name", async () => {
    const [job] = await bench.client.createJob({ parent: PARENT, jobId: "fresh", job: minimalJob() });
    assert.equal(job.name, `${PARENT}/jobs/fresh`);
    assert.match(job.uid ?? "", /^fresh-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{5}$/);
    assert.equal(job.status?.state, "QUEUED");
    assert.deepEqual(job.status?.statusEvents, []);
    assert.deepEqual(job.status?.taskGroups, {});
    assert.deepEqual({ ...job.status?.runDuration }, { seconds: "0", nanos: 0 });
    const group = job.taskGroups?.[0];
    assert.match(
      group?.name ?? "",
      /^projects\/\d{12}\/locations\/us-central1\/jobs\/fresh\/taskGroups\/group0$/,
    );
    assert.deepEqual([group?.taskCount, group?.parallelism], ["1", "1"]);
    assert.equal(group?.taskSpec?.computeResource?.cpuMilli, "2000");
    assert.equal(job.createTime?.seconds, String(Math.floor(bench.emulator.now / 1000)));
  });

  test("what was asked for comes back: enums, int64, durations, maps", async () => {
    const job = {
      priority: 7,
      labels: { step: "align" },
      logsPolicy: { destination: "CLOUD_LOGGING" as const },
      allocationPolicy: {
        instances: [{ policy: { machineType: "e2-medium", provisioningModel: "SPOT" as const } }],
      },
      taskGroups: [
        {
          taskCount: "12",
          parallelism: 3,
          taskSpec: {
            maxRunDuration: { seconds: 90, nanos: 500_000_000 },
            maxRetryCount: 2,
            lifecyclePolicies: [{ action: "RETRY_TASK" as const, actionCondition: { exitCodes: [50001] } }],
            environment: { variables: { SAMPLE: "s1" } },
            runnables: [{ container: { imageUri: "busybox", commands: ["true"] }, alwaysRun: true }],
          },
        },
      ],
    };
    await bench.client.createJob({ parent: PARENT, jobId: "asked-for", job });
    const [got] = await bench.client.getJob({ name: `${PARENT}/jobs/asked-for` });
    assert.equal(got.priority, "7");
    assert.equal(got.labels?.["step"], "align");
    assert.equal(got.logsPolicy?.destination, "CLOUD_LOGGING");
    assert.equal(got.allocationPolicy?.instances?.[0]?.policy?.provisioningModel, "SPOT");
    const [group] = got.taskGroups!;
    assert.deepEqual([group?.taskCount, group?.parallelism], ["12", "3"]);
    assert.deepEqual({ ...group?.taskSpec?.maxRunDuration }, { seconds: "90", nanos: 500_000_000 });
    assert.equal(group?.taskSpec?.maxRetryCount, 2);
    assert.equal(group?.taskSpec?.lifecyclePolicies?.[0]?.action, "RETRY_TASK");
    assert.deepEqual(group?.taskSpec?.environment?.variables, { SAMPLE: "s1" });
    assert.equal(group?.taskSpec?.runnables?.[0]?.container?.imageUri, "busybox");
    assert.equal(group?.taskSpec?.runnables?.[0]?.alwaysRun, true);
  });

  test("a job is found by the project's id and by its number", async () => {
    const [job] = await bench.client.createJob({ parent: PARENT, jobId: "by-number", job: minimalJob() });
    const [, number] = job.taskGroups![0]!.name!.split("/");
    const [got] = await bench.client.getJob({
      name: `projects/${number}/locations/us-central1/jobs/by-number`,
    });
    assert.equal(got.uid, job.uid);
    const again = bench.client.createJob({
      parent: `projects/${number}/locations/us-central1`,
      jobId: "by-number",
      job: minimalJob(),
    });
    assert.equal((await bench.failure(again)).code, bench.mode.codes.exists);
  });

  test("an id is given to a job that comes without", async () => {
    const [job] = await bench.client.createJob({ parent: PARENT, job: minimalJob() });
    assert.match(job.name ?? "", /\/jobs\/j-[0-9a-f-]{36}$/);
  });

  test("the same id is refused while the job lives and after it has ended", async () => {
    const create = () => bench.client.createJob({ parent: PARENT, jobId: "twice", job: minimalJob() });
    await create();
    for (const state of ["RUNNING", "SUCCEEDED"] as const) {
      bench.emulator.move("twice", state);
      const failure = await bench.failure(create());
      assert.equal(failure.code, bench.mode.codes.exists);
      assert.match(
        failure.message,
        /Resource "projects\/\d+\/locations\/us-central1\/jobs\/twice" already exists/,
      );
    }
  });

  test("a repeated requestId gives the same job", async () => {
    const request = { parent: PARENT, jobId: "requested", requestId: REQUEST, job: minimalJob() };
    const [first] = await bench.client.createJob(request);
    const [second] = await bench.client.createJob({ ...request, jobId: "other" });
    assert.equal(second.uid, first.uid);
    assert.equal(bench.emulator.record("other"), undefined);
  });

  test("a requestId that is no UUID, or the zero one, is refused", async () => {
    for (const requestId of ["mine", "00000000-0000-0000-0000-000000000000"]) {
      const call = bench.client.createJob({
        parent: PARENT,
        jobId: "unrequested",
        requestId,
        job: minimalJob(),
      });
      const failure = await bench.failure(call);
      assert.equal(failure.code, bench.mode.codes.invalid);
      assert.match(failure.message, /request_id field is invalid/);
    }
  });

  test("a bad id and a bad definition are refused with the field's name in the details", async () => {
    const badId = await bench.failure(
      bench.client.createJob({ parent: PARENT, jobId: "Bad_Id", job: minimalJob() }),
    );
    assert.equal(badId.code, bench.mode.codes.invalid);
    assert.equal(badId.details[0]?.fieldViolations?.[0]?.field, "job_id");
    const job = { taskGroups: [{ taskSpec: { runnables: [{}] } }] };
    const badJob = await bench.failure(bench.client.createJob({ parent: PARENT, jobId: "bad-job", job }));
    assert.equal(badJob.code, bench.mode.codes.invalid);
    assert.equal(badJob.details[0]?.fieldViolations?.[0]?.field, "job.task_groups[0].task_spec.runnables[0]");
  });

  test("an enum's number that the protos do not name is refused", async () => {
    const job = { ...minimalJob(), logsPolicy: { destination: 42 as unknown as "PATH" } };
    const failure = await bench.failure(bench.client.createJob({ parent: PARENT, jobId: "enum", job }));
    assert.equal(failure.code, bench.mode.codes.invalid);
    assert.match(
      failure.message,
      /Invalid value at 'job\.logs_policy\.destination' \(type\.googleapis\.com\/google/,
    );
  });

  test("a malformed project and an unknown location are refused as Google's front end does", async () => {
    const create = (parent: string) =>
      bench.client.createJob({ parent, jobId: "nowhere", job: minimalJob() });
    const project = await bench.failure(create("projects/NO_SUCH/locations/us-central1"));
    assert.equal(project.message.replace(/^\d+ \w+: /, ""), "Invalid resource field value in the request.");
    const location = await bench.failure(create("projects/p/locations/us-nowhere1"));
    assert.match(location.message, /Location us-nowhere1 is not found or access is unauthorized\./);
  });
}
