import type { IncomingWebhookSendArguments } from "@slack/webhook";
import { type Failure, failureOf, inTime } from "../failure.ts";
import type { GuardedFetch } from "../guarded-fetch.ts";

/** What came back of one post. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: string;
      /** The header, as it is. */
      readonly retryAfter: string | null;
    }
  | Failure;

export interface Webhook {
  readonly url: string;
  readonly fetch: GuardedFetch;
  readonly timeoutMilliseconds: number;
}

/** Posts once, without retries. Loads the package at the first post. Never throws. */
export async function post(webhook: Webhook, payload: IncomingWebhookSendArguments): Promise<Answer> {
  const seen: { status: number; retryAfter: string | null } = { status: 200, retryAfter: null };
  // The package shows no headers and calls a redirect a network error, so both are looked at here.
  const watched = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const response = await webhook.fetch(url, { ...init, redirect: "manual" });
    seen.status = response.status;
    seen.retryAfter = response.headers.get("retry-after");
    return response;
  };
  try {
    const { IncomingWebhook } = await import("./incoming-webhook.ts");
    const options = { fetch: watched, timeout: webhook.timeoutMilliseconds, retryConfig: { retries: 0 } };
    const sending = new IncomingWebhook(webhook.url, options).send(payload);
    const { text } = await inTime(sending, webhook.timeoutMilliseconds);
    return { kind: "answer", ...seen, body: text };
  } catch (error) {
    const thrown = error as { code?: unknown; statusCode?: number; body?: string; original?: unknown };
    if (thrown.code === "slack_webhook_http_error") {
      return { kind: "answer", ...seen, status: thrown.statusCode ?? seen.status, body: thrown.body ?? "" };
    }
    return failureOf(thrown.code === "slack_webhook_request_error" ? thrown.original : error);
  }
}
