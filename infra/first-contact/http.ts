import { ContactError } from "./contact-error.ts";
import type { Credentials } from "./credentials.ts";

/** A question and its answer, as they went over the wire; without credentials. */
export interface Answer {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** HTTP. */
  readonly status: number;
  /** JSON where it is JSON, else text. */
  readonly body: unknown;
  readonly milliseconds: number;
}

export interface Ask {
  readonly base: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Http = (ask: Ask) => Promise<Answer>;

const TIMEOUT = 60_000;
const TRIES = 4;

export const isOk = ({ status }: Answer): boolean => status >= 200 && status < 300;

/**
 * Asks with `fetch`; whatever comes back is an answer. GET and DELETE are asked again after 429 and 503, and when nothing came
 * back. Credentials go to https only.
 */
export function createHttp(credentials: Credentials, signal: AbortSignal): Http {
  return async (ask) => {
    const url = new URL(`${ask.base}${ask.path}`);
    for (const [name, value] of Object.entries(ask.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const safe = ask.method === "GET" || ask.method === "DELETE";
    for (let tried = 1; ; tried += 1) {
      signal.throwIfAborted();
      const answer = await once(url, ask, credentials, signal).catch((error: unknown) => {
        if (signal.aborted || error instanceof ContactError || !safe || tried >= TRIES)
          throw unanswered(url, ask, error, signal);
        return null;
      });
      if (answer && !(safe && tried < TRIES && (answer.status === 429 || answer.status === 503)))
        return answer;
      await pause(500 * 2 ** tried, signal);
    }
  };
}

async function once(url: URL, ask: Ask, credentials: Credentials, signal: AbortSignal): Promise<Answer> {
  const who = url.protocol === "https:" ? await credentials() : {};
  const isJson = ask.body !== undefined && typeof ask.body !== "string";
  const started = performance.now();
  const response = await fetch(url, {
    method: ask.method,
    headers: {
      ...(isJson ? { "content-type": "application/json" } : {}),
      ...who,
      ...ask.headers,
    },
    ...(ask.body === undefined ? {} : { body: isJson ? JSON.stringify(ask.body) : (ask.body as string) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
  });
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  return {
    method: ask.method,
    path: `${url.pathname}${url.search}`,
    status: response.status,
    body: parsed(text),
    milliseconds,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unanswered(url: URL, ask: Ask, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof ContactError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ContactError(
    `${ask.method} ${url.origin}${url.pathname} was not answered: ${why}. Look at the network and the endpoint.`,
    { cause: error },
  );
}

/** Waits; ends at once, with the signal's reason, when it is over. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
