import assert from "node:assert/strict";
import { test } from "node:test";
import { openSlackBot } from "../../../src/channels/slack/bot-channel.ts";
import { previewSlackLive, previewSlackPost } from "../../../src/channels/slack/preview.ts";
import { openSlackWebhook } from "../../../src/channels/slack/webhook-channel.ts";
import { NOTICE_EVENTS } from "../../../src/core/run.ts";
import type { Message, RunView } from "../../../src/ports.ts";
import { startSlackServer } from "../../support/slack-server.ts";
import { storyView } from "../../support/slack-story.ts";
import { BOT_TOKEN } from "../../support/slack-workspace.ts";
import { message, STORIES } from "../notice-stories.ts";

test("the preview of a webhook is what is posted", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const channel = openSlackWebhook({ name: "lab", webhookUrl: server.webhookUrl, allowPrivateUrls: true });
  for (const story of Object.values(STORIES)) {
    await channel.deliver(story, "lab");
    const preview = await previewSlackPost(story);
    assert.equal(preview.form, "json");
    assert.deepEqual(JSON.parse(preview.text), server.received.at(-1)?.payload);
  }
});

type Posted = Readonly<Record<string, unknown>> | undefined;
const shown = (posted: Posted) => posted && { text: posted["text"], blocks: posted["blocks"] };

test("the preview of a bot is the run's message and what its thread hears, as a run that is under way is told", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const channel = openSlackBot({
    name: "lab",
    token: BOT_TOKEN,
    slackChannel: "#runs",
    live: true,
    apiUrl: server.apiUrl,
    allowPrivateUrls: true,
  });
  const begun: Message = { ...message("run.started"), view: async () => storyView({}) };
  const first = await channel.deliver(begun, "lab");
  const view: RunView = storyView({ jobs: { "fastqc-sample01": "succeeded", "fastqc-sample02": "failed" } });
  for (const event of NOTICE_EVENTS) {
    const told: Message = { ...message(event), view: async () => view, kept: first.keep ?? {} };
    const before = server.received.length;
    const once = await channel.deliver(told, "lab");
    // News is written down first, and told when the outbox comes again.
    if (once.kind === "rejected")
      await channel.deliver({ ...told, kept: { ...told.kept, ...once.keep } }, "lab");
    const calls = server.received.slice(before).map((each) => [each.path, each.payload as Posted] as const);
    const edit = calls.find(([path]) => path.endsWith("chat.update"))?.[1];
    const reply = calls.find(([path]) => path.endsWith("chat.postMessage"))?.[1];
    const preview = JSON.parse((await previewSlackLive(told)).text) as {
      message: Posted;
      reply: Posted | null;
    };
    assert.deepEqual(shown(preview.message), shown(edit), event);
    assert.deepEqual(shown(preview.reply ?? undefined), shown(reply), event);
    assert.equal(preview.reply?.["reply_broadcast"] === true, reply?.["reply_broadcast"] === "true", event);
  }
});

test("of a run that is gone, and of a test message, a bot's preview is the post alone", async () => {
  const gone = message("run.completed");
  assert.deepEqual(await previewSlackLive(gone), await previewSlackPost(gone));
  const tested: Message = {
    ...message("run.completed", {}, { test: true }),
    view: async () => storyView({}),
  };
  assert.deepEqual(await previewSlackLive(tested), await previewSlackPost(tested));
});
