import assert from "node:assert/strict";
import { test } from "node:test";
import { openRunIndex } from "../../src/app/run-index.ts";
import { fairly, turns } from "../../src/app/sweep.ts";

test("work under one name never overlaps, goes on after work that failed, and waits for no other name", async () => {
  const inTurn = turns();
  const steps: string[] = [];
  const work = (name: string, fails = false) =>
    inTurn(name, async () => {
      steps.push(`${name} begins`);
      await new Promise((done) => setImmediate(done));
      steps.push(`${name} ends`);
      if (fails) throw new Error(name);
    }).catch(() => {});
  await Promise.all([work("a", true), work("a"), work("b")]);
  assert.deepEqual(
    steps.filter((step) => step.startsWith("a")),
    ["a begins", "a ends", "a begins", "a ends"],
  );
  assert.ok(steps.indexOf("b begins") < steps.indexOf("a ends"));
});

test("a sweep begins with what the last one left, as far as it is still due", () => {
  assert.deepEqual(fairly(["a", "b", "c", "d"], ["c", "gone", "d"], 0.5), ["c", "d", "a", "b"]);
  assert.deepEqual(fairly(["a", "b"], [], 0.9), ["a", "b"], "the most overdue first");
  const many = Array.from({ length: 40 }, (_, at) => `run-${at}`);
  const order = fairly(many, [], 0.5);
  assert.equal(order[0], "run-20", "a process that knows nothing begins somewhere among many");
  assert.deepEqual(order.toSorted(), many.toSorted());
});

test("an attempt's run is found by day and number, asking once for all that come at a time", async () => {
  let asked = 0;
  const store = {
    activeRuns: async () => {
      asked++;
      return ["2026-02-27_rnaseq_001", "2026-02-27_qc_010", "imported-run"];
    },
  };
  const index = openRunIndex(store, () => 0);
  const find = (id: string) => index.find(id);
  assert.deepEqual(
    await Promise.all([
      find("bioagent-20260227-001-fastqc-s1-1f3a9c2e-a1"),
      find("bioagent-20260227-010-qc-1f3a9c2e-a12"),
      find("bioagent-20260227-002-qc-1f3a9c2e-a1"),
      find("xbioagent-20260227-001-qc-1f3a9c2e-a1"),
    ]),
    ["2026-02-27_rnaseq_001", "2026-02-27_qc_010", null, null],
  );
  assert.equal(asked, 1);
  index.remove("2026-02-27_qc_010");
  assert.equal(await find("bioagent-20260227-010-qc-1f3a9c2e-a1"), null, "an ended run is no one's");
  index.add(["2026-02-28_qc_1000"]);
  assert.equal(await find("bioagent-20260228-1000-qc-1f3a9c2e-a1"), "2026-02-28_qc_1000");
  assert.equal(asked, 1);
});
