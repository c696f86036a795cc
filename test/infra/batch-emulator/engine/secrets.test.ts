import assert from "node:assert/strict";
import { test } from "node:test";
import { jobOf, open, script } from "./open.ts";

const secretVariables = { TOKEN: "projects/lab/secrets/token/versions/1" };

test("a task with a secret fails before its first runnable, and the agent's log says why", async (t) => {
  const batch = await open(t);
  await batch.submit("of-task", jobOf([script("echo ran")], { environment: { secretVariables } }));
  await batch.submit("of-runnable", jobOf([script("echo ran", { environment: { secretVariables } })]));
  for (const id of ["of-task", "of-runnable"]) {
    assert.equal((await batch.ends(id)).status.state, "FAILED");
    const [task] = await batch.tasks(id);
    assert.equal(task!.status.statusEvents!.at(-1)!.taskExecution!.exitCode, 50000);
    const printed = await batch.printed(id);
    assert.equal(printed.length, 1);
    assert.match(printed[0]!, /the variable TOKEN is a secret, and the emulator has no Secret Manager/);
  }
});

test("of several tasks only the one fails whose environment has the secret", async (t) => {
  const batch = await open(t);
  const taskEnvironments = [{ variables: { A: "1" } }, { secretVariables }];
  await batch.submit("one-of-two", jobOf([script("echo $A")], {}, { taskEnvironments }));
  await batch.ends("one-of-two");
  const states = (await batch.tasks("one-of-two")).map(({ status }) => status.state);
  assert.deepEqual(states, ["SUCCEEDED", "FAILED"]);
});

test("encrypted variables fail the task too", async (t) => {
  const batch = await open(t);
  const environment = { encryptedVariables: { keyName: "k", cipherText: "x" } };
  await batch.submit("sealed", jobOf([script("echo ran")], { environment }));
  assert.equal((await batch.ends("sealed")).status.state, "FAILED");
  assert.match((await batch.printed("sealed")).join(), /the emulator has no Cloud KMS/);
});
