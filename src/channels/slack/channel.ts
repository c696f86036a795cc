import type { Channel, Delivery, Message } from "../../ports.ts";
import { type GuardedFetch, guardedFetch } from "../guarded-fetch.ts";
import { redactor } from "../redact.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { plainPayload, type SlackPayload, slackPayload } from "./payload.ts";
import { post } from "./post.ts";

export interface SlackOptions {
  readonly name: string;
  /** A secret: whoever knows it may post. */
  readonly webhookUrl: string;
  /** The guarded one by default. */
  readonly fetch?: GuardedFetch | undefined;
  /** Of one post; a delivery makes at most two. */
  readonly timeoutMilliseconds?: number | undefined;
  readonly allowPrivateUrls?: boolean | undefined;
}

/** Slack takes one message a second from a webhook, and switches off one that floods it. */
const PACE_MILLISECONDS = 1_000;

/** An incoming webhook. It cannot update or thread a message; each notice is its own. */
export function openSlack(options: SlackOptions): Channel {
  const redact = redactor([options.webhookUrl]);
  const webhook = {
    url: options.webhookUrl,
    fetch: options.fetch ?? guardedFetch({ allowPrivateUrls: options.allowPrivateUrls ?? false }),
    timeoutMilliseconds: options.timeoutMilliseconds ?? 10_000,
  };
  const send = async (payload: SlackPayload): Promise<Outcome> =>
    outcomeOf(await post(webhook, payload), options.name);
  return {
    name: options.name,
    kind: "slack",
    recipients: [options.name],
    paceMilliseconds: PACE_MILLISECONDS,
    deliver: async (message) => hide(await deliver(send, message, options.name), redact),
  };
}

/** Once with blocks; once more as plain text when Slack refused the form, since then nothing was posted. */
async function deliver(
  send: (payload: SlackPayload) => Promise<Outcome>,
  message: Message,
  name: string,
): Promise<Delivery> {
  const payload = slackPayload(message);
  const first = await send(payload);
  if (first.kind !== "unreadable") return first;
  const second = await send(plainPayload(payload));
  if (second.kind !== "unreadable") return second;
  const reason = `${first.reason} to the notice, and to the same as plain text, on channel ${name}: a fault of BioAgent; please report it`;
  return { kind: "permanent", reason, disable: false };
}

const hide = (delivery: Delivery, redact: (text: string) => string): Delivery =>
  delivery.kind === "delivered" ? delivery : { ...delivery, reason: redact(delivery.reason) };
