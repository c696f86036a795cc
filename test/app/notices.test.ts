import assert from "node:assert/strict";
import { test } from "node:test";
import { retryNotices } from "../../src/app/notices.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { RunStore } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";
import { aNotice, aStart } from "../support/documents.ts";

/** So many notices that were given up. */
async function scene(amount: number) {
  const store = openMemoryStore();
  const notices = Array.from({ length: amount }, (_, at) =>
    aNotice({ id: `n${at}`, status: "failed", next_at: null, error: "revoked" }),
  );
  await store.start(aStart({}, {}, { notices }));
  return { store, deps: monitorDeps(new World(() => ({ kind: "ok" })), store) };
}

test("all that was given up is put back, however much it is", async () => {
  const { store, deps } = await scene(2_500);
  assert.equal(await retryNotices(deps, null), 2_500);
  assert.equal((await store.queryNotices({ status: ["failed"], limit: 1 })).length, 0);
});

test("what is given up again as fast as it is put back is put back once", async () => {
  const { store, deps } = await scene(1_500);
  const giveUp = async (notice: Notice | null) =>
    notice && store.updateNotice({ ...notice, status: "failed", next_at: null, error: "disabled" });
  const busy: RunStore = {
    ...store,
    updateNotice: async (notice) => giveUp(await store.updateNotice(notice)),
  };
  const retried = await retryNotices({ ...deps, store: busy }, null);
  assert.ok(retried >= 1_000 && retried <= 1_500, `put back ${retried} times`);
});
