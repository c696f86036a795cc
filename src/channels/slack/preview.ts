import type { Message, Preview } from "../../ports.ts";
import { boardParts, newsParts } from "./board.ts";
import { payloadOf, type SlackPayload, slackPayload } from "./payload.ts";
import { badJobs } from "./told.ts";

/** What a webhook posts, or a bot that does not keep a message up to date. */
export const previewSlackPost = async (message: Message): Promise<Preview> => asJson(slackPayload(message));

/** A reply in a thread; `reply_broadcast`: it is shown in the channel too. */
type Reply = SlackPayload & { readonly reply_broadcast?: true };

/**
 * What a bot shows that keeps one message per run up to date: that message (`message`), and what the thread hears beside it
 * (`reply`; null: nothing). Of a test message, and where the run is gone, the post alone.
 */
export async function previewSlackLive(given: Message): Promise<Preview> {
  const view = given.test ? null : await given.view();
  if (view === null) return previewSlackPost(given);
  const flags = { possible_repeat: false, continues: false };
  const message = payloadOf(boardParts(view, given.event, flags));
  const post = slackPayload(given);
  return asJson({ message, reply: replyTo(given, post, () => newsOf(view, given)) });
}

const asJson = (value: unknown): Preview => ({ form: "json", text: JSON.stringify(value, null, 2) });

function newsOf(view: Parameters<typeof badJobs>[0], { possible_repeat }: Message): SlackPayload | null {
  const news = [...badJobs(view).values()];
  return news.length === 0 ? null : payloadOf(newsParts(view, news, possible_repeat));
}

/** As `live.ts` tells it once the run's message stands. */
function replyTo(
  { event, round }: Message,
  post: SlackPayload,
  news: () => SlackPayload | null,
): Reply | null {
  switch (event) {
    case "run.completed":
    case "run.failed":
    case "run.cancelled":
    case "run.stalled":
    case "run.waiting":
      return { ...post, reply_broadcast: true };
    case "job.retried":
      return post;
    case "run.started":
      return round > 1 ? post : null;
    case "job.skipped":
    case "run.progress":
      return news();
    default:
      return event satisfies never;
  }
}
