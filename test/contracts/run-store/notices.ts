import assert from "node:assert/strict";
import type { Notice } from "../../../src/core/notice.ts";
import type { NoticeQuery, RunStore } from "../../../src/ports.ts";
import { aCommit, aNotice } from "../../support/documents.ts";
import { type OpenRunStores, onStores, started } from "./on-stores.ts";

const at = (time: string): string => `2026-02-27T${time}Z`;
const found = async (store: RunStore, query: Partial<NoticeQuery>): Promise<string[]> =>
  (await store.queryNotices({ limit: 50, ...query })).map((notice) => notice.id);

/** A run with these notices in its outbox. */
async function withNotices(store: RunStore, notices: Partial<Notice>[]): Promise<string> {
  const run = await started(store);
  const made = notices.map((fields) => aNotice({ run_id: run.run_id, ...fields }));
  assert.equal((await store.commit(aCommit(run, { notices: made }))).kind, "done");
  return run.run_id;
}

export function checkNotices(open: OpenRunStores): void {
  onStores(
    open,
    "due notices are those pending, or with a claim that ran out, oldest first",
    async (store) => {
      await withNotices(store, [
        { id: "young", created_at: at("10:00:00.500"), next_at: at("10:00:00.500") },
        { id: "old", created_at: at("10:00:00"), next_at: at("11:00:00") },
        { id: "ran-out", created_at: at("09:00:00"), status: "sending", next_at: at("10:30:00") },
        { id: "claimed", created_at: at("09:00:00"), status: "sending", next_at: at("11:00:00.001") },
        { id: "backoff", created_at: at("09:00:00"), next_at: at("12:00:00") },
        { id: "sent", created_at: at("09:00:00"), status: "sent", next_at: null },
        { id: "given-up", created_at: at("09:00:00"), status: "unknown", next_at: at("09:00:00") },
        { id: "dead", created_at: at("09:00:00"), status: "failed", next_at: null },
      ]);
      assert.deepEqual(await found(store, { due_at: at("11:00:00") }), ["ran-out", "old", "young"]);
      assert.deepEqual(await found(store, { due_at: at("11:00:00"), limit: 1 }), ["ran-out"]);
      assert.deepEqual(await found(store, { due_at: at("11:00:00"), status: ["pending"] }), ["old", "young"]);
      assert.deepEqual(await found(store, { due_at: at("08:00:00") }), []);
    },
  );

  onStores(open, "the newest notices come first where they are asked for", async (store) => {
    const run_id = await withNotices(
      store,
      ["09", "10", "11"].map((hour) => ({
        id: hour,
        created_at: at(`${hour}:00:00`),
        channel: hour === "10" ? "pi" : "lab",
      })),
    );
    assert.deepEqual(await found(store, { newest: true }), ["11", "10", "09"]);
    assert.deepEqual(await found(store, { newest: true, limit: 1 }), ["11"]);
    assert.deepEqual(await found(store, { newest: true, channel: "lab" }), ["11", "09"]);
    assert.deepEqual(await found(store, { newest: true, run_id, status: ["pending"] }), ["11", "10", "09"]);
  });

  onStores(open, "notices are found by run, status and channel", async (store) => {
    const run = await withNotices(store, [
      { id: "a" },
      { id: "b", status: "failed", next_at: null, channel: "pi" },
    ]);
    await withNotices(store, [{ id: "c", channel: "pi" }]);
    assert.deepEqual(await found(store, {}), ["a", "b", "c"]);
    assert.deepEqual(await found(store, { run_id: run }), ["a", "b"]);
    assert.deepEqual(await found(store, { status: ["failed", "unknown"] }), ["b"]);
    assert.deepEqual(await found(store, { channel: "pi" }), ["b", "c"]);
    assert.deepEqual(await found(store, { channel: "pi", status: ["pending"] }), ["c"]);
    assert.deepEqual(await found(store, { channel: "pi", status: ["pending"], newest: true }), ["c"]);
    assert.deepEqual(await found(store, { run_id: run, status: ["pending"], due_at: at("23:59:59") }), ["a"]);
  });

  onStores(open, "of several claimers of a notice, one wins", async (...stores) => {
    await withNotices(stores[0], [{ id: "a" }]);
    const [notice] = await stores[0].queryNotices({ limit: 1 });
    const claim: Notice = {
      ...(notice ?? assert.fail()),
      status: "sending",
      next_at: at("12:00:00"),
      tries: 1,
    };
    const results = await Promise.all(stores.map((store) => store.updateNotice(claim)));
    const won = results.filter((result) => result !== null);
    assert.deepEqual(won, [{ ...claim, rev: claim.rev + 1 }]);
    assert.deepEqual(await found(stores[1], { due_at: at("11:00:00") }), []);
    assert.deepEqual(await stores[1].queryNotices({ limit: 1 }), won);
  });

  onStores(open, "the winner of a claim goes on with the revision it was given", async (store) => {
    await withNotices(store, [{ id: "a" }]);
    const [notice] = await store.queryNotices({ limit: 1 });
    const claimed = await store.updateNotice({ ...(notice ?? assert.fail()), status: "sending" });
    const sent = await store.updateNotice({ ...(claimed ?? assert.fail()), status: "sent", next_at: null });
    assert.equal(sent?.status, "sent");
    assert.equal(await store.updateNotice({ ...(claimed ?? assert.fail()), status: "failed" }), null);
    assert.deepEqual(await found(store, { due_at: at("23:00:00") }), []);
    assert.deepEqual(await found(store, { status: ["sent"] }), ["a"]);
  });

  onStores(
    open,
    "a notice is read by its id, as it is now; whoever read it may go on with it",
    async (...stores) => {
      const id = "2026-02-27_p_001~r1~run.waiting~quota#1~lab~a@lab.org";
      await withNotices(stores[0], [{ id }, { id: "b" }]);
      const notice = (await stores[1].readNotice(id)) ?? assert.fail();
      assert.deepEqual(
        [notice],
        (await stores[0].queryNotices({ limit: 5 })).filter((each) => each.id === id),
      );
      const sent = await stores[1].updateNotice({ ...notice, status: "sent", next_at: null });
      assert.equal(sent?.status, "sent");
      assert.deepEqual(await stores[0].readNotice(id), sent);
      assert.equal(await stores[0].updateNotice({ ...notice, status: "failed" }), null);
      for (const other of [
        "2026-02-27_p_001",
        "nobody",
        "%2e",
        "",
        "..",
        "a/b",
        "\u0000",
        "x".repeat(5_000),
      ]) {
        assert.equal(await stores[0].readNotice(other), null, other.slice(0, 20));
      }
    },
  );

  onStores(open, "a notice that was never committed cannot be updated into being", async (store) => {
    assert.equal(await store.updateNotice(aNotice({ id: "nobody" })), null);
    assert.deepEqual(await found(store, {}), []);
  });
}
