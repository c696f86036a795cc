import assert from "node:assert/strict";
import { aCommit, anEvent } from "../../support/documents.ts";
import { current, type OpenRunStores, onStores, started } from "./on-stores.ts";

export function checkEvents(open: OpenRunStores): void {
  onStores(open, "events come in order, after a number, so many at a time", async (store) => {
    const run = await started(store);
    const events = Array.from({ length: 12 }, (_, seq) => anEvent({ seq, type: "run.note", data: { seq } }));
    await store.commit(aCommit(run, { events: events.slice(0, 6).reverse() }));
    await store.commit(aCommit(await current(store, run.run_id), { events: events.slice(6) }));
    assert.deepEqual(await store.readEvents(run.run_id, -1, 100), events);
    assert.deepEqual(await store.readEvents(run.run_id, 3, 5), events.slice(4, 9));
    assert.deepEqual(await store.readEvents(run.run_id, 11, 5), []);
  });

  onStores(open, "events of one run are not seen in another", async (store) => {
    const run = await started(store);
    const other = await started(store);
    await store.commit(aCommit(run, { events: [anEvent({ data: { of: "run" } })] }));
    await store.commit(aCommit(other, { events: [anEvent({ data: { of: "other" } })] }));
    assert.deepEqual(
      (await store.readEvents(other.run_id, -1, 10)).map((event) => event.data),
      [{ of: "other" }],
    );
  });

  onStores(
    open,
    "history is append-only: the same event twice is one, another under its number is refused",
    async (store) => {
      const run = await started(store);
      const event = anEvent({ data: { a: 1, b: 2 } });
      await store.commit(aCommit(run, { events: [event] }));
      const again = await current(store, run.run_id);
      await store.commit(aCommit(again, { events: [anEvent({ data: { b: 2, a: 1 } })] }));
      const now = await current(store, run.run_id);
      const other = aCommit({ ...now, description: "changed" }, { events: [anEvent({ data: { a: 2 } })] });
      await assert.rejects(store.commit(other), /event 0/);
      assert.deepEqual(await store.readEvents(run.run_id, -1, 10), [event]);
      assert.deepEqual(await store.readRun(run.run_id), now);
    },
  );
}
