import type { Delivery } from "../../ports.ts";
import { waitSeconds } from "../retry-after.ts";
import { remedyFor } from "./api-remedies.ts";
import type { Unreadable } from "./forms.ts";
import { DEFAULT_WAIT, quoted, UNREADABLE } from "./outcome.ts";
import type { ApiAnswer, Method } from "./web-api.ts";

/** Where a message stands in Slack: the channel's ID, and the timestamp that names it there. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

export type Undelivered = Exclude<Delivery, { kind: "delivered" }>;

/** What one call came to. */
export type CallOutcome =
  | { readonly kind: "done"; readonly place: Place | null }
  | Undelivered
  | Unreadable
  /** The message that was to be edited, or replied to, is not there any more or takes that no more. Nothing was posted. */
  | { readonly kind: "gone"; readonly reason: string }
  /** The message was not edited this time, or nobody knows. Posts may well pass; less so when nothing was `answered`. */
  | {
      readonly kind: "stuck";
      readonly reason: string;
      readonly after_seconds: number | null;
      readonly answered: boolean;
    };

export interface Called {
  readonly method: Method;
  /** The channel of bioagent.yaml. */
  readonly name: string;
  readonly slackChannel: string;
  /** `/invite @name`. */
  readonly invitation: string;
  readonly isReply: boolean;
}

/** Slack's words when a message cannot be edited (any more); also when the channel that it stood in is closed to the bot. */
const NOT_EDITABLE: readonly string[] = [
  "message_not_found",
  "edit_window_closed",
  "cant_update_message",
  "block_mismatch",
  "channel_not_found",
  "not_in_channel",
  "is_inactive",
  "is_archived",
  "team_not_found",
];
/** Slack's words when a message takes no replies. */
const NOT_REPLIABLE: readonly string[] = [
  "cannot_reply_to_message",
  "thread_not_found",
  "restricted_action_non_threadable_channel",
  "restricted_action_thread_locked",
];
/** "It's possible some aspect of the operation succeeded", as Slack says, or not unlikely. */
const DOUBTFUL: readonly string[] = ["internal_error", "fatal_error", "service_unavailable"];
/** It passes by itself, seconds. */
const PASSING: Readonly<Record<string, number>> = {
  request_timeout: 10,
  update_failed: 60,
  external_channel_migrating: 600,
  team_added_to_org: 600,
  org_login_required: 3_600,
  message_limit_exceeded: 3_600,
};

/** What an answer means for the delivery. */
export function callOutcome(answer: ApiAnswer, called: Called): CallOutcome {
  if (answer.kind === "failure") return ofFailure(answer, called);
  if (answer.kind === "error") return ofError(answer, called);
  const { channel, ts } = answer;
  return { kind: "done", place: channel !== null && ts !== null ? { channel, ts } : null };
}

function ofFailure(failure: Extract<ApiAnswer, { kind: "failure" }>, called: Called): CallOutcome {
  const { name } = called;
  if (failure.code === "url_refused") {
    const reason = `The api_url of channel ${name} is refused: ${failure.text}. Leave it out to use Slack's own.`;
    return { kind: "permanent", reason, disable: true };
  }
  if (!failure.sent) {
    const why = failure.code === "private_address" ? failure.text : failure.code;
    const reason = `Slack was not reached for channel ${name}: ${why}. Check the network, and api_url if it is set.`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  return inDoubt(`Slack did not answer ${called.method} for channel ${name}: ${failure.code}`, called, false);
}

/** A post may have arrived; an edit is made again without harm. */
function inDoubt(said: string, { method }: Called, answered = true): CallOutcome {
  if (method === "chat.postMessage") return { kind: "ambiguous", reason: `${said}. It may have arrived.` };
  return { kind: "stuck", reason: `${said}. The edit is made again.`, after_seconds: null, answered };
}

/** Certainly nothing has happened, and the same may pass next time. */
const passing = (reason: string, after_seconds: number | null, { method }: Called): CallOutcome =>
  method === "chat.update"
    ? { kind: "stuck", reason, after_seconds, answered: true }
    : { kind: "rejected", reason, after_seconds };

function ofError(answer: Extract<ApiAnswer, { kind: "error" }>, called: Called): CallOutcome {
  const { status, word } = answer;
  const { method, name } = called;
  const said = `Slack answered ${method} with ${status}${quoted(word)}`;
  if (status === 429 || word === "ratelimited" || word === "rate_limited") {
    const after = waitSeconds(answer.retryAfter, DEFAULT_WAIT);
    const reason = `${said}: too many messages for channel ${name}; next try in ${after} s`;
    return { kind: "rejected", reason, after_seconds: after };
  }
  if (method === "chat.update" && NOT_EDITABLE.includes(word)) return { kind: "gone", reason: said };
  if (called.isReply && NOT_REPLIABLE.includes(word)) return { kind: "gone", reason: said };
  if (UNREADABLE.includes(word) || status === 413) return { kind: "unreadable", reason: said };
  if (Object.hasOwn(PASSING, word)) {
    const reason = `${said} for channel ${name}: it passes by itself and is tried again`;
    return passing(reason, PASSING[word]!, called);
  }
  return refusal(answer, said, called) ?? ofStatus(status, said, called);
}

function refusal(
  { status, word, needed }: Extract<ApiAnswer, { kind: "error" }>,
  said: string,
  called: Called,
): CallOutcome | null {
  if (DOUBTFUL.includes(word)) return inDoubt(`${said} for channel ${called.name}`, called);
  const scope = needed !== null && /^[a-z:._,-]{1,80}$/.test(needed) ? needed : "chat:write";
  const blanks = {
    CHANNEL: called.name,
    PLACE: called.slackChannel,
    INVITE: called.invitation,
    SCOPE: scope,
  };
  const remedy = remedyFor(word, blanks);
  if (remedy !== null) return { kind: "permanent", reason: `${said}: ${remedy}`, disable: true };
  if (status >= 300 || !/^[a-z_]{1,60}$/.test(word)) return null;
  const reason = `${said} for channel ${called.name}; look the word up in Slack's description of ${called.method}`;
  return { kind: "permanent", reason, disable: false };
}

/** No word of Slack's: something else has answered, such as a proxy. */
function ofStatus(status: number, said: string, called: Called): CallOutcome {
  if (status >= 500) return inDoubt(`${said} for channel ${called.name}`, called);
  if (status < 300 || status === 408) {
    const reason = `${said} for channel ${called.name}: does a proxy or api_url stand between here and Slack?`;
    return passing(reason, null, called);
  }
  const what = status < 400 ? "a redirect, which is not followed" : "which is not Slack's own";
  const reason = `${said}, ${what}: check the proxy, and the api_url of channel ${called.name} if it is set`;
  return { kind: "permanent", reason, disable: false };
}
