import { z } from "zod";

/** Lengths are counted as Slack counts them, in characters of the text as it was sent, entities and all. */
const plainText = (maxChars: number) =>
  z.strictObject({
    type: z.literal("plain_text"),
    text: z.string().min(1).max(maxChars),
    emoji: z.boolean().optional(),
  });

const textObject = (maxChars: number) =>
  z.discriminatedUnion("type", [
    plainText(maxChars),
    z.strictObject({
      type: z.literal("mrkdwn"),
      text: z.string().min(1).max(maxChars),
      verbatim: z.boolean().optional(),
    }),
  ]);

const blockId = z.string().max(255).optional();

const Block = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("header"), block_id: blockId, text: plainText(150) }),
  z.strictObject({
    type: z.literal("section"),
    block_id: blockId,
    text: textObject(3_000),
    fields: z.array(textObject(2_000)).max(10).optional(),
  }),
  z.strictObject({
    type: z.literal("context"),
    block_id: blockId,
    elements: z.array(textObject(3_000)).min(1).max(10),
  }),
  z.strictObject({ type: z.literal("divider"), block_id: blockId }),
]);

const Blocks = z.array(Block).max(50);

const Payload = z.looseObject({ text: z.string().optional(), blocks: z.array(z.unknown()).optional() });

/** Found by users (slackapi/bolt-js#2509), documented nowhere. */
const MAX_BLOCKS_CHARS = 13_200;

/** Slack's answer to a payload that it does not take, or null when it takes it. */
export function payloadProblem(body: string): { status: number; body: string } | null {
  const payload = Payload.safeParse(jsonOf(body));
  if (!payload.success) return { status: 400, body: "invalid_payload" };
  const { text, blocks } = payload.data;
  if (!text?.trim() && !blocks?.length) return { status: 400, body: "no_text" };
  if (blocks && !Blocks.safeParse(blocks).success) return { status: 400, body: "invalid_blocks" };
  if (JSON.stringify(blocks ?? []).length > MAX_BLOCKS_CHARS) {
    return { status: 400, body: "msg_blocks_too_long" };
  }
  return null;
}

/** What pings people or links somewhere: the forms that Slack parses between angle brackets. */
export function mentionsIn(payload: unknown): string[] {
  return JSON.stringify(payload).match(/<[!@#][^>]*>|<https?:[^>]*>/g) ?? [];
}

/** A text as people see it: Slack decodes these three entities and no others. */
export const shownText = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
