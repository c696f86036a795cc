import assert from "node:assert/strict";
import { test } from "node:test";
import { createSlots } from "../../../../infra/batch-emulator/runner/slots.ts";
import { jobOf, open, script, until } from "./open.ts";

const NEVER = new AbortController().signal;

test("only so many hold a slot, a slot is given back once, and who gives up leaves the queue", async () => {
  const slots = createSlots(1);
  const held: string[] = [];
  const give = await slots.take(NEVER);
  const impatient = new AbortController();
  const gaveUp = slots.take(impatient.signal);
  const waiting = slots.take(NEVER).then((back) => {
    held.push("second");
    return back;
  });
  impatient.abort();
  (await gaveUp)();
  assert.equal(held.length, 0);
  give();
  give();
  const back = await waiting;
  const third = slots.take(NEVER).then(() => held.push("third"));
  await Promise.resolve();
  assert.equal(held.join(), "second");
  back();
  await third;
});

test("a job that waits for a place among the processes can be cancelled", async (t) => {
  const batch = await open(t, { maxTasks: 1 });
  await batch.submit("first", jobOf([script("echo up; sleep 600")]));
  await until("the first has the place", async () =>
    (await batch.printed("first")).length > 0 ? true : null,
  );
  await batch.submit("second", jobOf([script("echo never")]));
  await batch.reaches("second", "RUNNING");
  await batch.call("POST", "/v1/projects/lab/locations/us-central1/jobs/second:cancel", {});
  assert.equal((await batch.ends("second")).status.state, "CANCELLED");
  assert.deepEqual(await batch.printed("second"), []);
});
