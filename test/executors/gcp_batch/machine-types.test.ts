import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseMachine, LARGEST_TASK, withHeadroom } from "../../../src/executors/gcp_batch/machine-types.ts";

const GIB = 1024;

test("the cheapest machine that holds the task and the system is taken", () => {
  const chosen = [
    [1, 1],
    [2, 7],
    [2, 8],
    [4, 16],
    [8, 64],
    [32, 120],
    [40, 100],
    [2, 250],
    [128, 800],
  ].map(([cpus, gib]) => chooseMachine(cpus!, gib! * GIB)?.name);
  assert.deepEqual(chosen, [
    "e2-highcpu-2",
    "e2-standard-2",
    "e2-custom-2-9216",
    "e2-custom-4-17408",
    "e2-custom-10-69632",
    "e2-standard-32",
    "n2-custom-40-108544",
    "n2-custom-36-271360",
    "n2-highmem-128",
  ]);
});

test("every machine leaves a GiB or 6 % beside the task", () => {
  assert.deepEqual([withHeadroom(GIB), withHeadroom(100 * GIB)], [2 * GIB, 108_544]);
  for (let gib = 1; gib <= 800; gib += 7)
    for (const cpus of [0.5, 1, 3, 16, 33, 100]) {
      const machine = chooseMachine(cpus, gib * GIB);
      assert.ok(machine && machine.memoryMib >= withHeadroom(gib * GIB) && machine.cpus >= cpus);
    }
});

test("the largest task has a machine, and a larger one has none", () => {
  const { cpus, memoryMib } = LARGEST_TASK;
  assert.equal(chooseMachine(cpus, memoryMib)?.name, "n2-highmem-128");
  assert.deepEqual([chooseMachine(cpus + 1, 1), chooseMachine(1, memoryMib + 2)], [null, null]);
});

test("custom shapes are ones that exist", () => {
  for (let gib = 1; gib <= 600; gib += 1) {
    const { name = "", cpus, memoryMib } = chooseMachine(1, gib * GIB) ?? {};
    if (!name.includes("custom")) continue;
    const perCpu = memoryMib! / GIB / cpus!;
    assert.ok(cpus! % 2 === 0 && memoryMib! % 256 === 0 && perCpu >= 0.5 && perCpu <= 8, name);
  }
});
