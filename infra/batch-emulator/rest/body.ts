import type { IncomingMessage } from "node:http";
import { ApiError } from "../model.ts";
import { badRequest } from "../validate/violation.ts";
import { type JsonMistake, jsonMistake } from "./json-mistake.ts";

/** Google's front end takes no more. */
const MAX_BYTES = 10_485_760;

/** A request's body as JSON; `{}` when there is none. Throws INVALID_ARGUMENT in the words of Google's front end. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What is beyond the limit is read, so that the client gets to the answer, but not kept.
    if (bytes <= MAX_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BYTES) throw new ApiError(3, `Request payload size exceeds the limit: ${MAX_BYTES} bytes.`);
  const text = Buffer.concat(chunks).toString();
  return text.trim() === "" ? {} : parseBody(text);
}

function parseBody(text: string): unknown {
  const value = parsed(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw payloadError('Unknown name "": Root element must be a message.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw payloadError(syntaxText(text, jsonMistake(text)));
  }
}

/** What is wrong, then the line with a mark under the place, as Google's parser prints it. */
function syntaxText(text: string, { at, what }: JsonMistake): string {
  const start = Math.max(text.lastIndexOf("\n", at - 1) + 1, at - 40);
  const [line] = text.slice(start, at + 40).split("\n");
  return `${what}\n${line}\n${" ".repeat(at - start)}^`;
}

const payloadError = (what: string): ApiError =>
  badRequest([{ field: "", description: `Invalid JSON payload received. ${what}` }]);
