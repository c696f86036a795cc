import assert from "node:assert/strict";
import { test } from "node:test";
import { storable } from "../../src/stores/storable.ts";
import { aJob } from "../support/documents.ts";

test("a job is stored under the commit's revision, without the mark of how it was loaded", () => {
  const job = aJob({ run_id: "2026-02-27_rnaseq_001" });
  assert.deepEqual(storable({ ...job, whole: true }, job.run_id, 7), { ...job, rev: 7 });
});

test("a projection, and another run's job, are refused", () => {
  const job = aJob({ run_id: "2026-02-27_rnaseq_001" });
  assert.throws(() => storable({ ...job, whole: false }, job.run_id, 7), /is a projection; load it whole/);
  assert.throws(() => storable(job, "2026-02-27_rnaseq_002", 7), /belongs to run 2026-02-27_rnaseq_001/);
});
