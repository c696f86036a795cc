import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** CloudEvents to any address, signed as Standard Webhooks; two secrets while one replaces the other. */
export const WebhookConfig = z.strictObject({
  kind: z.literal("webhook"),
  url: z.string(),
  secret: z.string(),
  previous_secret: z.string().optional(),
  ...CHANNEL_BASE,
});
export type WebhookConfig = z.infer<typeof WebhookConfig>;
