import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** `via: direct` sends from here; `via: bridge` leaves it to `bioagent bridge imessage` on the Mac. */
export const ImessageConfig = z.strictObject({
  kind: z.literal("imessage"),
  bridge: z.enum(["bluebubbles", "imsg"]).default("bluebubbles"),
  via: z.enum(["direct", "bridge"]).default("direct"),
  url: z.string().optional(),
  password: z.string().optional(),
  chat: z.string(),
  ...CHANNEL_BASE,
});
export type ImessageConfig = z.infer<typeof ImessageConfig>;
