import assert from "node:assert/strict";
import { test } from "node:test";
import { ASSERTIONS } from "../../../infra/first-contact/assertions/all.ts";
import type { Contact } from "../../../infra/first-contact/contact.ts";
import type { Outcome } from "../../../infra/first-contact/outcome.ts";

/** Of a job whose only task ended so. */
function outcomeOf(exitCode: number): Outcome {
  const event = { type: "STATUS_CHANGED", taskState: "FAILED", taskExecution: { exitCode } };
  return {
    id: "one",
    created: { method: "POST", path: "", status: 200, body: {}, milliseconds: 0 },
    sightings: [{ state: "FAILED", milliseconds: 0 }],
    job: { status: { state: "FAILED" } },
    tasks: [{ status: { state: "FAILED", statusEvents: [event] } }],
    taskAnswers: [],
    kept: new Map(),
    trouble: null,
    raw: () => null,
  };
}

async function found(id: string, exitCode: number): Promise<string> {
  const contact = { lab: { outcome: async () => outcomeOf(exitCode) } } as unknown as Contact;
  const assertion = ASSERTIONS.find((one) => one.id === id);
  assert.ok(assertion, id);
  const { holds, saw } = await assertion.check(contact);
  return `${holds}: ${saw}`;
}

test("a container whose image could not be pulled answers nothing that was asked of what runs in it", async () => {
  for (const id of ["memory-option", "memory-container", "host-tools", "mount-prefix"])
    assert.match(await found(id, 125), /^unclear: a container was not run \(exit code 125\)/, id);
});

test("another code than the assumed one is a no as before", async () => {
  assert.match(await found("memory-option", 1), /^no: /);
  assert.match(await found("memory-option", 137), /^yes: /);
});

test("where it is asked for the image, 125 is the answer", async () => {
  assert.match(await found("exit-missing-image", 125), /^yes: /);
  assert.match(await found("image-mirror", 125), /^no: /);
});
