import type { Channel, Delivery, Message } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import { type GuardedFetch, guardedFetch } from "../guarded-fetch.ts";
import { redactor } from "../redact.ts";
import { cloudEvent, DEFAULT_SOURCE } from "./cloud-event.ts";
import type { WebhookConfig } from "./config.ts";
import { outcomeOf } from "./outcome.ts";
import { pauseAfter } from "./pause.ts";
import { post } from "./post.ts";
import { previewWebhook } from "./preview.ts";
import { signatures } from "./signature.ts";

export interface WebhookOptions {
  readonly name: string;
  /** A secret, as far as its path and query go. */
  readonly url: string;
  /** The new one first. */
  readonly secrets: readonly string[];
  readonly source?: string | undefined;
  /** The guarded one by default. */
  readonly fetch?: GuardedFetch | undefined;
  readonly timeoutMilliseconds?: number | undefined;
  readonly allowPrivateUrls?: boolean | undefined;
  /** Milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** Between the 15 and 30 s that Standard Webhooks proposes, and well within the outbox's claim. */
const TIMEOUT_MILLISECONDS = 15_000;

export function openWebhook(name: string, config: WebhookConfig, deps: ChannelDeps): Channel {
  const { url, secret, previous_secret, source } = config;
  return openSignedWebhook({
    name,
    url,
    secrets: [secret, ...(previous_secret === undefined ? [] : [previous_secret])],
    source,
    fetch: deps.fetch,
    allowPrivateUrls: deps.allowPrivateUrls,
  });
}

/** CloudEvents 1.0, signed as Standard Webhooks 1.0.0. Its one recipient is named after the channel. */
export function openSignedWebhook(options: WebhookOptions): Channel {
  const { name, url, secrets } = options;
  const redact = redactor([url, ...secrets]);
  return {
    name,
    kind: "webhook",
    recipients: [name],
    paceMilliseconds: 0,
    preview: (message) => previewWebhook(message, { source: options.source }),
    deliver: async (message: Message): Promise<Delivery> => {
      const delivery = await deliver({ ...options, fetch: fetchOf(options) }, message);
      return delivery.kind === "delivered" ? delivery : { ...delivery, reason: redact(delivery.reason) };
    },
  };
}

const fetchOf = ({ fetch, allowPrivateUrls, timeoutMilliseconds }: WebhookOptions): GuardedFetch =>
  fetch ??
  guardedFetch({
    allowPrivateUrls: allowPrivateUrls ?? false,
    timeoutMilliseconds: timeoutMilliseconds ?? TIMEOUT_MILLISECONDS,
    headOnly: true,
  });

async function deliver(
  options: WebhookOptions & { readonly fetch: GuardedFetch },
  message: Message,
): Promise<Delivery> {
  const { name, url, secrets, source = DEFAULT_SOURCE, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = options;
  const now = (options.now ?? Date.now)();
  const event = cloudEvent(message, { source, time: message.created_at });
  const body = JSON.stringify(event);
  const timestamp = Math.floor(now / 1000);
  const headers = {
    "content-type": "application/cloudevents+json; charset=utf-8",
    "user-agent": "BioAgent",
    "webhook-id": event.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures({ id: event.id, timestamp, body }, secrets),
  };
  const answer = await post(options.fetch, { url, headers, body, timeoutMilliseconds });
  return outcomeOf(answer, { name, now, pause: pauseAfter(message.tries, chanceOf(event.id)) });
}

/** The same notice waits alike; others spread. */
const chanceOf = (id: string): number => Number.parseInt(id.slice(-2), 16) / 255;
