import { z } from "zod";
import type { Channel } from "../ports.ts";
import type { ChannelDeps } from "./channel-deps.ts";
import { openConsole } from "./console/channel.ts";
import { ConsoleConfig } from "./console/config.ts";
import { openEmail } from "./email/channel.ts";
import { EmailConfig } from "./email/config.ts";
import { openGithubPr } from "./github_pr/channel.ts";
import { GithubPrConfig } from "./github_pr/config.ts";
import { urlRefusal } from "./guarded-fetch.ts";
import { openImessage } from "./imessage/channel.ts";
import { ImessageConfig } from "./imessage/config.ts";
import { openSlack } from "./slack/channel.ts";
import { SlackConfig } from "./slack/config.ts";
import { openWebhook } from "./webhook/channel.ts";
import { WebhookConfig } from "./webhook/config.ts";

export type { ChannelDeps } from "./channel-deps.ts";

/** What is known of a channel before its secrets are. */
export type ChannelTraits = Pick<Channel, "follows" | "pulled" | "fallback">;

interface ChannelKind<Config> {
  /** Its entry under `channels:`; unknown keys are problems. Values arrive with `${NAME}` resolved. */
  readonly config: z.ZodType<Config>;
  readonly open: (name: string, config: Config, deps: ChannelDeps) => Channel;
}

const kind = <Config>(it: ChannelKind<Config>): ChannelKind<Config> => it;

/** Every kind of channel there is. A new one is added here, in `ChannelConfig` below, and in `openChannel`. */
export const CHANNEL_KINDS = {
  console: kind({
    config: ConsoleConfig,
    open: (name, _config, deps) => openConsole({ name, write: deps.write }),
  }),
  slack: kind({ config: SlackConfig, open: openSlack }),
  email: kind({ config: EmailConfig, open: openEmail }),
  imessage: kind({ config: ImessageConfig, open: openImessage }),
  webhook: kind({ config: WebhookConfig, open: openWebhook }),
  github_pr: kind({ config: GithubPrConfig, open: openGithubPr }),
} as const;

/** One entry of `channels:` in the configuration. */
export const ChannelConfig = z.discriminatedUnion("kind", [
  ConsoleConfig,
  SlackConfig,
  EmailConfig,
  ImessageConfig,
  WebhookConfig,
  GithubPrConfig,
]);
export type ChannelConfig = z.infer<typeof ChannelConfig>;

/** Opens a channel by its configuration; nothing is sent or connected yet. */
export function openChannel(name: string, config: ChannelConfig, deps: ChannelDeps): Channel {
  const refused = refusedUrl(config, deps.allowPrivateUrls);
  return { ...openOfKind(name, config, deps), ...channelTraits(config), refused };
}

/** Web addresses in settings; a mail server's is none, and a bridge on a Mac may speak to the Mac itself. */
function refusedUrl(config: ChannelConfig, allowPrivateUrls: boolean): string | undefined {
  if (config.kind === "email" || (config.kind === "imessage" && config.via === "bridge")) return undefined;
  for (const [key, value] of Object.entries(config)) {
    if (!/^(?:webhook_|api_)?url$/.test(key) || typeof value !== "string") continue;
    const why = urlRefusal(value, allowPrivateUrls);
    if (why !== null) return `has a refused ${key}: ${why}`;
  }
  return undefined;
}

/** Read from the settings as they are written, secrets or not. */
export function channelTraits(settings: Readonly<Record<string, unknown>> & { kind: string }): ChannelTraits {
  const { kind, fallback, via, bot_token, live } = settings;
  return {
    follows: kind === "github_pr" || (kind === "slack" && bot_token !== undefined && live !== false),
    pulled: kind === "imessage" && via === "bridge",
    fallback: typeof fallback === "string" ? fallback : undefined,
  };
}

function openOfKind(name: string, config: ChannelConfig, deps: ChannelDeps): Channel {
  switch (config.kind) {
    case "console":
      return CHANNEL_KINDS.console.open(name, config, deps);
    case "slack":
      return CHANNEL_KINDS.slack.open(name, config, deps);
    case "email":
      return CHANNEL_KINDS.email.open(name, config, deps);
    case "imessage":
      return CHANNEL_KINDS.imessage.open(name, config, deps);
    case "webhook":
      return CHANNEL_KINDS.webhook.open(name, config, deps);
    case "github_pr":
      return CHANNEL_KINDS.github_pr.open(name, config, deps);
    default:
      config satisfies never;
      throw new Error(`channel ${name} is of no known kind`);
  }
}
