/** The channel under the outbox's own rules: an unknown end, and what `deliver` makes of it at the next try. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../../src/app/deliver.ts";
import { openMemoryStore } from "../../sim/memory-store.ts";
import { monitorDeps } from "../../sim/monitor.ts";
import { World } from "../../sim/world.ts";
import { startBlueBubbles } from "../../support/bluebubbles-server.ts";
import { aNotice, aStart } from "../../support/documents.ts";
import { openOnServer } from "./rigs.ts";

async function outbox(mac: Awaited<ReturnType<typeof startBlueBubbles>>) {
  const world = new World(() => ({ kind: "ok" }));
  mac.state.now = () => Date.parse(world.now());
  const store = openMemoryStore();
  const at = world.now();
  const notice = aNotice({ channel: "phone", recipient: "phone", created_at: at, next_at: at });
  await store.start(aStart({}, {}, { notices: [notice] }));
  const channel = openOnServer(mac);
  const deps = { ...monitorDeps(world, store), channels: new Map([["phone", channel]]) };
  return {
    world,
    deliver: () => deliver(deps, { limit: 5 }),
    status: async () => (await store.queryNotices({ limit: 1 }))[0]!.status,
    kept: async () => (await store.readThread(notice.run_id, "phone")).recipients["phone"]?.kept ?? {},
  };
}

test("out of time and sent: told once, in one try", async (t) => {
  const mac = await startBlueBubbles();
  t.after(() => mac.close());
  mac.script("timeout-sent");
  const { deliver, status } = await outbox(mac);
  await deliver();
  assert.deepEqual([await status(), mac.messages.length], ["sent", 1]);
});

test("out of time, and sent after all: the next try finds it, and nothing is kept any more", async (t) => {
  const mac = await startBlueBubbles();
  t.after(() => mac.close());
  mac.script("hang");
  const { deliver, status, world, kept } = await outbox(mac);
  await deliver();
  assert.equal(await status(), "pending");
  assert.match(String(Object.values(await kept())[0]), /^\d{4}-/);
  const text = String(mac.asked.find(({ path }) => path.endsWith("/message/text"))!.body["message"]);
  mac.messages.push({ guid: "late", text, isFromMe: true, error: 0, dateCreated: mac.state.now() });
  world.pass(3_600);
  await deliver();
  assert.deepEqual([await status(), mac.messages.length], ["sent", 1]);
  assert.deepEqual(Object.values(await kept()), [null]);
});

test("out of time and lost: sent once more, marked", async (t) => {
  const mac = await startBlueBubbles();
  t.after(() => mac.close());
  mac.script("timeout-lost");
  const { deliver, status, world } = await outbox(mac);
  await deliver();
  world.pass(10);
  await deliver();
  assert.deepEqual([await status(), mac.messages.length], ["sent", 1]);
  assert.match(mac.messages[0]!.text!, /possibly a repeat/);
});
