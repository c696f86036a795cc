import type { Delivery } from "../../ports.ts";
import { waitSeconds } from "../retry-after.ts";
import type { Unreadable } from "./forms.ts";
import type { Answer } from "./post.ts";

export type Outcome = Delivery | Unreadable;

/** What is wrong with the channel itself, and what mends it. `CHANNEL` is filled in. Slack's own list of webhook errors. */
const BROKEN: Readonly<Record<string, string>> = {
  no_service: "the webhook was removed; create a new one and set it as webhook_url of channel CHANNEL",
  no_service_id: "the webhook_url of channel CHANNEL is incomplete; copy it again from Slack",
  no_active_hooks:
    "the webhook was switched off; switch it on in Slack, or set a new webhook_url of channel CHANNEL",
  no_team: "the workspace is gone; create a webhook elsewhere and set it as webhook_url of channel CHANNEL",
  team_disabled:
    "the workspace is disabled; create a webhook elsewhere and set it as webhook_url of channel CHANNEL",
  invalid_token: "the webhook_url of channel CHANNEL is wrong or was revoked; copy it again from Slack",
  channel_not_found:
    "the Slack channel is gone; create a webhook for another and set it as webhook_url of channel CHANNEL",
  channel_is_archived:
    "the Slack channel is archived; unarchive it, or set the webhook_url of channel CHANNEL to another's",
  user_not_found:
    "the addressed person is gone; create a new webhook and set it as webhook_url of channel CHANNEL",
  action_prohibited:
    "an administrator forbids this post; ask for leave, or set another webhook_url of channel CHANNEL",
  posting_to_general_channel_denied:
    "only some may post there; set the webhook_url of channel CHANNEL to another Slack channel's",
};

/** Our own fault: another form of the same message may pass. */
export const UNREADABLE: readonly string[] = [
  "invalid_payload",
  "invalid_blocks",
  "invalid_blocks_format",
  "no_text",
  "missing_text_or_fallback_or_attachments",
  "msg_blocks_too_long",
  "msg_too_long",
  "too_many_attachments",
];

/** What one post came to. `disable` is about the channel, so only for what no other message could pass. */
export function outcomeOf(answer: Answer, channel: string): Outcome {
  return answer.kind === "failure" ? ofFailure(answer, channel) : ofAnswer(answer, channel);
}

function ofFailure(failure: Extract<Answer, { kind: "failure" }>, channel: string): Outcome {
  if (failure.code === "url_refused") {
    const reason = `The webhook_url of channel ${channel} is refused: ${failure.text}. Copy it again from Slack.`;
    return { kind: "permanent", reason, disable: true };
  }
  if (!failure.sent) {
    const why = failure.code === "private_address" ? failure.text : failure.code;
    const reason = `Slack was not reached for channel ${channel}: ${why}. Check the network and the host in webhook_url.`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  const reason = `Slack did not answer for channel ${channel} after the notice was sent: ${failure.code}. It may have arrived.`;
  return { kind: "ambiguous", reason };
}

function ofAnswer(answer: Extract<Answer, { kind: "answer" }>, channel: string): Outcome {
  const { status } = answer;
  const word = wordOf(answer.body);
  if (status === 200 && answer.body.trim() === "ok") return { kind: "delivered" };
  const said = `Slack answered ${status}${quoted(word)}`;
  if (status === 429 || word === "rate_limited") return tooFast(answer, said, channel);
  if (status >= 500)
    return { kind: "ambiguous", reason: `${said} for channel ${channel}. It may have arrived.` };
  if (status < 300 || status === 408) {
    const reason = `${said} instead of 200 ok for channel ${channel}: does webhook_url point to Slack?`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  if (UNREADABLE.includes(word) || status === 413) return { kind: "unreadable", reason: said };
  return refused(status, word, said, channel);
}

function refused(status: number, word: string, said: string, channel: string): Delivery {
  const remedy = Object.hasOwn(BROKEN, word) ? BROKEN[word] : undefined;
  if (remedy) {
    return { kind: "permanent", reason: `${said}: ${remedy.replace("CHANNEL", channel)}`, disable: true };
  }
  if (status < 400) {
    const reason = `${said}, a redirect, which is not followed: set the webhook_url of channel ${channel} to the final address`;
    return { kind: "permanent", reason, disable: false };
  }
  const gone = status === 404 || status === 410;
  const reason = `${said}: check the webhook_url of channel ${channel}`;
  return { kind: "permanent", reason, disable: gone };
}

function tooFast(answer: Extract<Answer, { kind: "answer" }>, said: string, channel: string): Delivery {
  const after = waitSeconds(answer.retryAfter ?? retryAfterIn(answer.body), DEFAULT_WAIT);
  const reason = `${said}: too many messages for channel ${channel}; next try in ${after} s`;
  return { kind: "rejected", reason, after_seconds: after };
}

/** Slack's word; it stands alone, or in JSON, `{"retry_after":1,"ok":false,"error":"rate_limited"}`. */
const wordOf = (body: string): string =>
  /^\s*\{.*"error"\s*:\s*"([a-z_]{1,60})"/s.exec(body)?.[1] ?? body.trim();

function retryAfterIn(body: string): string | null {
  return /"retry_after"\s*:\s*(\d+)/.exec(body)?.[1] ?? null;
}

/** Seconds, where Slack says no Retry-After. */
export const DEFAULT_WAIT = 30;

/** Slack's answers are single words; a stranger's page is not quoted. */
export const quoted = (word: string): string =>
  /^[a-z_]{1,60}$/.test(word) ? ` ${word}` : word === "" ? " with nothing" : " with something else";
