import type { IncomingMessage } from "node:http";
import { ApiError } from "../model.ts";

const MOST_BYTES = 4 * 1024 * 1024;

/** The request's JSON; an empty body is an empty object. Throws an `ApiError` (400). */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new ApiError(3, `the body is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw new ApiError(3, `the body is not JSON: ${(error as Error).message}`);
  }
}
