import { z } from "zod";
import { Notice } from "./notice.ts";
import { Instant } from "./run.ts";

/** What a bridge needs to tell one notice: the API gives it, the bridge reads it. */
export const ClaimedNotice = Notice.pick({
  id: true,
  rev: true,
  event: true,
  facts: true,
  recipient: true,
  round: true,
  tries: true,
  created_at: true,
  possible_repeat: true,
}).extend({
  kept: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
  /** Nobody else is given it before this instant. */
  claimed_until: Instant,
});
export type ClaimedNotice = Readonly<z.infer<typeof ClaimedNotice>>;
