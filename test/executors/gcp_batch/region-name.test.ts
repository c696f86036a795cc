import assert from "node:assert/strict";
import { test } from "node:test";
import { planJob } from "../../../src/executors/gcp_batch/job-definition.ts";
import { regionOf } from "../../../src/executors/gcp_batch/observe-attempts.ts";
import { aSubmission, batchOptions, executorWith, fakeBatch } from "./fake-batch.ts";

const refusal = (region: string): string => {
  const plan = planJob(batchOptions(), aSubmission({ region }), "store");
  return plan.kind === "refused" ? plan.text : "";
};

test("what has not a region's form is refused with what to give instead, and no call is made", async () => {
  assert.match(refusal("us-central1-a"), /"us-central1-a" is not a region; it is a zone: give us-central1,/);
  for (const region of ["mars", "us", "uscentral1", "us-central", "US-Central1", "1"])
    assert.match(refusal(region), /is not a region; give one such as us-central1$/, region);
  const fake = fakeBatch();
  const [result] = await executorWith(fake).submit([aSubmission({ region: "us-central1-a" })]);
  assert.deepEqual([result?.kind, result?.kind === "refused" && result.class], ["refused", "config"]);
  assert.equal(fake.counts().create, 0);
});

test("whether a well-formed region is there is Batch's to say", () => {
  for (const region of ["us-central1", "northamerica-northeast2", "europe-west12", "mars-north1"])
    assert.equal(refusal(region), "");
});

test("a zone is in its region, an AI zone too, and a job is looked for where it was made", () => {
  for (const zone of ["us-east1-b", "zones/us-east1-b", "us-east1-ai1a"]) {
    const work = aSubmission({}, { resources: { cpu: 1, memory: "1GiB", zones: [zone] } });
    const plan = planJob(batchOptions(), work, "store");
    assert.deepEqual([plan.kind, plan.kind === "job" && plan.region], ["job", "us-east1"]);
    assert.equal(regionOf({ options: batchOptions() } as Parameters<typeof regionOf>[0], work), "us-east1");
  }
});
