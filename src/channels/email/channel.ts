import type { Channel } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import type { EmailConfig } from "./config.ts";

export function openEmail(name: string, _config: EmailConfig, _deps: ChannelDeps): Channel {
  return {
    name,
    kind: "email",
    recipients: [name],
    paceMilliseconds: 0,
    deliver: async () => ({ kind: "permanent", reason: "not built yet", disable: false }),
  };
}
