import assert from "node:assert/strict";
import { test } from "node:test";
import { tooBig } from "../../../src/core/resources.ts";
import { parseAddress, planMounts } from "../../../src/executors/gcp_batch/bucket-mounts.ts";
import { planJob } from "../../../src/executors/gcp_batch/job-definition.ts";
import { limited, timeBudget } from "../../../src/executors/gcp_batch/limited.ts";
import { aSubmission, batchOptions, executorWith, fakeBatch } from "./fake-batch.ts";

test("what capacity calls the largest has a machine, and what is larger is refused at planning", async () => {
  const { largest, free } = await executorWith(fakeBatch()).capacity();
  const memory = `${Math.floor((largest.memory ?? 0) / 2 ** 20)}MiB`;
  assert.deepEqual(tooBig({ cpu: largest.cpu ?? 0, memory }, largest), []);
  const work = aSubmission({}, { resources: { cpu: largest.cpu, memory } });
  assert.equal(planJob(batchOptions(), work, "store").kind, "job");
  assert.equal(tooBig({ cpu: 129, memory: "1TiB", time: "15d" }, largest).length, 3);
  assert.equal(free, null);
});

test("opening it loads no client and makes no call", async () => {
  const fake = fakeBatch();
  executorWith(fake);
  assert.ok(Object.values(fake.counts()).every((count) => count === 0));
});

for (const region of ["us-central1", "europe-west4"])
  test(`after a wait, and after a hint, nothing that was listed before counts: ${region}`, async () => {
    const fake = fakeBatch();
    const executor = executorWith(fake);
    const works = Array.from({ length: 120 }, (_, at) => aSubmission({ region }, { id: `many-${at}-a1` }));
    await executor.submit(works);
    await executor.observe(works);
    const seenOf = async (at: number) => (await executor.observe(works))[at]?.status;
    fake.move("many-3-a1", "RUNNING");
    await executor.changed(AbortSignal.abort());
    assert.equal(await seenOf(3), "running");
    fake.move("many-4-a1", "RUNNING");
    executor.hint?.(works[4]!);
    assert.equal(await seenOf(4), "running");
  });

test("a store that cannot say who it is does not stay unknown", async () => {
  let asked = 0;
  const storeUid = async (): Promise<string> => {
    asked += 1;
    if (asked === 1) throw new Error("database away");
    return "store";
  };
  const executor = executorWith(fakeBatch(), {}, { storeUid });
  await assert.rejects(executor.submit([aSubmission()]), /database away/);
  assert.equal((await executor.submit([aSubmission()]))[0]?.kind, "submitted");
});

test("addresses of buckets become paths, other text stays", () => {
  const mounts = planMounts("/mnt/disks");
  assert.equal(
    mounts.rewrite("gs://b-1/x y.gz gs://b.2 http://gs://no xgs://no/\tgs://b-1/z\ngs://B/no"),
    "/mnt/disks/b-1/x y.gz /mnt/disks/b.2 http://gs://no xgs://no/\t/mnt/disks/b-1/z\ngs://B/no",
  );
  assert.deepEqual(mounts.buckets(), ["b-1", "b.2"]);
  assert.deepEqual(parseAddress("gs://bucket/a/b/"), { bucket: "bucket", path: "a/b/" });
  for (const bad of ["gs://", "gs://b", "gs://bucket/../x", "/a/b", "gs://Bucket/x", "s3://bucket/x"])
    assert.equal(parseAddress(bad), null, bad);
});

test("what is over its time is left for the next call, in its place", async () => {
  const done: number[] = [];
  const stop = { isOver: () => done.length >= 3, left: (item: number) => -item };
  const act = async (item: number): Promise<number> => {
    done.push(item);
    return item;
  };
  assert.deepEqual(await limited([1, 2, 3, 4, 5], 1, act, stop), [1, 2, 3, -4, -5]);
  assert.equal(timeBudget(60)(), false);
  assert.equal(timeBudget(0)(), true);
});
