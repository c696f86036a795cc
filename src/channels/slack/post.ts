import {
  IncomingWebhook,
  IncomingWebhookHTTPError,
  IncomingWebhookRequestError,
  type IncomingWebhookSendArguments,
} from "@slack/webhook";
import { type GuardedFetch, GuardedFetchError } from "../guarded-fetch.ts";

/** What came back of one post. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: string;
      /** The header, as it is. */
      readonly retryAfter: string | null;
    }
  | {
      readonly kind: "failure";
      readonly code: string;
      /** What the guard said; no part of the URL is in it. */
      readonly text: string;
      /** False when certainly nothing of the request has left this machine. */
      readonly sent: boolean;
    };

export interface Webhook {
  readonly url: string;
  readonly fetch: GuardedFetch;
  readonly timeoutMilliseconds: number;
}

/** Posts once, without retries. Never throws. */
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
    const options = { fetch: watched, timeout: webhook.timeoutMilliseconds, retryConfig: { retries: 0 } };
    const sending = new IncomingWebhook(webhook.url, options).send(payload);
    const { text } = await inTime(sending, webhook.timeoutMilliseconds + GRACE_MILLISECONDS);
    return { kind: "answer", ...seen, body: text };
  } catch (error) {
    if (error instanceof IncomingWebhookHTTPError) {
      return { kind: "answer", ...seen, status: error.statusCode, body: error.body };
    }
    return failureOf(error instanceof IncomingWebhookRequestError ? error.original : error);
  }
}

/** A fetch that heeds its signal ends before this does. */
const GRACE_MILLISECONDS = 250;

async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const expire = () => reject(new GuardedFetchError("no answer in time", "timeout", true));
    timer = setTimeout(expire, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Codes of another `fetch` that mean: no connection, so nothing was sent. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

function failureOf(error: unknown): Answer {
  if (error instanceof GuardedFetchError) {
    return { kind: "failure", code: error.code, text: error.message, sent: error.sent };
  }
  const code = codeOf(error);
  return { kind: "failure", code, text: "", sent: !NEVER_SENT.includes(code) };
}

/** The first code in the chain of causes: Node's own fetch hides it one level down. */
function codeOf(error: unknown): string {
  for (let it = error, depth = 0; it instanceof Error && depth < 5; it = it.cause, depth++) {
    if (it.name === "TimeoutError" || it.name === "AbortError") return "timeout";
    if ("code" in it && typeof it.code === "string") return it.code;
  }
  return "unknown";
}
