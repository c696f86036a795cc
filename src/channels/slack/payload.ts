import type { IncomingWebhookSendArguments } from "@slack/webhook";
import { fitDetails, type NoticeParts, noticeParts } from "../../core/message.ts";
import type { Message } from "../../ports.ts";
import { cutEscaped, escapeSlack } from "./escape.ts";

type Block = NonNullable<IncomingWebhookSendArguments["blocks"]>[number];

/** What is posted. `mrkdwn: false`: `*` and `_` in names are no markup. */
export interface SlackPayload extends IncomingWebhookSendArguments {
  readonly text: string;
  readonly mrkdwn: false;
}

/** Characters after escaping. Slack's limits: header 150, section 3,000, text 4,000 before it is split. */
const MAX = { title: 150, text: 3_000, head: 1_500, detail: 600, details: 2_400, tail: 1_200 };
/** Of the whole payload as JSON; Slack refuses blocks of about 13,200, a limit that it does not document. */
const MAX_PAYLOAD_CHARS = 10_000;

/** The notice as blocks, with its whole text beside them for notifications and screen readers. */
export function slackPayload(message: Message): SlackPayload {
  const parts = escapedParts(noticeParts(message.event, message.facts, message));
  const payload = scaledPayload(parts, 1);
  if (JSON.stringify(payload).length <= MAX_PAYLOAD_CHARS) return payload;
  // JSON at most doubles a text (quotes, backslashes), so a half always fits.
  return scaledPayload(parts, 0.5);
}

/** The same without blocks, for when Slack does not like them. */
export function plainPayload(payload: SlackPayload): SlackPayload {
  const { blocks: _blocks, ...plain } = payload;
  return plain;
}

function escapedParts(parts: NoticeParts): NoticeParts {
  return {
    title: escapeSlack(parts.title),
    head: parts.head.map(escapeSlack),
    details: parts.details.map((detail) => cutEscaped(escapeSlack(detail), MAX.detail)),
    more: parts.more,
    tail: parts.tail.map(escapeSlack),
  };
}

function scaledPayload(parts: NoticeParts, scale: number): SlackPayload {
  return {
    text: wholeText(parts, MAX.text * scale),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: blocksOf(parts, scale),
  };
}

function wholeText(parts: NoticeParts, maxChars: number): string {
  const { title, head, tail } = parts;
  const room = maxChars - [title, ...head, ...tail].join("\n").length;
  return cutEscaped([title, ...head, ...fitDetails(parts, room), ...tail].join("\n"), maxChars);
}

/** Only `plain_text`: nothing in a name or a log line becomes bold, a link, a mention or an emoji. */
function blocksOf(parts: NoticeParts, scale: number): Block[] {
  const details = fitDetails(parts, MAX.details * scale);
  return [
    { type: "header", text: plain(cutEscaped(parts.title, MAX.title)) },
    section(parts.head, MAX.head * scale),
    ...(details.length > 0 ? [section(details, MAX.details * scale)] : []),
    ...(parts.tail.length > 0 ? [context(parts.tail, MAX.tail * scale)] : []),
  ];
}

const plain = (text: string) => ({ type: "plain_text" as const, text, emoji: false });

const section = (lines: readonly string[], maxChars: number): Block => ({
  type: "section",
  text: plain(cutEscaped(lines.join("\n"), maxChars)),
});

const context = (lines: readonly string[], maxChars: number): Block => ({
  type: "context",
  elements: [plain(cutEscaped(lines.join("\n"), maxChars))],
});
