import assert from "node:assert/strict";
import { test } from "node:test";
import { CHANNEL_KINDS, type ChannelConfig, openChannel } from "../../src/channels/registry.ts";
import type { Preview } from "../../src/ports.ts";
import { STORIES } from "./notice-stories.ts";

const SETTINGS: readonly (readonly [Record<string, unknown>, Preview["form"]])[] = [
  [{ kind: "console" }, "text"],
  [{ kind: "slack", webhook_url: "https://hooks.slack.com/services/x" }, "json"],
  [{ kind: "slack", bot_token: "xoxb-preview", channel: "#runs" }, "json"],
  [{ kind: "slack", bot_token: "xoxb-preview", channel: "#runs", live: false }, "json"],
  [{ kind: "email", region: "us-east-1", from: "a@lab.org", to: ["b@lab.org"] }, "html"],
  [{ kind: "imessage", via: "bridge" }, "text"],
  [{ kind: "imessage", bridge: "imsg", chat: "+15551234567" }, "text"],
  [{ kind: "webhook", url: "https://ops.lab.org/h", secret: `whsec_${"A".repeat(44)}` }, "json"],
  [{ kind: "github_pr", repo: "lab/results", token: "x" }, "markdown"],
];

test("every kind of channel is among these", () => {
  const kinds = new Set(SETTINGS.map(([{ kind }]) => kind));
  assert.deepEqual([...kinds].sort(), Object.keys(CHANNEL_KINDS).sort());
});

for (const [settings, form] of SETTINGS) {
  test(`${JSON.stringify(settings)} previews itself, and asks nobody`, async () => {
    const { kind } = settings as ChannelConfig;
    const config = CHANNEL_KINDS[kind].config.parse(settings) as ChannelConfig;
    const fetch = async (): Promise<never> => assert.fail("a preview must not ask anybody");
    const write = (): never => assert.fail("a preview must not print");
    const channel = openChannel("it", config, { write, allowPrivateUrls: false, fetch });
    const preview = await channel.preview!(STORIES["some-skipped"]!, channel.recipients[0]!);
    assert.equal(preview.form, form);
    assert.match(preview.text + preview.title, /9\/10 succeeded/);
  });
}
