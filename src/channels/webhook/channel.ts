import type { Channel } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import type { WebhookConfig } from "./config.ts";

export function openWebhook(name: string, _config: WebhookConfig, _deps: ChannelDeps): Channel {
  return {
    name,
    kind: "webhook",
    recipients: [name],
    paceMilliseconds: 0,
    deliver: async () => ({ kind: "permanent", reason: "not built yet", disable: false }),
  };
}
