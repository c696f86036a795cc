import type { Delivery } from "../../ports.ts";
import { waitSeconds } from "../retry-after.ts";
import { strangersWords } from "../strangers-words.ts";
import type { Answer, Envelope } from "./bluebubbles-call.ts";
import type { Refusal } from "./imessage-bridge.ts";

type Answered = Extract<Answer, { kind: "answer" }>;
type Failed = Extract<Answer, { kind: "failure" }>;

/** Seconds, where a 429 says no Retry-After. */
const DEFAULT_WAIT = 60;

/** What the server says while it works on this very text: `messageValidator.ts`. */
const isInFlight = ({ envelope }: Answered): boolean =>
  /already queued to be sent/i.test(envelope?.error?.message ?? "");

/** Said before anything was sent: the server was asked for a way of sending that it does not have (any more). */
export const lacksPrivateApi = (answer: Answer): boolean =>
  answer.kind === "answer" &&
  /Private API (?:Helper )?is not (?:enabled|connected)/i.test(answer.envelope?.error?.message ?? "");

/** Who asks, and from where: `bridge` is the Mac itself. */
export interface Asker {
  readonly channel: string;
  readonly via: "direct" | "bridge";
}

/** Why nothing can be sent now, by a request that sends nothing; null when it was answered well. */
export function refusalOf(answer: Answer, asker: Asker): Refusal | null {
  if (answer.kind === "failure") return ofFailure({ ...answer, sent: false }, asker);
  const { channel } = asker;
  if (answer.status === 200 && answer.envelope !== null) return null;
  const refusal = ofAnswer(answer, channel);
  return refusal.kind === "rejected" || refusal.kind === "permanent"
    ? refusal
    : {
        kind: "rejected",
        reason: `${said(answer)} when asked for its state, for channel ${channel}.`,
        after_seconds: null,
      };
}

/** What one sending came to. Only what the server says before it begins to send is certain. */
export function sentOf(answer: Answer, asker: Asker): Delivery {
  const { channel } = asker;
  if (answer.kind === "answer") {
    return isSent(answer) ? { kind: "delivered" } : ofAnswer(answer, channel);
  }
  if (!answer.sent) return ofFailure(answer, asker);
  const reason = `BlueBubbles did not answer for channel ${channel} after the text was sent: ${answer.code}. It may have arrived.`;
  return { kind: "ambiguous", reason };
}

/** With the message as Messages has it. */
function isSent({ status, envelope }: Answered): boolean {
  const { data } = envelope ?? {};
  return status === 200 && typeof data === "object" && data !== null && "guid" in data && data.guid !== null;
}

/** What helps where no Mac is reached. */
const ELSEWHERE = {
  direct: {
    refused:
      "Set an https address that is reached from here, or via: bridge and run bioagent bridge imessage on the Mac.",
    unreached: " What runs in the cloud reaches no Mac at home: set via: bridge.",
  },
  bridge: {
    refused: "Set an https address, or run the bridge on the Mac where BlueBubbles runs.",
    unreached: "",
  },
};

function ofFailure({ code, text }: Failed, { channel, via }: Asker): Refusal {
  const { refused, unreached } = ELSEWHERE[via];
  if (code === "url_refused") {
    const reason = `The url of channel ${channel} is refused: ${text}. ${refused}`;
    return { kind: "permanent", reason, disable: true };
  }
  const why = code === "private_address" ? text : code;
  const reason = `BlueBubbles was not reached for channel ${channel}: ${why}. Is its server running on the Mac, and the url right?${unreached}`;
  return { kind: "rejected", reason, after_seconds: null };
}

function ofAnswer(answer: Answered, channel: string): Delivery {
  const { status, envelope } = answer;
  if (status === 429) return tooFast(answer, channel);
  if (envelope === null) return ofStranger(answer, channel);
  if (status === 401) {
    const reason = `BlueBubbles answered 401${quoted(envelope)}: the password of channel ${channel} is wrong or was changed; set that of the server (BlueBubbles, API & Webhooks)`;
    return { kind: "permanent", reason, disable: true };
  }
  if (isInFlight(answer)) {
    const reason = `BlueBubbles is still sending this text for channel ${channel}. It is looked for before the next try.`;
    return { kind: "ambiguous", reason };
  }
  if (status >= 500 || status < 400) {
    const reason = `${said(answer)} for channel ${channel}${hint(envelope)}. It may have arrived.`;
    return { kind: "ambiguous", reason };
  }
  const reason = `${said(answer)}: check the chat and url of channel ${channel}`;
  return { kind: "permanent", reason, disable: false };
}

/** Not in BlueBubbles' form: a tunnel that is closed, a login page, a proxy before the server. */
function ofStranger(answer: Answered, channel: string): Delivery {
  const { status } = answer;
  if (status >= 500) {
    return { kind: "ambiguous", reason: `${said(answer)} for channel ${channel}. It may have arrived.` };
  }
  if (status >= 300 && status < 400) {
    const reason = `The url of channel ${channel} answered ${status}, a redirect, which is not followed: set the final address`;
    return { kind: "permanent", reason, disable: false };
  }
  const reason = `Not BlueBubbles, something else answered ${status} at the url of channel ${channel}. Is the tunnel open, and the url right?`;
  return { kind: "rejected", reason, after_seconds: null };
}

function tooFast(answer: Answered, channel: string): Delivery {
  const after = waitSeconds(answer.retryAfter, DEFAULT_WAIT);
  const reason = `${said(answer)}: too many requests for channel ${channel}; next try in ${after} s`;
  return { kind: "rejected", reason, after_seconds: after };
}

const said = ({ status, envelope }: Answered): string =>
  envelope === null
    ? `Something before BlueBubbles answered ${status}`
    : `BlueBubbles answered ${status}${quoted(envelope)}`;

/** Its own words: of AppleScript they can be long. The caller takes secrets out. */
function quoted({ message, error }: Envelope): string {
  const words = [message, error?.message].filter((text) => text !== undefined && text !== "").join(": ");
  return ` "${strangersWords(words)}"`;
}

/** What is known to help; none of these is certain enough to call the text not sent. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /-1743|not authori[sz]ed/i,
    "allow BlueBubbles to control Messages (System Settings, Privacy, Automation)",
  ],
  [/-1728|can.t get (?:chat|buddy)/i, "is there such a chat in Messages?"],
  // https://github.com/BlueBubblesApp/bluebubbles-server/issues/777
  [
    /-1700|service type/i,
    "on macOS 26 AppleScript takes no any; chats: use the Private API, or iMessage;-;...",
  ],
];

function hint({ error }: Envelope): string {
  const found = HINTS.find(([pattern]) => pattern.test(error?.message ?? ""));
  return found ? ` (${found[1]})` : "";
}
