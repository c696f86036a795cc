import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** `transport: ses` through Amazon's API in `region`; `transport: smtp` through any server, `url` with its password in it (a secret). */
export const EmailConfig = z.strictObject({
  kind: z.literal("email"),
  transport: z.enum(["ses", "smtp"]).default("ses"),
  region: z.string().optional(),
  role_arn: z.string().optional(),
  configuration_set: z.string().optional(),
  url: z.string().optional(),
  from: z.string(),
  to: z.array(z.string()).min(1).max(50),
  reply_to: z.string().optional(),
  ...CHANNEL_BASE,
});
export type EmailConfig = z.infer<typeof EmailConfig>;
