import { z } from "zod";
import type { ClaimedNotice } from "../../app/bridge.ts";
import { Notice } from "../../core/notice.ts";
import { Instant } from "../../core/run.ts";
import { AdapterError } from "../../ports.ts";

/** The API's answer to a claim. It may be another version's, or that of something before it. */
const Claimed = z.object({
  notices: z.array(
    Notice.pick({
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
      kept: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      claimed_until: Instant,
    }),
  ),
});

export function claimedNotices(answer: unknown): readonly ClaimedNotice[] {
  const read = Claimed.safeParse(answer);
  if (read.success) return read.data.notices;
  throw new AdapterError(
    "what was answered is no list of notices; is BIOAGENT_URL the address of the function api, and bioagent here as new as there?",
    { code: "bad_answer", retryable: true },
  );
}
