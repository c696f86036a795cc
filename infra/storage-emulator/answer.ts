import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ApiError, envelope } from "./api-error.ts";
import type { Answer } from "./call.ts";
import type { Cut } from "./fault-effects.ts";
import { selectFields } from "./fields.ts";

/** Sends an answer; whatever of the request nobody read is read away, so that the connection can be used again. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fields: string | null,
): Promise<void> {
  request.resume();
  const { body } = answer;
  if (body instanceof Readable) {
    response.writeHead(answer.status, answer.headers);
    await pipeline(body, response);
    return;
  }
  const bytes = textOf(answer, fields);
  response.writeHead(answer.status, headersOf(answer, bytes));
  response.end(bytes);
}

function headersOf({ body, headers }: Answer, bytes: string): Record<string, string> {
  const type = { "content-type": "application/json; charset=UTF-8" };
  const length = { "content-length": String(Buffer.byteLength(bytes)) };
  return { ...(typeof body === "object" ? type : {}), ...(body === undefined ? {} : length), ...headers };
}

const textOf = ({ body, status }: Answer, fields: string | null): string =>
  typeof body === "object" ? JSON.stringify(status < 400 ? selectFields(body, fields) : body) : (body ?? "");

/** What an error is on the wire: the envelope, or a plain sentence where bytes of an object were asked for. */
export function errorAnswer(error: unknown, isMedia: boolean): Answer {
  const said = apiErrorOf(error);
  const after = (error as { retryAfter?: number }).retryAfter;
  const headers = after === undefined ? {} : { "retry-after": String(after) };
  if (said.status === 304) return { status: 304 };
  if (isMedia)
    return { status: said.status, headers: { ...headers, "content-type": "text/html" }, body: said.message };
  return { status: said.status, headers, body: envelope(said) as object };
}

function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof SyntaxError) return new ApiError(400, "parseError", `Parse Error: ${error.message}`);
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, "backendError", `The storage emulator failed: ${message}`);
}

/** Breaks the connection, after so many bytes of the answer where there is one. */
export async function cut(response: ServerResponse, { answer, bytes }: Cut): Promise<void> {
  if (answer && bytes > 0) {
    const whole =
      answer.body instanceof Readable ? answer.body : Readable.from([Buffer.from(textOf(answer, null))]);
    response.writeHead(answer.status, { "content-length": String(2 ** 40), ...answer.headers });
    await pipeline(first(whole, bytes), async (chunks) => {
      for await (const chunk of chunks) await new Promise((done) => response.write(chunk, done));
    });
  } else if (answer?.body instanceof Readable) answer.body.destroy();
  response.destroy();
}

async function* first(stream: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of stream) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}
