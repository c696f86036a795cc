import type { Channel } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import { openSlackBot } from "./bot-channel.ts";
import type { SlackConfig } from "./config.ts";
import { previewSlackLive, previewSlackPost } from "./preview.ts";
import { openSlackWebhook } from "./webhook-channel.ts";

/** Slack over an incoming webhook, or with a bot token over the Web API. */
export function openSlack(name: string, config: SlackConfig, deps: ChannelDeps): Channel {
  const { fetch, allowPrivateUrls } = deps;
  if (config.webhook_url !== undefined) {
    const webhook = openSlackWebhook({ name, webhookUrl: config.webhook_url, fetch, allowPrivateUrls });
    return { ...webhook, preview: previewSlackPost };
  }
  const bot = openSlackBot({
    name,
    // The schema has checked that both are there.
    token: config.bot_token ?? "",
    slackChannel: config.channel ?? "",
    live: config.live ?? true,
    apiUrl: config.api_url,
    fetch,
    allowPrivateUrls,
  });
  return { ...bot, preview: config.live === false ? previewSlackPost : previewSlackLive };
}
