import assert from "node:assert/strict";
import { test } from "node:test";
import { createChance } from "../../../../infra/batch-emulator/engine/chance.ts";
import {
  createStamp,
  durationMs,
  durationText,
  rfc3339,
} from "../../../../infra/batch-emulator/engine/stamp.ts";
import { createTimers } from "../../../../infra/batch-emulator/engine/timers.ts";

test("the same seed gives the same sequence, and a saved place in it goes on from there", () => {
  const [one, two] = [createChance(42), createChance(42)];
  const first = Array.from({ length: 5 }, () => one.random());
  assert.deepEqual(
    Array.from({ length: 5 }, () => two.random()),
    first,
  );
  assert.ok(first.every((value) => value >= 0 && value < 1));
  assert.equal(createChance(one.state()).random(), two.random());
  assert.notEqual(createChance(43).random(), first[0]);
});

test("times have 0, 3, 6 or 9 digits, as protobuf writes them", () => {
  const at = Date.parse("2026-01-02T03:04:05.000Z");
  assert.equal(rfc3339(at, 0), "2026-01-02T03:04:05Z");
  assert.equal(rfc3339(at + 120, 0), "2026-01-02T03:04:05.120Z");
  assert.equal(rfc3339(at + 120, 5_000), "2026-01-02T03:04:05.120005Z");
  assert.equal(rfc3339(at, 1), "2026-01-02T03:04:05.000000001Z");
});

test("stamps grow even while the clock stands still", () => {
  const stamp = createStamp(createChance(1, () => Date.parse("2026-01-02T03:04:05.006Z")));
  const stamps = Array.from({ length: 5_000 }, stamp);
  const filled = stamps.map((text) => text.replace(/Z$/, "").padEnd(29, "0"));
  assert.deepEqual(filled, filled.toSorted());
  assert.equal(new Set(stamps).size, stamps.length);
});

test("durations are read and written as protobuf has them", () => {
  assert.deepEqual(
    [durationMs("3600s"), durationMs("0.5s"), durationMs("1h"), durationMs(undefined)],
    [3_600_000, 500, null, null],
  );
  assert.deepEqual([durationText(189_977), durationText(0), durationText(2_500)], ["189.977s", "0s", "2.5s"]);
});

test("timers ring in the order of their times, and not when cancelled", async () => {
  const timers = createTimers(createChance(1));
  const rung: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const delay of [30, 10, 20, 10, 0]) timers.after(delay, () => rung.push(delay));
  timers.after(15, () => rung.push(-1)).cancel();
  timers.after(40, resolve);
  assert.equal(timers.pending(), 6);
  await promise;
  assert.deepEqual(rung, [0, 10, 10, 20, 30]);
  timers.after(0, () => assert.fail("closed"));
  timers.close();
  assert.equal(timers.pending(), 0);
});
