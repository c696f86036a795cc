import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../../infra/batch-emulator/model.ts";
import { type Bench, PARENT } from "../conformance.ts";
import { minimalJob } from "../scripted.ts";

export function failing(bench: Bench): void {
  test("a fault before the call leaves nothing behind", async () => {
    bench.emulator.failures.set("CreateJob", new ApiError(8, "Quota exceeded for quota metric"));
    const call = bench.client.createJob({ parent: PARENT, jobId: "faulty", job: minimalJob() });
    const failure = await bench.failure(call);
    assert.equal(failure.code, bench.mode.codes.exhausted);
    assert.match(failure.message, /Quota exceeded/);
    assert.equal(bench.emulator.record("faulty"), undefined);
  });

  test("a fault after the call leaves what was asked for", async () => {
    bench.emulator.failuresAfter.set("CreateJob", new ApiError(14, "The service is unavailable"));
    const call = bench.client.createJob({ parent: PARENT, jobId: "created", job: minimalJob() });
    assert.equal((await bench.failure(call)).code, bench.mode.codes.unavailable);
    const [job] = await bench.client.getJob({ name: `${PARENT}/jobs/created` });
    assert.equal(job.status?.state, "QUEUED");
  });

  test("faults are told the method and what it is called on", async () => {
    await bench.failure(bench.client.getJob({ name: `${PARENT}/jobs/asked-about` }));
    assert.deepEqual(bench.emulator.calls.at(-1), {
      method: "GetJob",
      project: "p",
      location: "us-central1",
      job: "asked-about",
    });
  });

  test("a missing job is 404 in the service's own words", async () => {
    const failure = await bench.failure(bench.client.getJob({ name: `${PARENT}/jobs/missing` }));
    assert.equal(failure.code, bench.mode.codes.notFound);
    assert.match(
      failure.message,
      /Resource "projects\/\d{12}\/locations\/us-central1\/jobs\/missing" was not found$/,
    );
  });

  test("more mistakes than a trailer can hold are refused with the right code", async () => {
    const job = {
      taskGroups: [
        { taskSpec: { lifecyclePolicies: Array.from({ length: 500 }, () => ({ action: 42 as never })) } },
      ],
    };
    const failure = await bench.failure(bench.client.createJob({ parent: PARENT, jobId: "mistakes", job }));
    assert.equal(failure.code, bench.mode.codes.invalid);
    assert.match(failure.message, /lifecycle_policies\[0\]\.action/);
  });
}
