import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { CHANNEL_KINDS, ChannelConfig, openChannel } from "../../src/channels/registry.ts";
import { startSlackServer } from "../support/slack-server.ts";
import { message } from "./notice-stories.ts";

test("every kind has its folder, and every folder its kind", () => {
  const entries = readdirSync(new URL("../../src/channels/", import.meta.url), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  assert.deepEqual(Object.keys(CHANNEL_KINDS).sort(), folders.sort());
  const kinds = ChannelConfig.options.map((option) => option.shape.kind.value);
  assert.deepEqual(kinds.toSorted(), folders.toSorted());
});

test("opens the console over the given write", async () => {
  const texts: string[] = [];
  const channel = openChannel(
    "screen",
    { kind: "console" },
    {
      write: (text) => void texts.push(text),
      allowPrivateUrls: false,
    },
  );
  assert.deepEqual([channel.name, channel.kind], ["screen", "console"]);
  await channel.deliver(message("run.completed"), "console");
  assert.equal(texts.length, 1);
});

test("opens slack over its webhook, guarded unless private addresses are permitted", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const config = ChannelConfig.parse({ kind: "slack", webhook_url: server.webhookUrl });
  for (const allowPrivateUrls of [false, true]) {
    const channel = openChannel("lab", config, { write: () => assert.fail(), allowPrivateUrls });
    const { kind } = await channel.deliver(message("run.completed"), "lab");
    assert.equal(kind, allowPrivateUrls ? "delivered" : "permanent");
  }
  assert.equal(server.received.length, 1);
});

const SECRET = "s3cr3tT0ken";
const BAD = {
  "an unknown kind": { kind: "pigeon" },
  "no kind": {},
  "an unknown key": { kind: "console", colour: true },
  "a mistyped key": { kind: "slack", webhook: `https://hooks.slack.com/services/${SECRET}` },
  "a key too many": { kind: "slack", webhook_url: `https://x.example/${SECRET}`, chanel: "x" },
  "no URL": { kind: "slack", webhook_url: SECRET },
  "another protocol": { kind: "slack", webhook_url: `file:///${SECRET}` },
};
for (const [what, config] of Object.entries(BAD)) {
  test(`refuses ${what}, and does not show the value`, () => {
    const parsed = ChannelConfig.safeParse(config);
    assert.equal(parsed.success, false);
    assert.doesNotMatch(JSON.stringify(parsed.error), new RegExp(SECRET));
  });
}
