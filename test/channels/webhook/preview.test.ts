import assert from "node:assert/strict";
import { test } from "node:test";
import { openSignedWebhook } from "../../../src/channels/webhook/channel.ts";
import { previewWebhook } from "../../../src/channels/webhook/preview.ts";
import { startWebhookServer, WEBHOOK_SECRET } from "../../support/webhook-server.ts";
import { STORIES } from "../notice-stories.ts";

test("the preview is the body that is posted", async (t) => {
  const server = await startWebhookServer();
  t.after(() => server.close());
  const source = "https://lab.org/bioagent";
  const channel = openSignedWebhook({
    name: "ops",
    url: server.url,
    secrets: [WEBHOOK_SECRET],
    source,
    allowPrivateUrls: true,
  });
  for (const story of Object.values(STORIES)) {
    await channel.deliver(story, "ops");
    const preview = await previewWebhook(story, { source });
    assert.equal(preview.form, "json");
    assert.deepEqual(JSON.parse(preview.text), JSON.parse(String(server.received.at(-1)?.body)));
  }
});
