import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatDuration,
  formatSize,
  mebibytesOf,
  parseDuration,
  parseSize,
  sayDuration,
  sayQuantity,
} from "../../src/core/quantity.ts";

const SIZES: readonly (readonly [string, number | null])[] = [
  ["8GiB", 8 * 2 ** 30],
  ["8 GiB", 8 * 2 ** 30],
  [" 512MiB ", 512 * 2 ** 20],
  ["1.5GiB", 1.5 * 2 ** 30],
  ["16GB", 16e9],
  ["1TiB", 2 ** 40],
  ["7B", 7],
  ["0GiB", null],
  ["-1GiB", null],
  ["8 gigs", null],
  ["8", null],
  ["8gib", null],
  ["8Gi", null],
  ["1e3MiB", null],
  ["999999999999TiB", null],
  ["", null],
];
for (const [text, bytes] of SIZES) {
  test(`the size ${JSON.stringify(text)} is ${bytes ?? "refused"}`, () =>
    assert.equal(parseSize(text), bytes));
}

const DURATIONS: readonly (readonly [string, number | null])[] = [
  ["30s", 30],
  ["1h30m", 5400],
  ["2d", 172_800],
  ["0s", 0],
  ["1.5h", 5400],
  ["1h 30m", null],
  ["90", null],
  ["-5m", null],
  ["5min", null],
  ["", null],
];
for (const [text, seconds] of DURATIONS) {
  test(`the duration ${JSON.stringify(text)} is ${seconds ?? "refused"}`, () =>
    assert.equal(parseDuration(text), seconds));
}

test("a duration comes back as it was", () =>
  fc.assert(
    fc.property(fc.nat(400 * 86_400), (seconds) => parseDuration(formatDuration(seconds)) === seconds),
  ));

test("a size of whole mebibytes comes back as it was; any other is rounded down, by less than one unit", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (bytes) => {
      const back = parseSize(formatSize(bytes))!;
      assert.ok(back <= bytes && bytes - back < 2 ** 20);
      if (bytes % 2 ** 20 === 0) assert.equal(back, bytes);
    }),
  ));

test("memory for a script is in whole mebibytes, at least one", () => {
  assert.deepEqual(["1GiB", "1.5MiB", "5KiB"].map(mebibytesOf), [1024, 1, 1]);
});

test("sentences have a space between number and unit, two units at most", () => {
  assert.deepEqual(["8GiB", "1536MiB", "900KiB", "16GB"].map(sayQuantity), [
    "8 GiB",
    "1.5 GiB",
    "900 KiB",
    "14.9 GiB",
  ]);
  assert.deepEqual([0.84, 45, 59.7, 250, 3600, 7500, 93_600].map(sayDuration), [
    "0.8 s",
    "45 s",
    "1 min",
    "4 min 10 s",
    "1 h",
    "2 h 5 min",
    "1 d 2 h",
  ]);
});
