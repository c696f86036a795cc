import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, PARENT } from "../conformance.ts";
import { minimalJob } from "../scripted.ts";

const REQUEST = "1b671a64-40d5-491e-99b0-da01ff1f3341";

async function running(bench: Bench, jobId: string): Promise<string> {
  await bench.client.createJob({ parent: PARENT, jobId, job: minimalJob() });
  bench.emulator.move(jobId, "RUNNING");
  return `${PARENT}/jobs/${jobId}`;
}

export function ending(bench: Bench): void {
  test("a cancelled job is kept, and its operation ends when it has", async () => {
    const name = await running(bench, "cancelled");
    const [operation] = await bench.client.cancelJob({ name });
    assert.match(operation.name ?? "", /^projects\/p\/locations\/us-central1\/operations\/operation-/);
    const [under] = await bench.client.getJob({ name });
    assert.equal(under.status?.state, "CANCELLATION_IN_PROGRESS");
    const [open] = await bench.client.getOperation(operationRequest(operation.name!));
    assert.equal(open.done, false);
    bench.emulator.settle();
    const [, metadata] = await operation.promise();
    const { verb, target } = metadata as { verb: string; target: string };
    assert.deepEqual([verb, target], ["cancel", name]);
    const [job] = await bench.client.getJob({ name });
    assert.equal(job.status?.state, "CANCELLED");
  });

  test("cancelling is refused while it is under way and accepted once the job has ended", async () => {
    const name = await running(bench, "cancel-twice");
    await bench.client.cancelJob({ name });
    const failure = await bench.failure(bench.client.cancelJob({ name }));
    assert.equal(failure.code, bench.mode.codes.precondition);
    assert.match(failure.message, /CANCELLATION_IN_PROGRESS/);
    bench.emulator.settle();
    const [operation] = await bench.client.cancelJob({ name });
    await operation.promise();
    const [job] = await bench.client.getJob({ name });
    assert.equal(job.status?.state, "CANCELLED");
  });

  test("a repeated cancel request is answered with its operation", async () => {
    const name = await running(bench, "cancel-requested");
    const [first] = await bench.client.cancelJob({ name, requestId: REQUEST });
    const [second] = await bench.client.cancelJob({ name, requestId: REQUEST });
    assert.equal(second.name, first.name);
    bench.emulator.settle();
  });

  test("a deleted job goes, and its id is free again", async () => {
    const name = await running(bench, "deleted");
    const [operation] = await bench.client.deleteJob({ name, reason: "test" });
    const [under] = await bench.client.getJob({ name });
    assert.equal(under.status?.state, "DELETION_IN_PROGRESS");
    const [again] = await bench.client.deleteJob({ name });
    assert.equal(again.name, operation.name);
    bench.emulator.settle();
    await operation.promise();
    assert.equal((await bench.failure(bench.client.getJob({ name }))).code, bench.mode.codes.notFound);
    await running(bench, "deleted");
  });

  test("operations are found, listed, cancelled and forgotten", async () => {
    const name = await running(bench, "operated");
    const [operation] = await bench.client.cancelJob({ name });
    const request = operationRequest(operation.name!);
    await bench.client.cancelOperation(request);
    await bench.client.getOperation(request);
    const metadata = bench.emulator.records.operations.get(operation.name!)?.metadata;
    assert.equal(metadata?.["requestedCancellation"], true);
    const names: string[] = [];
    for await (const one of bench.client.listOperationsAsync(listRequest(), { autoPaginate: false }))
      names.push(one.name!);
    assert.ok(names.includes(operation.name!));
    await bench.client.deleteOperation(request);
    const failure = await bench.failure(bench.client.getOperation(request));
    assert.equal(failure.code, bench.mode.codes.notFound);
    bench.emulator.settle();
  });
}

/** The client's types want whole message objects here, and take plain ones. */
const operationRequest = (name: string) => ({ name }) as never;
const listRequest = () => ({ name: PARENT }) as never;
