import { blocksProblem } from "./slack-block-schema.ts";

/** Found by users (slackapi/bolt-js#2509), documented nowhere. */
const MAX_BLOCKS_CHARS = 13_200;
/** Slack splits a longer text into several messages. */
const MAX_TEXT_CHARS = 4_000;

/** What Slack says of a message that it does not take, or null when it takes it. */
export function messageProblem({ text, blocks }: { text?: unknown; blocks?: unknown }): string | null {
  if (text !== undefined && typeof text !== "string") return "invalid_payload";
  if (blocks !== undefined && !Array.isArray(blocks)) return "invalid_blocks_format";
  if (!text?.trim() && !blocks?.length) return "no_text";
  if (text !== undefined && text.length > MAX_TEXT_CHARS) return "msg_too_long";
  if (blocks !== undefined && blocksProblem(blocks) !== null) return "invalid_blocks";
  return JSON.stringify(blocks ?? []).length > MAX_BLOCKS_CHARS ? "msg_blocks_too_long" : null;
}

/** A webhook's answer to a payload that it does not take, or null when it takes it. */
export function payloadProblem(body: string): { status: number; body: string } | null {
  const payload = jsonOf(body);
  if (typeof payload !== "object" || payload === null) return { status: 400, body: "invalid_payload" };
  const problem = messageProblem(payload);
  return problem === null ? null : { status: 400, body: problem };
}

/** What pings people or links somewhere: the forms that Slack parses between angle brackets. */
export function mentionsIn(payload: unknown): string[] {
  return JSON.stringify(payload).match(/<[!@#][^>]*>|<https?:[^>]*>/g) ?? [];
}

/** A text as people see it: Slack decodes these three entities and no others. */
export const shownText = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A message as a webhook or the Web API takes it. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks?: readonly {
    readonly type: string;
    readonly text?: { readonly type: string; readonly text: string };
    readonly elements?: readonly { readonly type: string; readonly text: string }[];
  }[];
}

/** The two ways Slack shows a message: as its text, and as its blocks one below the other. */
export function shownOf({ text, blocks }: SlackMessage): string[] {
  return [text, ...(blocks?.length ? [blockTexts(blocks).join("\n")] : [])].map(shownText);
}

const blockTexts = (blocks: NonNullable<SlackMessage["blocks"]>): string[] =>
  blocks.flatMap(({ text, elements = [] }) => [...(text ? [text] : []), ...elements].map((it) => it.text));

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
