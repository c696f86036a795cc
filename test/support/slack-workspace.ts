import type { IncomingHttpHeaders } from "node:http";
import { messageProblem, type SlackMessage } from "./slack-rules.ts";

/** One message as it stands there. */
export interface SlackPosted {
  readonly channel: string;
  readonly ts: string;
  /** Null: it stands in the channel itself. */
  readonly thread_ts: string | null;
  readonly broadcast: boolean;
  message: SlackMessage;
  edits: number;
}

export interface SlackWorkspace {
  /** Oldest first. */
  readonly posted: readonly SlackPosted[];
  /** Somebody deletes it. */
  delete(ts: string): void;
  answer(method: string, headers: IncomingHttpHeaders, form: Record<string, unknown>): Answer;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const BOT_TOKEN = "xoxb-1234567890-s3cr3tT0kenOfTheBot";
/** By name: `joined` those that the bot may post in. */
const CHANNELS = [
  { id: "C0RUNS0001", name: "runs", joined: true, archived: false },
  { id: "C0OTHER001", name: "other", joined: true, archived: false },
  { id: "C0ALIEN001", name: "alien", joined: false, archived: false },
  { id: "C0OLD00001", name: "old", joined: true, archived: true },
] as const;

type Form = Record<string, unknown>;
type Refusal = { readonly error: string };

const json = (body: object, status = 200, headers = {}): Answer => ({
  status,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
});

const TOO_FAST = json({ ok: false, error: "ratelimited" }, 429, { "retry-after": "1" });

const no = (error: string): Refusal => ({ error });

/** Slack's Web API as far as a notifying bot needs it: tokens, channels, messages, threads, and its pace in a channel. */
export function openSlackWorkspace(options: { readonly pacedBy?: () => number }): SlackWorkspace {
  const posted: SlackPosted[] = [];
  const lastPosts = new Map<string, number>();
  const edits: number[] = [];
  let posts = 0;

  const isTooFast = (channel: string): boolean => {
    if (!options.pacedBy) return false;
    const now = options.pacedBy();
    if (now - (lastPosts.get(channel) ?? -Infinity) < 1_000) return true;
    lastPosts.set(channel, now);
    return false;
  };

  /** Tier 3: fifty a minute. */
  const isEditedTooOften = (): boolean => {
    if (!options.pacedBy) return false;
    const now = options.pacedBy();
    if (edits.filter((at) => now - at < 60_000).length >= 50) return true;
    edits.push(now);
    return false;
  };

  const post = (form: Form): Answer => {
    const channel = CHANNELS.find(({ id, name }) => [id, name, `#${name}`].includes(String(form["channel"])));
    const refusal = closed(channel) ?? unfit(form) ?? noThread(form, posted);
    if (refusal || !channel) return json({ ok: false, ...refusal });
    if (isTooFast(channel.id)) return TOO_FAST;
    const ts = `1772186400.${String(++posts).padStart(6, "0")}`;
    const thread_ts = form["thread_ts"] === undefined ? null : String(form["thread_ts"]);
    const broadcast = form["reply_broadcast"] === "true";
    posted.push({ channel: channel.id, ts, thread_ts, broadcast, message: contentOf(form), edits: 0 });
    return json({ ok: true, channel: channel.id, ts, message: { type: "message", ts } });
  };

  const update = (form: Form): Answer => {
    // Slack takes only IDs here, not names.
    const channel = CHANNELS.find(({ id }) => id === form["channel"]);
    const found = posted.find(({ ts, channel: id }) => ts === form["ts"] && id === channel?.id);
    const refusal = closed(channel) ?? (found ? unfit(form) : no("message_not_found"));
    if (refusal || !found) return json({ ok: false, ...refusal });
    if (isEditedTooOften()) return TOO_FAST;
    found.message = contentOf(form);
    found.edits += 1;
    return json({ ok: true, channel: found.channel, ts: found.ts, text: found.message.text });
  };

  return {
    posted,
    delete: (gone) => {
      const at = posted.findIndex(({ ts }) => ts === gone);
      if (at >= 0) posted.splice(at, 1);
    },
    answer: (method, headers, form) => {
      const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
      if (token === undefined) return json({ ok: false, error: "not_authed" });
      if (token !== BOT_TOKEN) return json({ ok: false, error: "invalid_auth" });
      if (method === "auth.test")
        return json({ ok: true, user: "bioagent", team: "Lab", bot_id: "B0BOT00001" });
      if (method === "chat.postMessage") return post(form);
      return method === "chat.update" ? update(form) : json({ ok: false, error: "unknown_method" });
    },
  };
}

function closed(channel: (typeof CHANNELS)[number] | undefined): Refusal | null {
  if (!channel) return no("channel_not_found");
  if (channel.archived) return no("is_archived");
  return channel.joined ? null : no("not_in_channel");
}

function unfit(form: Form): Refusal | null {
  const problem = messageProblem(form);
  return problem === null ? null : no(problem);
}

function noThread({ thread_ts }: Form, posted: readonly SlackPosted[]): Refusal | null {
  if (thread_ts === undefined || posted.some(({ ts }) => ts === thread_ts)) return null;
  return no("thread_not_found");
}

const contentOf = (form: Form): SlackMessage => ({
  text: String(form["text"] ?? ""),
  blocks: (form["blocks"] ?? []) as NonNullable<SlackMessage["blocks"]>,
});
