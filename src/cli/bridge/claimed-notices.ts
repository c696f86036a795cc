import { z } from "zod";
import { ClaimedNotice } from "../../core/claimed-notice.ts";
import { AdapterError } from "../../ports.ts";

/** The API's answer to a claim. It may be another version's, or that of something before it. */
const Claimed = z.object({ notices: z.array(ClaimedNotice) });

export function claimedNotices(answer: unknown): readonly ClaimedNotice[] {
  const read = Claimed.safeParse(answer);
  if (read.success) return read.data.notices;
  throw new AdapterError(
    "what was answered is no list of notices; is BIOAGENT_URL the address of the function api, and bioagent here as new as there?",
    { code: "bad_answer", retryable: true },
  );
}
