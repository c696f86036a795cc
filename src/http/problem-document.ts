import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { Conflict, InvalidRequest, NotFound, TooMany } from "../app/deps.ts";
import { AdapterError } from "../ports.ts";
import { answer, type HttpResponse } from "./message.ts";

/** An error as RFC 9457 has it. `problems` are all that is wrong with a request, each with its place. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
}

/** What the HTTP face itself refuses. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A request may carry thousands of wrong rows; so many are named, and the rest counted. */
const MOST_PROBLEMS = 100;

/**
 * The answer to a request that failed. What is nobody's fault outside gives an id, and its words go to `warn` only:
 * an answer shows no internals.
 */
export function problemResponse(error: unknown, warn: (text: string) => void, what: string): HttpResponse {
  if (error instanceof HttpError) return problem(error.status, error.message, { headers: error.headers });
  if (error instanceof InvalidRequest) return invalid(error);
  if (error instanceof NotFound) return problem(404, error.message);
  if (error instanceof Conflict) return problem(409, error.message);
  if (error instanceof TooMany)
    return problem(429, error.message, { headers: { "retry-after": String(error.afterSeconds) } });
  if (error instanceof AdapterError && error.code === "bad_cursor")
    return invalid(new InvalidRequest([{ path: "cursor", message: error.message }]));
  return internal(error, warn, what);
}

function invalid({ problems }: InvalidRequest): HttpResponse {
  const shown = problems.slice(0, MOST_PROBLEMS);
  const left = problems.length - shown.length;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const detail = `The request has ${count}${left > 0 ? `, of which the first ${shown.length} are named` : ""}; nothing was changed.`;
  return problem(400, detail, { problems: shown });
}

function internal(error: unknown, warn: (text: string) => void, what: string): HttpResponse {
  const id = randomUUID();
  const away = error instanceof AdapterError && error.retryable;
  warn(`request ${id} failed: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  if (!away)
    return problem(500, `The request failed inside the server; its log tells more under the id ${id}.`);
  const detail = `Something that the server needs is not available now; try again. Its log tells more under the id ${id}.`;
  return problem(503, detail, { headers: { "retry-after": "5" } });
}

function problem(
  status: number,
  detail: string,
  more: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly problems?: ProblemDocument["problems"];
  } = {},
): HttpResponse {
  const document: ProblemDocument = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    ...(more.problems ? { problems: more.problems } : {}),
  };
  return answer(status, "application/problem+json; charset=utf-8", JSON.stringify(document), more.headers);
}
