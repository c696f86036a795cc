import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../src/app/deliver.ts";
import { tellMended } from "../../src/app/tell-mended.ts";
import type { Channel } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";
import { aNotice, aStart } from "../support/documents.ts";

const lab: Channel = {
  name: "lab",
  kind: "test",
  recipients: ["lab"],
  paceMilliseconds: 0,
  deliver: async () => ({ kind: "delivered" }),
};
const LACKS = "channel lab (slack): the variable SLACK_WEBHOOK_URL is not set here";

async function scene() {
  const world = new World(() => ({ kind: "ok" }));
  const store = openMemoryStore();
  const at = world.now();
  const notice = aNotice({ channel: "lab", recipient: "lab", created_at: at, next_at: at });
  await store.start(aStart({}, {}, { notices: [notice] }));
  const of = (channels: Channel[], broken: Record<string, string> = {}) => ({
    ...monitorDeps(world, store),
    channels: new Map(channels.map((channel) => [channel.name, channel])),
    brokenChannels: new Map(Object.entries(broken)),
  });
  return { of, sent: async () => (await store.queryNotices({ status: ["sent"], limit: 5 })).length };
}

for (const [what, broken] of Object.entries({
  "lacked a variable": { lab: LACKS },
  "was not configured": {},
})) {
  test(`what waits for a channel that ${what} is told as soon as one can who starts`, async () => {
    const { of, sent } = await scene();
    const before = of([], broken);
    await deliver(before, { limit: 5 });
    await tellMended(before);
    await deliver(of([lab]), { limit: 5 });
    assert.equal(await sent(), 0, "the channel's pause holds for whoever does not look at what was mended");
    await tellMended(of([lab]));
    await deliver(of([lab]), { limit: 5 });
    assert.equal(await sent(), 1);
  });
}

test("what a provider has put off is not told earlier", async () => {
  const { of, sent } = await scene();
  const busy: Channel = {
    ...lab,
    deliver: async () => ({ kind: "rejected", reason: "Slack answered 429", after_seconds: 60, alone: true }),
  };
  await deliver(of([busy]), { limit: 5 });
  await tellMended(of([lab]));
  await deliver(of([lab]), { limit: 5 });
  assert.equal(await sent(), 0);
});
