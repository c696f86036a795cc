/** A request and its answer without any transport: node:http, functions-framework and tests all make these. */

export interface HttpRequest {
  readonly method: string;
  /** Without the query, as it was sent: still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Who asks, as the transport has verified; null where nobody was asked. */
  readonly caller: string | null;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Bytes of a body that are read at all. A transport hands on one byte more, and no further, of a longer one. */
export const MOST_BODY_BYTES = 10 * 2 ** 20;

/** On every answer: nothing is sniffed, kept, framed or loaded from it. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
};

export const answer = (
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({ status, headers: { ...SECURITY_HEADERS, "content-type": type, ...headers }, body });

export const json = (
  status: number,
  value: unknown,
  headers?: Readonly<Record<string, string>>,
): HttpResponse => answer(status, "application/json; charset=utf-8", JSON.stringify(value), headers);

export const text = (body: string): HttpResponse => answer(200, "text/plain; charset=utf-8", body);

/** Done, and nothing to say. */
export const nothing = (): HttpResponse => ({ status: 204, headers: SECURITY_HEADERS, body: "" });
