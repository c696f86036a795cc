import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** `{ kind: slack, webhook_url: ... }`; the URL is a secret, and no message of this schema shows it. */
export const SlackConfig = z.strictObject({
  kind: z.literal("slack"),
  webhook_url: z
    .string()
    .refine(
      (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
      "expected an incoming webhook's URL, https://hooks.slack.com/services/...",
    ),
  ...CHANNEL_BASE,
});
export type SlackConfig = z.infer<typeof SlackConfig>;
