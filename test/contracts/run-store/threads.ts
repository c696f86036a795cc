import assert from "node:assert/strict";
import type { Thread } from "../../../src/ports.ts";
import { aCommit, aNotice } from "../../support/documents.ts";
import { type OpenRunStores, onStores, started } from "./on-stores.ts";

const told = (kept: Thread["recipients"][string]["kept"] = {}): Thread["recipients"][string] => ({
  ended_round: 1,
  progress_at: "2026-02-27T10:00:00Z",
  kept,
});

export function checkThreads(open: OpenRunStores): void {
  onStores(open, "a thread nobody has written of is empty", async (store) => {
    const { run_id } = await started(store);
    const empty = { run_id, channel: "lab", recipients: {}, rev: 0 };
    assert.deepEqual(await store.readThread(run_id, "lab"), empty);
    assert.deepEqual(await store.readThread("nobody", "lab"), { ...empty, run_id: "nobody" });
  });

  onStores(
    open,
    "a thread is shared, of one run and channel, whatever its recipients are called",
    async (store, second) => {
      const { run_id } = await started(store);
      const thread = await store.readThread(run_id, "pi");
      const recipients = {
        "PI <pi@lab.org>": told({
          message: "<0100@email.amazonses.com>",
          number: 12,
          done: true,
          none: null,
        }),
        "a.b/c~d__e": told(),
      };
      assert.equal(await store.updateThread({ ...thread, recipients }), true);
      assert.deepEqual(await second.readThread(run_id, "pi"), { ...thread, recipients, rev: 1 });
      assert.deepEqual((await second.readThread(run_id, "lab")).recipients, {});
      assert.deepEqual((await second.readThread("other", "pi")).recipients, {});
      const fewer = { "a.b/c~d__e": told({ ts: "1.2" }) };
      assert.equal(await second.updateThread({ ...thread, recipients: fewer, rev: 1 }), true);
      assert.deepEqual((await store.readThread(run_id, "pi")).recipients, fewer);
    },
  );

  onStores(open, "of several updates of one thread, one wins", async (...stores) => {
    const { run_id } = await started(stores[0]);
    const thread = await stores[0].readThread(run_id, "lab");
    const wanted = stores.map((_, index) => ({ ...thread, recipients: { lab: told({ ts: `${index}` }) } }));
    const results = await Promise.all(stores.map((store, index) => store.updateThread(wanted[index]!)));
    assert.equal(results.filter((won) => won).length, 1);
    const winner = wanted[results.indexOf(true)]!;
    assert.deepEqual(await stores[0].readThread(run_id, "lab"), { ...winner, rev: 1 });
    assert.equal(await stores[0].updateThread({ ...thread, rev: 3 }), false);
  });

  onStores(
    open,
    "a notice is added outside a commit once, and never over one that is there",
    async (...stores) => {
      const { run_id } = await started(stores[0]);
      const notice = aNotice({ id: "instead", run_id });
      const added = await Promise.all(stores.map((store) => store.addNotice(notice)));
      assert.equal(added.filter((won) => won).length, 1);
      assert.deepEqual(await stores[0].queryNotices({ run_id, limit: 5 }), [notice]);
      const sent = await stores[0].updateNotice({ ...notice, status: "sent", next_at: null });
      assert.equal(await stores[0].addNotice(notice), false);
      assert.deepEqual(await stores[0].queryNotices({ run_id, limit: 5 }), [sent]);
      const run = (await stores[0].readRun(run_id))!;
      assert.equal((await stores[0].commit(aCommit(run, { notices: [notice] }))).kind, "done");
      assert.deepEqual(await stores[0].queryNotices({ run_id, limit: 5 }), [sent]);
    },
  );
}
