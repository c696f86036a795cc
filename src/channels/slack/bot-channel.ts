import type { Channel } from "../../ports.ts";
import { type GuardedFetch, guardedFetch } from "../guarded-fetch.ts";
import { redactor } from "../redact.ts";
import type { Bot } from "./bot.ts";
import { hide } from "./forms.ts";
import { deliverLive, deliverPost } from "./live.ts";

export interface SlackBotOptions {
  readonly name: string;
  /** A secret: whoever knows it may post. */
  readonly token: string;
  /** Slack's ID of the channel, or its name. */
  readonly slackChannel: string;
  /** One message per run that is kept up to date; else each notice is its own. */
  readonly live: boolean;
  /** Of a stand-in for Slack's Web API. */
  readonly apiUrl?: string | undefined;
  /** The guarded one by default. */
  readonly fetch?: GuardedFetch | undefined;
  /** Of one call; a delivery makes at most seven (an edit, a reply and a post, each in two forms, and one for the bot's name). */
  readonly timeoutMilliseconds?: number | undefined;
  readonly allowPrivateUrls?: boolean | undefined;
}

/** Slack takes one post a second in a channel (docs.slack.dev/apis/web-api/rate-limits). */
const POST_PACE = 1_000;
/** And 50 edits a minute: `chat.update` is of tier 3. */
const EDIT_PACE = 1_250;

/** A bot on Slack's Web API. Its package is loaded at the first delivery. */
export function openSlackBot(options: SlackBotOptions): Channel {
  const { name, token, slackChannel, live, apiUrl } = options;
  const redact = redactor([token, ...(apiUrl === undefined ? [] : [apiUrl])]);
  const bot: Bot = {
    name,
    slackChannel,
    api: {
      token,
      url: apiUrl,
      fetch: options.fetch ?? guardedFetch({ allowPrivateUrls: options.allowPrivateUrls ?? false }),
      timeoutMilliseconds: options.timeoutMilliseconds ?? 10_000,
    },
  };
  return {
    name,
    kind: "slack",
    recipients: [name],
    paceMilliseconds: live ? EDIT_PACE : POST_PACE,
    follows: live,
    // A test message is of its own: it must be seen, and belongs to no run.
    deliver: async (message) =>
      hide(await (live && !message.test ? deliverLive : deliverPost)(bot, message), redact),
  };
}
