import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

const isWebUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? "");

/**
 * `{ kind: slack, webhook_url: ... }`, or `{ kind: slack, bot_token: xoxb-..., channel: C0123456789 }`: then one message per run is
 * kept up to date, with a thread, unless `live: false`. URL and token are secrets; no message of this schema shows them.
 */
export const SlackConfig = z
  .strictObject({
    kind: z.literal("slack"),
    webhook_url: z
      .string()
      .refine(isWebUrl, "expected an incoming webhook's URL, https://hooks.slack.com/services/...")
      .optional(),
    bot_token: z
      .string()
      .regex(/^xoxb-[\w-]{6,}$/, { error: "expected a bot token, xoxb-..., from OAuth & Permissions" })
      .optional(),
    channel: z
      .string({ error: 'expected a Slack channel: its ID, such as C0123456789, or "#name" in quotes' })
      .regex(/^#?[\p{L}\p{N}._-]{1,80}$/u, {
        error: 'expected a Slack channel: its ID, such as C0123456789, or "#name" in quotes',
      })
      .optional(),
    live: z.boolean().optional(),
    /** Of a stand-in for Slack; https://slack.com/api/ by default. */
    api_url: z.string().refine(isWebUrl, "expected the URL of Slack's Web API").optional(),
    ...CHANNEL_BASE,
  })
  .superRefine(
    (config, context) => {
      for (const { path, message } of problemsOf(config)) context.addIssue({ code: "custom", path, message });
    },
    // Also where a setting is missing or of another type, so that all problems are told at once.
    { when: () => true },
  );
export type SlackConfig = z.infer<typeof SlackConfig>;

interface Problem {
  readonly path: string[];
  readonly message: string;
}

/** What is wrong between settings that are each well formed. */
function problemsOf(config: Readonly<Record<string, unknown>>): Problem[] {
  const has = (key: string): boolean => config[key] !== undefined;
  if (has("webhook_url")) {
    return ["bot_token", "channel", "live", "api_url"].filter(has).map((key) => ({
      path: [key],
      message: "is for a bot, and this channel has a webhook_url: keep one of them",
    }));
  }
  if (!has("bot_token")) {
    return [{ path: ["webhook_url"], message: "expected webhook_url, or bot_token and channel" }];
  }
  const message = 'a bot needs the Slack channel: its ID, such as C0123456789, or "#name" in quotes';
  return has("channel") ? [] : [{ path: ["channel"], message }];
}
