import type { Octokit } from "@octokit/core";
import { inTime } from "../failure.ts";
import { type GuardedFetch, GuardedFetchError } from "../guarded-fetch.ts";

/** What came back of one request. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Parsed JSON; text where it is none. */
      readonly data: unknown;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "failure";
      readonly code: string;
      /** What the guard said; no part of the URL is in it. */
      readonly text: string;
      /** False when certainly nothing of the request has left this machine. */
      readonly sent: boolean;
    };

export interface Connection {
  readonly apiUrl: string;
  readonly token: string;
  readonly fetch: GuardedFetch;
  /** Between two requests that write, milliseconds; GitHub asks for a second. */
  readonly writeGapMilliseconds: number;
}

export type Ask = (
  route: string,
  parameters: Readonly<Record<string, unknown>>,
  milliseconds: number,
  /** It is read to be written: the pause before a write is made before the look, so that none lies between the two. */
  beforeWrite?: boolean,
) => Promise<Answer>;

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Asks GitHub, once each, without retries. Never throws. The client is loaded at the first request. */
export function connect(connection: Connection): Ask {
  let octokit: Promise<Octokit> | undefined;
  let nextWriteAt = 0;
  return async (route, parameters, milliseconds, beforeWrite = false) => {
    octokit ??= load(connection);
    if (beforeWrite || !route.startsWith("GET ")) {
      const wait = nextWriteAt - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    }
    try {
      return await ask(await octokit, route, parameters, milliseconds);
    } finally {
      if (!route.startsWith("GET ")) nextWriteAt = performance.now() + connection.writeGapMilliseconds;
    }
  };
}

async function load({ apiUrl, token, fetch }: Connection): Promise<Octokit> {
  const { Octokit } = await import("@octokit/core");
  return new Octokit({
    auth: token.trim(),
    baseUrl: apiUrl.replace(/\/+$/, ""),
    userAgent: "bioagent",
    log: SILENT,
    request: { fetch, log: SILENT, redirect: "manual" },
  });
}

async function ask(
  octokit: Octokit,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
  milliseconds: number,
): Promise<Answer> {
  const stop = new AbortController();
  try {
    const headers = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
    const asking = octokit.request(route, { ...parameters, headers, request: { signal: stop.signal } });
    const { status, data, headers: received } = await inTime(asking, milliseconds);
    return { kind: "answer", status, data, headers: textual(received) };
  } catch (error) {
    stop.abort();
    return answerIn(error) ?? failureOf(error);
  }
}

const textual = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** Octokit throws answers of 400 and more. */
function answerIn(error: unknown): Answer | null {
  if (!(error instanceof Error) || !("response" in error)) return null;
  const { response } = error;
  if (typeof response !== "object" || response === null || !("status" in response)) return null;
  const data = "data" in response ? response.data : "";
  const headers =
    "headers" in response && typeof response.headers === "object" ? (response.headers ?? {}) : {};
  return { kind: "answer", status: Number(response.status), data, headers: textual(headers) };
}

/** Codes of another `fetch` that mean: no connection, so nothing was sent. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "ERR_INVALID_CHAR"];

/** The guard's own error, or the first code in the chain of causes; other words may hold the token. */
function failureOf(error: unknown): Answer {
  for (let it = error, depth = 0; it instanceof Error && depth < 5; it = it.cause, depth++) {
    if (it instanceof GuardedFetchError)
      return { kind: "failure", code: it.code, text: it.message, sent: it.sent };
    if (it.name === "TimeoutError" || it.name === "AbortError") return failure("timeout", true);
    if ("code" in it && typeof it.code === "string" && /^[A-Z_]{2,40}$/.test(it.code))
      return failure(it.code, !NEVER_SENT.includes(it.code));
  }
  return failure("unknown", true);
}

const failure = (code: string, sent: boolean): Answer => ({ kind: "failure", code, text: code, sent });
