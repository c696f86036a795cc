import assert from "node:assert/strict";
import { test } from "node:test";
import { isRetried } from "../../../../infra/batch-emulator/engine/retry.ts";
import { needs } from "../../../support/require.ts";
import { captured, descriptions, jobOf, open, plain, script } from "./open.ts";

const policy = (action: "RETRY_TASK" | "FAIL_TASK", ...exitCodes: number[]) => ({
  maxRetryCount: 2,
  lifecyclePolicies: [{ action, actionCondition: { exitCodes } }],
});

const ROWS = [
  ["without a budget nothing is retried", {}, 1, 0, false],
  ["without a policy everything is", { maxRetryCount: 1 }, 1, 0, true],
  ["while the budget lasts", { maxRetryCount: 1 }, 1, 1, false],
  ["RETRY_TASK retries what it lists", policy("RETRY_TASK", 50001), 50001, 1, true],
  ["and fails the rest", policy("RETRY_TASK", 50001), 1, 0, false],
  ["FAIL_TASK fails what it lists", policy("FAIL_TASK", 7), 7, 0, false],
  ["and retries the rest", policy("FAIL_TASK", 7), 1, 0, true],
] as const;

for (const [name, spec, exitCode, used, wanted] of ROWS) {
  test(`retries: ${name}`, () => {
    assert.equal(isRetried(structuredClone(spec) as Parameters<typeof isRetried>[0], exitCode, used), wanted);
  });
}

test("a preempted task keeps its id: the stale 50001 stays among its events after it succeeded", async (t) => {
  const rules = [{ effect: { preempt: { after_ms: 50 } } }];
  const batch = await open(t, { scenario: { rules } });
  const document = captured("spec-retry-preempt-only.json");
  const text = "test $BATCH_TASK_RETRY_ATTEMPT = 1 || sleep 600";
  await batch.submit("spot", jobOf([script(text)], policy("RETRY_TASK", 50001)));
  const job = await batch.ends("spot");
  assert.equal(job.status.state, "SUCCEEDED");
  const [task] = await batch.tasks("spot");
  const texts = descriptions(task!.status.statusEvents).map(plain);
  assert.equal(texts.length, 6);
  assert.equal(
    texts[2],
    "Task state is updated from RUNNING to FAILED on PLACE due to Spot VM preemption with exit code 50001.",
  );
  assert.equal(texts[5], "Task state is updated from RUNNING to SUCCEEDED on PLACE");
  if (!needs(t, "the captured policy", document !== null, "it lies beside the project where it was built"))
    return;
  const { taskSpec } = (document!["taskGroups"] as { taskSpec: object }[])[0]!;
  assert.equal(isRetried({ ...taskSpec, maxRetryCount: 5 }, 50001, 4), true);
});
