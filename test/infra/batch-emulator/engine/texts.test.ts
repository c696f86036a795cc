import assert from "node:assert/strict";
import { test } from "node:test";
import {
  jobEventText,
  quotaText,
  RESERVED_REASONS,
  taskEventText,
  taskFailureText,
} from "../../../../infra/batch-emulator/engine/texts.ts";
import type { JobRecord } from "../../../../infra/batch-emulator/model.ts";
import { needs } from "../../../support/require.ts";
import { captured, plain } from "./open.ts";

const RECORD = { projectNumber: "1234", location: "us-central1", id: "j" } as JobRecord;
const PLACE = "zones/us-central1-b/instances/8675309";

interface Shown {
  status: { statusEvents: { description: string }[] };
}

const lastText = (document: Record<string, unknown>): string =>
  plain((document as unknown as Shown).status.statusEvents.at(-1)!.description);

const jobFailure = (from: "RUNNING" | "SCHEDULED", task: "RUNNING" | "PENDING", exitCode: number): string =>
  plain(
    jobEventText(RECORD, from, "FAILED") + taskFailureText(0, taskEventText(task, "FAILED", PLACE, exitCode)),
  );

for (const [name, ours] of [
  ["events-failed-spot-preemption-50001.json", jobFailure("RUNNING", "RUNNING", 50001)],
  ["events-failed-exit-125-image-pull.json", jobFailure("RUNNING", "RUNNING", 125)],
  ["events-failed-50002-vm-updates-lost.json", plain(taskEventText("RUNNING", "FAILED", PLACE, 50002))],
  ["events-succeeded-cromwell.json", plain(jobEventText(RECORD, "RUNNING", "SUCCEEDED"))],
] as const) {
  test(`texts read as in the captured ${name}`, (t) => {
    const document = captured(name);
    if (!needs(t, name, document !== null, "it lies beside the project where it was built")) return;
    assert.equal(ours, lastText(document!));
  });
}

test("every reserved code reads as in the service's own templates, but for 50001, which real events word differently", (t) => {
  const templates = captured("official-event-templates.json");
  if (
    !needs(t, "the official templates", templates !== null, "they lie beside the project where it was built")
  )
    return;
  for (const [code, template] of Object.entries(templates!["taskEvents"] as Record<string, string>)) {
    const ours = plain(taskEventText("RUNNING", "FAILED", PLACE, Number(code)));
    const wanted = plain(template.replace("PRE-STATE", "RUNNING")).replace(
      "Spot Preemption",
      "Spot VM preemption",
    );
    assert.equal(ours, wanted);
  }
  assert.equal(Object.keys(RESERVED_REASONS).length, 6);
});

test("a task that is preempted before it runs fails from PENDING, and its job from SCHEDULED", () => {
  assert.equal(
    jobFailure("SCHEDULED", "PENDING", 50001),
    'Job state is set from SCHEDULED to FAILED for job JOB.Job failed due to task failure. Specifically, task with index 0 failed due to the following task event: "Task state is updated from PENDING to FAILED on PLACE due to Spot VM preemption with exit code 50001."',
  );
});

test("a wait for quota reads as users have reported it", () => {
  assert.equal(
    quotaText("nf-1-group0-0-5pdz", "N2_CPUS", "24.0", "us-central1"),
    "VM in Managed Instance Group meets error: Batch Error: code - CODE_GCE_QUOTA_EXCEEDED, description - error count is 1, latest message example: Instance 'nf-1-group0-0-5pdz' creation failed: Quota 'N2_CPUS' exceeded.  Limit: 24.0 in region us-central1",
  );
});
