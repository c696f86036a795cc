import type { Delivery } from "../../ports.ts";
import { retryAfterSeconds } from "./pause.ts";
import type { Answer } from "./post.ts";

export interface Sent {
  /** The channel's name. */
  readonly name: string;
  /** Milliseconds. */
  readonly now: number;
  /** When to try again where the receiver does not say, seconds. */
  readonly pause: number;
}

/** Node's words for one that is not trusted, is over, or is another host's. */
const CERTIFICATE = /CERT|SIGNATURE/;

/**
 * What one attempt came to. Nothing is ambiguous here: an attempt that may have arrived is repeated under the same `webhook-id`, by
 * which receivers know it (Standard Webhooks), so it counts as not arrived, whatever the event. That may be wrong only of receivers
 * that do not look at the id.
 */
export function outcomeOf(answer: Answer, sent: Sent): Delivery {
  return answer.kind === "failure" ? ofFailure(answer, sent) : ofStatus(answer, sent);
}

function ofFailure(failure: Extract<Answer, { kind: "failure" }>, { name, pause }: Sent): Delivery {
  const { code, text, sent } = failure;
  if (code === "url_refused") {
    return {
      kind: "permanent",
      reason: `The url of channel ${name} is refused: ${text}. Set another.`,
      disable: true,
    };
  }
  if (!sent) {
    const why = code === "private_address" ? text : code;
    const advice = CERTIFICATE.test(code)
      ? "Mend its certificate, or set NODE_EXTRA_CA_CERTS to a file with the authority's that signed it."
      : "Check the network and the host in its url.";
    const reason = `The receiver of channel ${name} was not reached: ${why}. ${advice}`;
    return { kind: "rejected", reason, after_seconds: pause, alone: true };
  }
  const reason = `The receiver of channel ${name} did not answer after the notice was sent: ${code}. Let it answer 2xx before it does its work; the same webhook-id is sent again.`;
  return { kind: "rejected", reason, after_seconds: pause, alone: true };
}

/**
 * Only 2xx is a yes, and only 410 a no for ever; all else is tried again on the schedule, as Standard Webhooks ask: a receiver that is
 * being deployed or given its secret answers 404 or 401 for a while.
 */
function ofStatus({ status, retryAfter }: Extract<Answer, { kind: "answer" }>, sent: Sent): Delivery {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const said = `The receiver of channel ${sent.name} answered ${status}${remedyFor(status, sent.name)}`;
  if (status === 410) return { kind: "permanent", reason: said, disable: true };
  const asked = retryAfterSeconds(retryAfter, sent.now);
  const after_seconds = asked ?? sent.pause;
  const reason = `${said}. The same webhook-id is sent again in ${after_seconds} s`;
  return { kind: "rejected", reason, after_seconds, alone: asked === null };
}

function remedyFor(status: number, name: string): string {
  if (status < 400)
    return `, a redirect, which is not followed: set the url of channel ${name} to the final address`;
  switch (status) {
    case 408:
    case 425:
    case 429:
      return "";
    case 401:
    case 403:
      return `: does it know the secret of channel ${name}, and is its clock right to five minutes?`;
    case 404:
    case 405:
      return `: check the url of channel ${name}; it must take POST`;
    case 410:
      return `: it wants no more; set another url of channel ${name}, or remove the channel`;
    case 413:
      return ": it must take bodies of 20 kB";
    case 415:
      return ": it must take application/cloudevents+json";
    default:
      return ": see the receiver's own log for why it does not take the event";
  }
}
