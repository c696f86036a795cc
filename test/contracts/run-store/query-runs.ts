import assert from "node:assert/strict";
import type { Run } from "../../../src/core/run.ts";
import type { RunQuery, RunStore } from "../../../src/ports.ts";
import { aCommit } from "../../support/documents.ts";
import { type OpenRunStores, onStores, started } from "./on-stores.ts";

const names = (runs: readonly Run[]): string[] => runs.map((run) => run.name);
const found = async (store: RunStore, query: Partial<RunQuery>): Promise<string[]> =>
  names((await store.queryRuns({ limit: 50, ...query })).items);
const at = (time: string): string => `2026-02-27T${time}Z`;

export function checkQueryRuns(open: OpenRunStores): void {
  onStores(open, "runs are listed newest first, of equal age by id", async (store) => {
    await started(store, { name: "old", created_at: at("10:00:00") });
    await started(store, { name: "half", created_at: at("11:00:00.500") });
    await started(store, { name: "whole", created_at: at("11:00:00") });
    await started(store, { name: "twin", created_at: at("11:00:00") });
    assert.deepEqual(await found(store, {}), ["half", "twin", "whole", "old"]);
  });

  onStores(open, "runs are found by status, pipeline, executor and time", async (store) => {
    const first = await started(store, { name: "a", created_at: at("10:00:00") });
    await started(store, { name: "b", created_at: at("11:00:00.500"), executor: "slurm" });
    await started(store, { name: "c", created_at: at("12:00:00") }, { pipeline: "wgs" });
    await store.commit(aCommit({ ...first, status: "completed", next_poll_at: null }));
    assert.deepEqual(await found(store, { status: ["completed"] }), ["a"]);
    assert.deepEqual(await found(store, { status: ["completed", "planning"] }), ["c", "b", "a"]);
    assert.deepEqual(await found(store, { status: [] }), []);
    assert.deepEqual(await found(store, { pipeline: "wgs" }), ["c"]);
    assert.deepEqual(await found(store, { executor: "slurm" }), ["b"]);
    assert.deepEqual(await found(store, { since: at("11:00:00.500") }), ["c", "b"]);
    assert.deepEqual(await found(store, { until: at("11:00:00.500") }), ["a"]);
    assert.deepEqual(await found(store, { since: at("11:00:00"), until: at("12:00:00") }), ["b"]);
    assert.deepEqual(await found(store, { pipeline: "wgs", executor: "slurm" }), []);
  });

  onStores(open, "runs are found by labels, all of those given", async (store) => {
    await started(store, { name: "a", labels: { lab: "x", "odd.key \"'%": "1" } });
    await started(store, { name: "b", labels: { lab: "x", team: "y" } });
    await started(store, { name: "c" });
    assert.deepEqual((await found(store, { labels: { lab: "x" } })).sort(), ["a", "b"]);
    assert.deepEqual(await found(store, { labels: { lab: "x", team: "y" } }), ["b"]);
    assert.deepEqual(await found(store, { labels: { "odd.key \"'%": "1" } }), ["a"]);
    assert.deepEqual(await found(store, { labels: { lab: "y" } }), []);
  });

  onStores(open, "runs are found by a text in id, name or description, whatever the case", async (store) => {
    await started(store, { name: "castle-river", description: "Über 50% of tumour_A" });
    await started(store, { name: "mountain", description: "tumourXA, 500" }, { pipeline: "wgs" });
    assert.deepEqual(await found(store, { text: "RIVER" }), ["castle-river"]);
    assert.deepEqual(await found(store, { text: "_wgs_" }), ["mountain"]);
    assert.deepEqual(await found(store, { text: "üBER 50% of" }), ["castle-river"]);
    assert.deepEqual(await found(store, { text: "TUMOUR_a" }), ["castle-river"]);
    assert.deepEqual(await found(store, { text: "nowhere" }), []);
  });

  onStores(
    open,
    "pages follow one another without a gap or a repeat, whatever is started meanwhile",
    async (store) => {
      for (let minute = 0; minute < 5; minute++) {
        await started(store, { name: `m${minute}`, created_at: at(`10:0${minute}:00`) });
      }
      const first = await store.queryRuns({ limit: 2 });
      await started(store, { name: "newer", created_at: at("11:00:00") });
      await started(store, { name: "older", created_at: at("09:00:00") });
      const second = await store.queryRuns({ limit: 2, cursor: first.cursor ?? assert.fail() });
      const third = await store.queryRuns({ limit: 2, cursor: second.cursor ?? assert.fail() });
      assert.deepEqual(
        [first, second, third].map((page) => names(page.items)),
        [
          ["m4", "m3"],
          ["m2", "m1"],
          ["m0", "older"],
        ],
      );
      assert.equal(third.cursor, null);
    },
  );

  onStores(open, "a cursor that no page gave is refused", async (store) => {
    for (const cursor of ["", "x", "W10", "e30"]) {
      await assert.rejects(store.queryRuns({ limit: 1, cursor }), {
        name: "AdapterError",
        code: "bad_cursor",
      });
      await assert.rejects(store.queryJobs({ limit: 1, cursor }), {
        name: "AdapterError",
        code: "bad_cursor",
      });
    }
  });

  onStores(
    open,
    "active runs are those whose time has come and that are not final, most overdue first",
    async (store) => {
      const due = async (name: string, fields: Partial<Run>): Promise<string> =>
        (await started(store, { name, ...fields })).run_id;
      const late = await due("late", { next_poll_at: at("11:00:00.250") });
      const overdue = await due("overdue", { next_poll_at: at("10:00:00"), held: true });
      const now = await due("now", { next_poll_at: at("12:00:00"), status: "running" });
      await due("later", { next_poll_at: at("12:00:00.001") });
      await due("final", { next_poll_at: at("10:00:00"), status: "failed" });
      await due("never", { next_poll_at: null });
      assert.deepEqual(await store.activeRuns(at("12:00:00"), 10), [overdue, late, now]);
      assert.deepEqual(await store.activeRuns(at("12:00:00"), 2), [overdue, late]);
      assert.deepEqual(await store.activeRuns(at("11:00:00"), 10), [overdue]);
      const moved = await store.readRun(overdue);
      await store.commit(aCommit({ ...(moved ?? assert.fail()), next_poll_at: at("13:00:00") }));
      assert.deepEqual(await store.activeRuns(at("12:00:00"), 10), [late, now]);
    },
  );
}
