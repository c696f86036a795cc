import assert from "node:assert/strict";
import { type OpenRunStores, onStores } from "./on-stores.ts";

export function checkChannels(open: OpenRunStores): void {
  onStores(open, "a channel nobody has written of is in order", async (store) => {
    const state = { channel: "lab", not_before: null, disabled: null, rev: 0 };
    assert.deepEqual(await store.readChannel("lab"), state);
  });

  onStores(open, "a channel's state is shared, and raises its revision", async (store, second) => {
    const state = await store.readChannel("lab");
    const disabled = { reason: "invalid_token", since: "2026-02-27T10:00:00Z" };
    assert.equal(await store.updateChannel({ ...state, disabled }), true);
    const shared = await second.readChannel("lab");
    assert.deepEqual(shared, { ...state, disabled, rev: 1 });
    assert.equal(await second.updateChannel({ ...shared, disabled: null }), true);
    assert.deepEqual(await store.readChannel("lab"), { ...state, rev: 2 });
    assert.equal((await store.readChannel("pi")).rev, 0);
  });

  onStores(open, "of several updates of one channel's state, one wins", async (...stores) => {
    for (let rev = 0; rev < 3; rev++) {
      const state = await stores[0].readChannel("lab");
      assert.equal(state.rev, rev);
      const wanted = stores.map((_, index) => ({ ...state, not_before: `2026-02-27T10:00:0${index}Z` }));
      const results = await Promise.all(stores.map((store, index) => store.updateChannel(wanted[index]!)));
      assert.equal(results.filter((won) => won).length, 1);
      const winner = wanted[results.indexOf(true)]!;
      assert.deepEqual(await stores[0].readChannel("lab"), { ...winner, rev: rev + 1 });
    }
  });

  onStores(open, "an update on a revision that is yet to come is refused", async (store) => {
    const state = await store.readChannel("lab");
    assert.equal(await store.updateChannel({ ...state, rev: 3 }), false);
    assert.deepEqual(await store.readChannel("lab"), state);
  });
}
