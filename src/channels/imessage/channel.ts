import type { Channel } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import type { ImessageConfig } from "./config.ts";

export function openImessage(name: string, _config: ImessageConfig, _deps: ChannelDeps): Channel {
  return {
    name,
    kind: "imessage",
    recipients: [name],
    paceMilliseconds: 0,
    deliver: async () => ({ kind: "permanent", reason: "not built yet", disable: false }),
  };
}
