import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { badJobs, keepTold, placesIn, rangesOf, readTold } from "../../../src/channels/slack/told.ts";
import { storyView } from "../../support/slack-story.ts";

test("any places are written down and read back", () => {
  const property = fc.property(fc.uniqueArray(fc.nat(2_000)), (numbers) => {
    const places = new Set(numbers);
    assert.deepEqual(
      [...placesIn(rangesOf(places))],
      [...places].sort((a, b) => a - b),
    );
  });
  fc.assert(property, { numRuns: 200 });
});

test("ten thousand failures side by side are one range", () => {
  const places = new Set(Array.from({ length: 10_000 }, (_, at) => at));
  assert.equal(rangesOf(places), "0-9999");
});

test("what nobody of us wrote counts as nothing, and is no trap", () => {
  for (const text of ["", "x", "-", null, undefined, true]) assert.deepEqual([...placesIn(text)], []);
  assert.ok(placesIn("9-3").size === 0);
});

test("what is kept is read back in the same round, and forgotten in the next", () => {
  const told = { round: 2, told: new Set([1]), telling: new Set([4, 5]), telling_for: "n", in_doubt: true };
  assert.deepEqual(readTold(keepTold(told), 2), told);
  const next = readTold(keepTold(told), 3);
  assert.deepEqual([next.told.size, next.telling.size, next.telling_for, next.in_doubt], [0, 0, "", false]);
});

test("a job has the same place however many are planned, and a dependent is no news", () => {
  const view = storyView({
    jobs: { "fastqc-sample04": "failed", "star_align-sample02": "skipped", multiqc: "failed" },
  });
  assert.deepEqual([...badJobs(view).keys()], [3, 5, 8]);
  const fewer = { ...view, jobs: view.jobs.filter(({ sample }) => sample !== "sample01") };
  assert.deepEqual([...badJobs(fewer).keys()], [3, 5, 8]);
});
