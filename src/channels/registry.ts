import { z } from "zod";
import type { Channel } from "../ports.ts";
import { openConsole } from "./console/channel.ts";
import { ConsoleConfig } from "./console/config.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { openSlack } from "./slack/channel.ts";
import { SlackConfig } from "./slack/config.ts";

/** What channels are given by `wire`. */
export interface ChannelDeps {
  /** Prints; for the console. */
  readonly write: (text: string) => void | Promise<void>;
  /** Permits http, loopback and private addresses (`BIOAGENT_ALLOW_PRIVATE_URLS`). */
  readonly allowPrivateUrls: boolean;
  /** Instead of the guarded one. */
  readonly fetch?: GuardedFetch | undefined;
}

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
  slack: kind({
    config: SlackConfig,
    open: (name, config, deps) =>
      openSlack({
        name,
        webhookUrl: config.webhook_url,
        fetch: deps.fetch,
        allowPrivateUrls: deps.allowPrivateUrls,
      }),
  }),
} as const;

/** One entry of `channels:` in the configuration. */
export const ChannelConfig = z.discriminatedUnion("kind", [ConsoleConfig, SlackConfig]);
export type ChannelConfig = z.infer<typeof ChannelConfig>;

/** Opens a channel by its configuration; nothing is sent or connected yet. */
export function openChannel(name: string, config: ChannelConfig, deps: ChannelDeps): Channel {
  switch (config.kind) {
    case "console":
      return CHANNEL_KINDS.console.open(name, config, deps);
    case "slack":
      return CHANNEL_KINDS.slack.open(name, config, deps);
    default:
      config satisfies never;
      throw new Error(`channel ${name} is of no known kind`);
  }
}
