import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirestoreStore } from "../../../src/stores/firestore/firestore-store.ts";
import { current, started } from "../../contracts/run-store/on-stores.ts";
import { aCommit, aJob, aNotice, anEvent, aStart } from "../../support/documents.ts";
import { openStore } from "./open-store.ts";

/** Document reads and writes that Firestore bills for what `body` does. */
async function costOf(
  store: FirestoreStore,
  body: () => Promise<unknown>,
): Promise<[reads: number, writes: number]> {
  const before = { ...store.usage };
  await body();
  return [store.usage.reads - before.reads, store.usage.writes - before.writes];
}

test("an idle tick reads two documents a run and writes none; a change costs what it is", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, another } = opened;
  assert.deepEqual(await costOf(store, () => store.start(aStart({ name: "a" }))), [2, 3]);
  const run = await current(store, "2026-02-27_rnaseq_001");
  const jobs = Array.from({ length: 20 }, (_, at) => aJob({ run_id: run.run_id, sample: `s${at}` }));
  const commit = aCommit(run, { jobs, events: [anEvent()], notices: [aNotice()] });
  assert.deepEqual(await costOf(store, () => store.commit(commit)), [0, 23]);

  const idle = async () => {
    for (const id of await store.activeRuns("2026-02-27T10:00:00Z", 10)) await store.load(id, 1, "heads");
  };
  assert.deepEqual(await costOf(store, idle), [2, 0]);
  const cold = another();
  assert.deepEqual(await costOf(cold, () => cold.load(run.run_id, 0, "heads")), [21, 0]);
  await store.commit(aCommit({ ...run, rev: 1 }, { jobs: jobs.slice(0, 3) }));
  assert.deepEqual(await costOf(cold, () => cold.load(run.run_id, 1, "heads")), [4, 0]);
  // A process that knows the revision from elsewhere reads the run to find what it stands for.
  const foreign = another();
  assert.deepEqual(await costOf(foreign, () => foreign.commit(aCommit({ ...run, rev: 2 }))), [1, 1]);
  assert.deepEqual(await costOf(store, () => store.commit(aCommit({ ...run, rev: 2 }))), [1, 0]);
});

test("a search looks at a bounded number of runs, and goes on where it ended", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store } = opened;
  for (let minute = 0; minute < 8; minute++) {
    const created_at = `2026-02-27T10:0${minute}:00Z`;
    await started(store, { name: minute % 4 === 0 ? `wanted-${minute}` : `other-${minute}`, created_at });
  }
  const first = await store.queryRuns({ text: "WANTED", limit: 1 });
  assert.deepEqual(
    first.items.map(({ name }) => name),
    ["wanted-4"],
  );
  const second = await store.queryRuns({ text: "WANTED", limit: 1, cursor: first.cursor ?? assert.fail() });
  assert.deepEqual(
    second.items.map(({ name }) => name),
    ["wanted-0"],
  );
  assert.equal(second.cursor, null);
});
