import assert from "node:assert/strict";
import { test } from "node:test";
import { previewEmail } from "../../../src/channels/email/preview.ts";
import { previewSlackPost } from "../../../src/channels/slack/preview.ts";
import { htmlText } from "../../../src/cli/notify/html-text.ts";
import type { ChannelPreview } from "../../../src/cli/notify/preview-channels.ts";
import { previewPage } from "../../../src/cli/notify/preview-page.ts";
import { previewLines } from "../../../src/cli/notify/preview-text.ts";
import { plainPaint } from "../../../src/cli/render/paint.ts";
import { noticeText } from "../../../src/core/message.ts";
import type { Preview } from "../../../src/ports.ts";
import { HOSTILE_LINES, message, STORIES } from "../../channels/notice-stories.ts";

const of = (kind: string, preview: Preview | null, fields: Partial<ChannelPreview> = {}): ChannelPreview => ({
  channel: "lab",
  kind,
  recipients: ["lab"],
  notes: [],
  preview,
  ...fields,
});

const SKIPPED = STORIES["some-skipped"]!;
const hostile = message("run.failed", { details: HOSTILE_LINES, run_id: "<script>alert(1)</script>" });
const page = (...previews: ChannelPreview[]): string => previewPage(hostile, previews);

test("the page loads nothing and runs nothing, whatever a notice says", async () => {
  const text = page(
    of("email", await previewEmail(hostile)),
    of("slack", await previewSlackPost(hostile)),
    of("webhook", { form: "json", text: JSON.stringify({ a: HOSTILE_LINES }) }),
    of("github_pr", { form: "markdown", text: HOSTILE_LINES.join("\n"), title: "</p><script>" }),
    of("imessage", { form: "text", text: HOSTILE_LINES.join("\n") }, { notes: ["<b>note</b>"] }),
  );
  assert.doesNotMatch(text, /<script|<img|<link|\s(?:src|href|on\w+)=/i);
  assert.doesNotMatch(text, /<b>note/);
  assert.match(text, /<iframe sandbox="" title="mail" srcdoc="&lt;!doctype html&gt;/);
  assert.match(text, /default-src 'none'/);
});

test("a Slack message looks like one: headline, paragraphs, small print, and what Slack escapes as people read it", async () => {
  const text = page(of("slack", await previewSlackPost(message("run.failed", { details: ["a <b> & c"] }))));
  assert.match(text, /<p class="header">🧬 BioAgent Run Failed<\/p>/);
  assert.match(text, /<p class="section">a &lt;b&gt; &amp; c<\/p>/);
  assert.match(text, /<p class="context">[^<]*Next: /);
});

test("a bot's message and its reply stand one below the other", () => {
  const post = { text: "x", blocks: [{ type: "header", text: { type: "plain_text", text: "It ended" } }] };
  const preview: Preview = {
    form: "json",
    text: JSON.stringify({ message: post, reply: { ...post, reply_broadcast: true } }),
  };
  assert.match(
    page(of("slack", preview)),
    /kept up to date[\s\S]*also shown in the channel[\s\S]*class="slack reply"/,
  );
  assert.deepEqual(previewLines([of("slack", preview)], plainPaint), [
    "── lab (slack) ──",
    "[message]",
    "It ended",
    "",
    "[thread and channel]",
    "It ended",
  ]);
});

test("a channel that cannot be opened says why in place of a message", () => {
  const broken = of("slack", null, { notes: ["channel lab (slack): channel: not what it expects"] });
  assert.match(page(broken), /<p class="note">channel lab \(slack\): channel: not what it expects<\/p>/);
  assert.deepEqual(previewLines([broken], plainPaint).slice(1), broken.notes);
});

test("in a terminal a mail is its lines, without its page", async () => {
  const { text } = await previewEmail(SKIPPED);
  const lines = noticeText(SKIPPED.event, SKIPPED.facts, SKIPPED).split("\n");
  const seen = htmlText(text).replace(/^• /gm, "");
  assert.deepEqual(seen.split("\n"), lines);
});
