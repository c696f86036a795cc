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

/** A notice; of a message that follows a run also how far it is, the counts first, then a line for each step. */
export interface SlackParts extends NoticeParts {
  readonly progress?: readonly string[];
}

/** Characters after escaping. Slack's limits: header 150, section 3,000, text 4,000 before it is split. */
const MAX = {
  title: 150,
  text: 3_000,
  head: 1_500,
  detail: 600,
  details: 2_400,
  progress: 2_000,
  tail: 1_200,
};
/** Of the whole payload as JSON; Slack refuses blocks of about 13,200, a limit that it does not document. */
const MAX_PAYLOAD_CHARS = 10_000;

/** The notice as blocks, with its whole text beside them for notifications and screen readers. */
export const slackPayload = (message: Message): SlackPayload =>
  payloadOf(noticeParts(message.event, message.facts, message));

/** The same of parts. */
export function payloadOf(given: SlackParts): SlackPayload {
  const parts = escapedParts(given);
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

function escapedParts(parts: SlackParts): SlackParts {
  return {
    title: escapeSlack(parts.title),
    head: parts.head.map(escapeSlack),
    details: parts.details.map((detail) => cutEscaped(escapeSlack(detail), MAX.detail)),
    more: parts.more,
    tail: parts.tail.map(escapeSlack),
    progress: (parts.progress ?? []).map(escapeSlack),
  };
}

function scaledPayload(parts: SlackParts, scale: number): SlackPayload {
  return {
    text: wholeText(parts, MAX.text * scale),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: blocksOf(parts, scale),
  };
}

/** Of the progress only the counts: a screen reader would read out every bar. */
function wholeText(parts: SlackParts, maxChars: number): string {
  const { title, head, tail, progress = [] } = parts;
  const after = [...progress.slice(0, 1), ...tail];
  const room = maxChars - [title, ...head, ...after].join("\n").length;
  return cutEscaped([title, ...head, ...fitDetails(parts, room), ...after].join("\n"), maxChars);
}

/** Only `plain_text`: nothing in a name or a log line becomes bold, a link, a mention or an emoji. */
function blocksOf(parts: SlackParts, scale: number): Block[] {
  const details = fitDetails(parts, MAX.details * scale);
  const progress = fitDetails({ details: parts.progress ?? [], more: 0 }, MAX.progress * scale);
  return [
    { type: "header", text: plain(cutEscaped(parts.title, MAX.title)) },
    ...sections(parts.head, MAX.head * scale),
    ...sections(details, MAX.details * scale),
    ...sections(progress, MAX.progress * scale),
    ...(parts.tail.length > 0 ? [context(parts.tail, MAX.tail * scale)] : []),
  ];
}

const plain = (text: string) => ({ type: "plain_text" as const, text, emoji: false });

/** One, or none where there is nothing to say: Slack refuses an empty one. */
const sections = (lines: readonly string[], maxChars: number): Block[] =>
  lines.length === 0 ? [] : [{ type: "section", text: plain(cutEscaped(lines.join("\n"), maxChars)) }];

const context = (lines: readonly string[], maxChars: number): Block => ({
  type: "context",
  elements: [plain(cutEscaped(lines.join("\n"), maxChars))],
});
