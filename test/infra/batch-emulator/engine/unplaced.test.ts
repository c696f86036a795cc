import assert from "node:assert/strict";
import { test } from "node:test";
import { cpusOf, isMachineType } from "../../../../infra/batch-emulator/engine/machine-types.ts";
import { descriptions, jobOf, lasting, open, PARENT, plain } from "./open.ts";

test("a machine type is a series, one of its classes and a number of CPUs; small, custom and GPU ones besides", () => {
  const there = `e2-micro e2-small e2-medium f1-micro g1-small e2-standard-32 e2-highcpu-2 n1-standard-1 n2-standard-4
    n2d-highmem-96 n4-highcpu-80 c2-standard-60 c3-standard-88-lssd c3-standard-192-metal c3d-highmem-360 c4a-standard-96
    t2d-standard-1 m1-ultramem-40 m2-ultramem-208 h3-standard-88 z3-highmem-14-standardlssd g2-standard-96 a2-highgpu-1g
    a3-megagpu-8g a4x-highgpu-4g custom-4-5120 e2-custom-2-4096 n2-custom-128-655360 n2-custom-2-32768-ext
    e2-custom-medium-4096`;
  for (const name of there.split(/\s+/)) assert.ok(isMachineType(name), name);
  const missing = `n0-bioagent-1 n9-huge-4 predefined-1-2048 e2-standard-64 e2-standard-3 e2-megamem-8 c2-highmem-8
    n2-standard n2-standard-0 n2-standard-4-x e2-huge zzz-standard-8 custom-3-5120 custom-4-5000 c3-custom-4-8192
    n2-custom-2-32768 e2-custom-64-65536 N2-STANDARD-4 n2-* constructor`;
  for (const name of missing.split(/\s+/)) assert.ok(!isMachineType(name), name);
  assert.ok(!isMachineType(""));
});

test("how many tasks fit on a machine is told by its CPUs, those of custom and small ones too", async (t) => {
  assert.deepEqual(
    [
      "n2-standard-8",
      "e2-small",
      "custom-4-5120",
      "n2-custom-6-20480",
      "c3-standard-8-lssd",
      "a2-highgpu-1g",
    ].map(cpusOf),
    [8, 2, 4, 6, 8, 2],
  );
  const batch = await open(t);
  const group = { taskCount: "9" };
  const spec = { computeResource: { cpuMilli: "1000" } };
  const policy = { allocationPolicy: { instances: [{ policy: { machineType: "custom-4-5120" } }] } };
  await batch.submit("packed", jobOf([lasting(0)], spec, group, policy));
  const job = await batch.ends("packed");
  assert.equal(job.status.taskGroups!["group0"]!.instances![0]!["taskPack"], "4");
});

const wantsMachine = (machineType: string, ...allowedLocations: string[]) =>
  jobOf(
    [lasting(0)],
    {},
    {},
    {
      allocationPolicy: { instances: [{ policy: { machineType } }], location: { allowedLocations } },
    },
  );

const noMachine = (type: string, id: string, zones: string): string =>
  `Job state is set from QUEUED to FAILED for job JOB.Job failed when Batch tries to schedule it: Batch Error: code - CODE_MACHINE_TYPE_NOT_FOUND, description - machine type ${type} for job ${id}, project NUMBER, region us-central1, zones (if any) ${zones} is not available.`;
const withoutNumber = (text: string): string => plain(text).replace(/project \d+/, "project NUMBER");

test("a job of a machine type that there is not is created, and fails before it has tasks", async (t) => {
  const batch = await open(t);
  const created = await batch.submit("typed", wantsMachine("n0-bioagent-1", "zones/us-central1-b"));
  assert.equal(created.status.state, "QUEUED");
  const job = await batch.ends("typed");
  assert.equal(job.status.state, "FAILED");
  assert.deepEqual(descriptions(job.status.statusEvents).map(withoutNumber), [
    noMachine("n0-bioagent-1", "typed", "us-central1-b"),
  ]);
  assert.deepEqual(await batch.tasks("typed"), []);
});

test("a job in a zone that there is not fails so too, and one that may also go elsewhere runs there", async (t) => {
  const batch = await open(t);
  await batch.submit("nowhere", wantsMachine("e2-small", "zones/us-central1-z"));
  await batch.submit("somewhere", wantsMachine("e2-small", "zones/us-central1-z", "zones/us-central1-f"));
  const job = await batch.ends("nowhere");
  assert.deepEqual(descriptions(job.status.statusEvents).map(withoutNumber), [
    noMachine("e2-small", "nowhere", "us-central1-z"),
  ]);
  assert.equal((await batch.ends("somewhere")).status.state, "SUCCEEDED");
  const [task] = await batch.tasks("somewhere");
  assert.match(descriptions(task!.status.statusEvents)[0]!, /zones\/us-central1-f\/instances/);
});

test("what the scenario says of a job goes before", async (t) => {
  const rules = [{ match: { job: "told" }, effect: { zero_tasks: { text: "no luck" } } }];
  const batch = await open(t, { scenario: { rules } });
  await batch.submit("told", wantsMachine("n9-huge-4"));
  const job = await batch.ends("told");
  assert.match(descriptions(job.status.statusEvents).at(-1)!, /from SCHEDULED to FAILED for job .*no luck$/);
});

test("a place of another region and one that is none are refused at once", async (t) => {
  const batch = await open(t);
  for (const [place, why] of [
    ["zones/europe-west4-a", /are in region europe-west4, but the job is in us-central1/],
    ["regions/europe-west4", /are in region europe-west4/],
    ["zones/us-central1", /neither regions\/REGION nor zones\/ZONE/],
    ["us-central1-a", /neither regions\/REGION nor zones\/ZONE/],
  ] as const) {
    const answer = await batch.call(
      "POST",
      `/v1/${PARENT}/jobs?jobId=refused`,
      wantsMachine("e2-small", place),
    );
    assert.equal(answer.status, 400, place);
    assert.match(JSON.stringify(answer.body), why);
  }
});
