import type { Channel, Delivery } from "../../ports.ts";
import { type GuardedFetch, guardedFetch } from "../guarded-fetch.ts";
import { redactor } from "../redact.ts";
import { hide, inReadableForm } from "./forms.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type SlackPayload, slackPayload } from "./payload.ts";
import { post } from "./post.ts";

export interface SlackWebhookOptions {
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
export function openSlackWebhook(options: SlackWebhookOptions): Channel {
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
    deliver: async (message) =>
      hide(await inReadableForm<Delivery>(send, slackPayload(message), options.name), redact),
  };
}
