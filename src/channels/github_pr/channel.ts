import type { Channel } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import type { GithubPrConfig } from "./config.ts";

export function openGithubPr(name: string, _config: GithubPrConfig, _deps: ChannelDeps): Channel {
  return {
    name,
    kind: "github_pr",
    recipients: [name],
    paceMilliseconds: 0,
    deliver: async () => ({ kind: "permanent", reason: "not built yet", disable: false }),
  };
}
