import { z } from "zod";
import { Conflict, InvalidRequest, NotFound, TooMany } from "../../app/deps.ts";
import { sleep as realSleep } from "../../app/sleep.ts";
import { AdapterError } from "../../ports.ts";
import type { Identity } from "./identity.ts";

export interface ApiClientParts {
  /** `https://api-abc123.a.run.app`; a path in it stays before `/v1`. */
  readonly url: string;
  readonly identity: Identity;
  readonly fetch?: typeof fetch;
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The deployed API. Errors are those of the use cases themselves, as if they had been made here. */
export interface ApiClient {
  get(path: string, query?: Query): Promise<unknown>;
  text(path: string, query?: Query): Promise<string>;
  /** With `key`, the same request may be sent again without doing it twice. */
  post(path: string, body: unknown, key?: string): Promise<unknown>;
}

const TIMEOUT = 60_000;
/** Pauses before another try, milliseconds. */
const PAUSES = [500, 2000];
const PASSING = new Set([429, 502, 503, 504]);

interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly init: RequestInit;
  readonly repeatable: boolean;
}

export function openApiClient(parts: ApiClientParts): ApiClient {
  const { identity, fetch = globalThis.fetch, sleep = realSleep } = parts;
  const base = parts.url.replace(/\/$/, "");
  const host = new URL(base).host;

  const once = async ({ method, path, init }: Asked): Promise<Response> => {
    const token = await identity();
    try {
      return await fetch(`${base}${path}`, {
        ...init,
        method,
        headers: { ...init.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch (error) {
      throw new AdapterError(
        `${method} ${path.split("?")[0]} at ${host}: ${sayFailure(error)}; is BIOAGENT_URL right, and is the service there?`,
        { code: "no_connection", retryable: true, cause: error },
      );
    }
  };

  const send = async (asked: Asked): Promise<Response> => {
    for (let tries = 0; ; tries++) {
      const pauseNow = asked.repeatable ? PAUSES[tries] : undefined;
      try {
        const answer = await once(asked);
        if (answer.ok) return answer;
        if (pauseNow === undefined || !PASSING.has(answer.status) || (await isCap(answer)))
          throw await errorOf(answer, asked, host);
      } catch (error) {
        const passes = error instanceof AdapterError && error.code === "no_connection";
        if (!passes || pauseNow === undefined) throw error;
      }
      await sleep(pauseNow);
    }
  };

  const read = (path: string, query: Query): Asked => ({
    method: "GET",
    path: path + queryText(query),
    init: {},
    repeatable: true,
  });
  return {
    get: async (path, query = {}) => jsonOf(await send(read(path, query)), host),
    text: async (path, query = {}) => (await send(read(path, query))).text(),
    async post(path, body, key) {
      const headers = { "content-type": "application/json", ...(key ? { "idempotency-key": key } : {}) };
      const init = { headers, body: JSON.stringify(body) };
      const answer = await send({ method: "POST", path, init, repeatable: key !== undefined });
      return jsonOf(answer, host);
    },
  };
}

/** A page with status 200 is a proxy's or another service's. */
async function jsonOf(answer: Response, host: string): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AdapterError(
      `${host} answered something that is no JSON; BIOAGENT_URL is the address of the function api`,
      { code: "bad_answer", retryable: false, cause },
    );
  }
}

function queryText(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) for (const each of [value].flat()) search.append(name, String(each));
  return search.size === 0 ? "" : `?${search}`;
}

/** A cap per hour does not pass while somebody waits; one of the platform does. */
const isCap = async (answer: Response): Promise<boolean> =>
  answer.status === 429 && (await problemOf(answer.clone())) !== null;

const ProblemBody = z.object({
  detail: z.string(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

async function problemOf(answer: Response): Promise<z.infer<typeof ProblemBody> | null> {
  if (!answer.headers.get("content-type")?.includes("json")) return null;
  const body = ProblemBody.safeParse(await answer.json().catch(() => null));
  return body.success ? body.data : null;
}

/** What BioAgent's own API says is passed on; what Cloud Run or a proxy says is put into words. */
async function errorOf(answer: Response, { method, path }: Asked, host: string): Promise<Error> {
  const { status } = answer;
  const said = await problemOf(answer);
  if (said) {
    if (status === 400) return new InvalidRequest(said.problems ?? [{ path: "", message: said.detail }]);
    if (status === 404) return new NotFound(said.detail);
    if (status === 409) return new Conflict(said.detail);
    if (status === 429) return new TooMany(said.detail, Number(answer.headers.get("retry-after") ?? 60));
  }
  const what = `${method} ${path.split("?")[0]} at ${host}`;
  return new AdapterError(`${what}: ${said?.detail ?? wordsFor(status)}`, {
    code: `http_${status}`,
    retryable: status === 429 || status >= 500,
  });
}

function wordsFor(status: number): string {
  switch (status) {
    case 401:
      return "the token is not accepted (401); log in again with gcloud auth login, or set BIOAGENT_TOKEN";
    case 403:
      return "not allowed (403); your account needs roles/run.invoker on the function api";
    case 404:
      return "there is no BioAgent API at this address (404); BIOAGENT_URL is the address of the function api";
    case 429:
      return "the service has more requests than it takes now (429); try again in a moment";
    default:
      return status >= 500
        ? `the service failed (${status}); its log tells more, and the same command may be tried again`
        : `answered ${status}`;
  }
}

function sayFailure(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer in ${TIMEOUT / 1000} s`;
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return `no connection (${cause?.code ?? (cause?.message || "unknown error")})`;
}
