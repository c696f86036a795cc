import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

const SENT_TYPE = "x-bioagent-sent-content-type";
const OPAQUE = "application/octet-stream";

/**
 * Keeps functions-framework from parsing bodies before us: it would answer malformed JSON with a page of HTML, and print
 * the whole body, which may be private, to the log. To it every body is bytes; `sentHeaders` gives the true type back.
 */
export function leaveBodiesUnparsed(): void {
  // https://nodejs.org/api/diagnostics_channel.html#http: told before any listener of the server sees the request.
  subscribe("http.server.request.start", (told) => {
    const { headers } = (told as { request: IncomingMessage }).request;
    delete headers[SENT_TYPE];
    if (headers["content-type"] === undefined) return;
    headers[SENT_TYPE] = headers["content-type"];
    headers["content-type"] = OPAQUE;
  });
}

/** The headers as they were sent. */
export function sentHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { [SENT_TYPE]: type, ...sent } = headers;
  return type === undefined ? sent : { ...sent, "content-type": type };
}
