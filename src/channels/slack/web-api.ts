import type { WebClientOptions } from "@slack/web-api";
import { type Failure, failureOf, inTime } from "../failure.ts";
import type { GuardedFetch } from "../guarded-fetch.ts";

export type Method = "chat.postMessage" | "chat.update" | "auth.test";

/** What came back of one call. */
export type ApiAnswer =
  | {
      readonly kind: "ok";
      /** The channel's ID and the message's timestamp, which is its name. */
      readonly channel: string | null;
      readonly ts: string | null;
      /** The bot's name, of `auth.test`. */
      readonly user: string | null;
    }
  | {
      readonly kind: "error";
      readonly status: number;
      /** Slack's word, such as `not_in_channel`, or a stranger's page. */
      readonly word: string;
      /** The scope that is missing. */
      readonly needed: string | null;
      /** The header, as it is. */
      readonly retryAfter: string | null;
    }
  | Failure;

export interface WebApi {
  /** A secret. */
  readonly token: string;
  /** Slack's own when not given. */
  readonly url: string | undefined;
  readonly fetch: GuardedFetch;
  readonly timeoutMilliseconds: number;
}

/** The package prints what it meets; what matters stands in the delivery's reason. */
const SILENT: NonNullable<WebClientOptions["logger"]> = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => "error" as ReturnType<NonNullable<WebClientOptions["logger"]>["getLevel"]>,
  setName: () => {},
};

/** Calls once, without retries (the package's own are ten in half an hour). Loads it at the first call. Never throws. */
export async function call(
  api: WebApi,
  method: Method,
  payload: Record<string, unknown> = {},
): Promise<ApiAnswer> {
  const seen: { status: number; retryAfter: string | null } = { status: 200, retryAfter: null };
  // The package makes a network error of a redirect, and of a 429 whose Retry-After it cannot read.
  const watched = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const response = await api.fetch(url, { ...init, redirect: "manual" });
    seen.status = response.status;
    seen.retryAfter = response.headers.get("retry-after");
    return response;
  };
  try {
    const { WebClient } = await import("./web-client.ts");
    const client = new WebClient(api.token, {
      ...(api.url === undefined ? {} : { slackApiUrl: api.url }),
      fetch: watched as typeof fetch,
      timeout: api.timeoutMilliseconds,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      logger: SILENT,
    });
    const result: Record<string, unknown> = {
      ...(await inTime(client.apiCall(method, payload), api.timeoutMilliseconds)),
    };
    const { channel, ts, user } = result;
    return { kind: "ok", channel: textOf(channel), ts: textOf(ts), user: textOf(user) };
  } catch (error) {
    return answerIn(error, seen);
  }
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

function answerIn(error: unknown, seen: { status: number; retryAfter: string | null }): ApiAnswer {
  const thrown = error as { code?: unknown; data?: unknown; body?: unknown; original?: unknown };
  if (seen.status === 429) return { kind: "error", ...seen, word: "ratelimited", needed: null };
  if (thrown.code === "slack_webapi_platform_error") return { kind: "error", ...seen, ...said(thrown.data) };
  if (thrown.code === "slack_webapi_http_error") return { kind: "error", ...seen, ...said(thrown.body) };
  return failureOf(thrown.code === "slack_webapi_request_error" ? thrown.original : error);
}

/** Of `{ ok: false, error, needed }`, or of a page that is no such thing. */
function said(body: unknown): { word: string; needed: string | null } {
  if (typeof body !== "object" || body === null) return { word: textOf(body) ?? "", needed: null };
  const { error, needed } = body as { error?: unknown; needed?: unknown };
  return { word: textOf(error) ?? "", needed: textOf(needed) };
}
