import { createHash } from "node:crypto";
import type { Storage } from "@google-cloud/storage";
import { AdapterError } from "../../ports.ts";
import { type ObjectPlace, uriOf } from "./address.ts";

interface Options {
  readonly maxBytes: number;
  /** Exactly this one; whichever there is when it is left out. */
  readonly generation?: string;
}

export interface Downloaded {
  readonly bytes: Buffer;
  readonly generation: string;
}

/**
 * An object's bytes with the client's credentials, but by `fetch`: `File.createReadStream` of @google-cloud/storage 8.4 throws
 * outside of its stream when it is stopped, warns of leaks above 0.5 MiB, and `File.download` tells no generation.
 * Throws what `cloudError` reads.
 */
export async function download(storage: Storage, place: ObjectPlace, options: Options): Promise<Downloaded> {
  const { maxBytes, generation } = options;
  const { bucket, name } = place;
  const query = new URLSearchParams({ alt: "media", ...(generation === undefined ? {} : { generation }) });
  const url = `${storage.apiEndpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?${query}`;
  const headers = storage.customEndpoint ? {} : await storage.authClient.getRequestHeaders(url);
  try {
    const response = await fetch(url, { headers });
    if (!response.ok) throw await refusal(response);
    const bytes = await bytesOf(response, place, maxBytes);
    checkMd5(response, bytes);
    return { bytes, generation: response.headers.get("x-goog-generation") ?? "" };
  } catch (error) {
    // `fetch` says "fetch failed", and why in the cause.
    throw error instanceof TypeError && error.cause ? error.cause : error;
  }
}

async function bytesOf(response: Response, place: ObjectPlace, maxBytes: number): Promise<Buffer> {
  if (Number(response.headers.get("x-goog-stored-content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(place, maxBytes);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length; // what was stored compressed grows on its way
    if (size > maxBytes) throw tooLarge(place, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (place: ObjectPlace, maxBytes: number): AdapterError =>
  new AdapterError(
    `reading ${uriOf(place)}: it is larger than ${maxBytes / 2 ** 20} MiB, the most that is read here. Is it the right file?`,
    { code: "too_large", retryable: false },
  );

/** The status, and the provider's words, which are no JSON where an object's bytes were asked for. */
async function refusal(response: Response): Promise<Error> {
  const text = await response.text();
  return Object.assign(new Error(messageIn(text) || response.statusText), { status: response.status });
}

function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { error: { message: unknown } }).error.message);
  } catch {
    return text;
  }
}

/** What was compressed for storing comes decompressed, and the sum is of the other form. */
function checkMd5({ headers }: Response, bytes: Buffer): void {
  const told = /md5=([^,\s]+)/.exec(headers.get("x-goog-hash") ?? "")?.[1];
  if (told === undefined || headers.get("x-goog-stored-content-encoding") !== "identity") return;
  if (createHash("md5").update(bytes).digest("base64") === told) return;
  throw Object.assign(new Error("the content does not have the checksum that it should have"), {
    status: 503,
  });
}
