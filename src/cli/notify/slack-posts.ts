import { z } from "zod";

const Text = z.object({ text: z.string() });
const Block = z.object({ type: z.string(), text: Text.optional(), elements: z.array(Text).optional() });
const Post = z.object({
  text: z.string(),
  blocks: z.array(Block).default([]),
  reply_broadcast: z.boolean().optional(),
});
/** Of a bot that keeps one message per run up to date. */
const Live = z.object({ message: Post, reply: Post.nullable() });

/** One message as Slack shows it: a headline, paragraphs, small print. */
export interface SlackPost {
  /** Where it stands, where that is not plain. */
  readonly place: "message" | "thread" | "thread and channel" | null;
  readonly parts: readonly { readonly type: string; readonly text: string }[];
}

/** The posts in what a Slack channel previews as JSON; null where it is of another form. */
export function slackPosts(json: string): SlackPost[] | null {
  const given: unknown = JSON.parse(json);
  const live = Live.safeParse(given).data;
  if (live) {
    const { message, reply } = live;
    const place = reply?.reply_broadcast ? "thread and channel" : "thread";
    return [postOf(message, "message"), ...(reply === null ? [] : [postOf(reply, place)])];
  }
  const post = Post.safeParse(given).data;
  return post ? [postOf(post, null)] : null;
}

function postOf({ text, blocks }: z.infer<typeof Post>, place: SlackPost["place"]): SlackPost {
  const parts = blocks.map((block) => ({
    type: block.type,
    text: unescapeSlack(block.text?.text ?? (block.elements ?? []).map((element) => element.text).join("\n")),
  }));
  return { place, parts: parts.length > 0 ? parts : [{ type: "section", text: unescapeSlack(text) }] };
}

/** Slack shows these three as what they stand for. */
const unescapeSlack = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
