import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type HttpRequest, type HttpResponse, MOST_BODY_BYTES } from "./message.ts";

/** Headers with one value each; of those that came twice node has already joined the values. */
export const plainHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );

/** Path, still encoded, and query of a request's target. */
export function splitTarget(target: string): Pick<HttpRequest, "path" | "query"> {
  const at = target.indexOf("?");
  return {
    path: at === -1 ? target : target.slice(0, at),
    query: new URLSearchParams(at === -1 ? "" : target.slice(at + 1)),
  };
}

/** Bytes of a refused body that are taken off the line, so that its sender hears the answer instead of a reset. */
const MOST_DISCARDED = 128 * 2 ** 20;

/**
 * The body, of which no more is kept than one byte over the limit: enough to see that it is too long. Null when the
 * sender went away, or goes on beyond all bounds.
 */
export async function readBytes(message: IncomingMessage): Promise<Uint8Array | null> {
  const kept: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      const room = MOST_BODY_BYTES + 1 - size;
      if (room > 0) kept.push(room < chunk.length ? chunk.subarray(0, room) : chunk);
      size += chunk.length;
      if (size > MOST_DISCARDED) return null;
    }
  } catch {
    // The connection broke: there is nobody to answer.
    return null;
  }
  return Buffer.concat(kept);
}

export function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
