import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { sleep } from "../../src/app/sleep.ts";

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test("a sleep ends with its signal, and leaves neither a timer nor a listener", async () => {
  const before = timers();
  const over = new AbortController();
  const asleep = sleep(3_600_000, over.signal);
  assert.equal(timers(), before + 1);
  over.abort();
  await asleep;
  assert.deepEqual([timers(), getEventListeners(over.signal, "abort").length], [before, 0]);
  await sleep(3_600_000, over.signal);
  assert.equal(timers(), before, "a signal that came before is no sleep at all");
});

test("a sleep that ends by itself leaves no listener at its signal", async () => {
  const { signal } = new AbortController();
  const begun = performance.now();
  await sleep(20, signal);
  assert.ok(performance.now() - begun >= 19);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await sleep(0, signal);
  await sleep(-5);
});
