import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** One request, its path already understood. */
export interface Call {
  /** As the service's own method names are: `objects.insert`. */
  readonly operation: Operation;
  readonly method: string;
  /** Empty where the operation has none. */
  readonly bucket: string;
  readonly object: string;
  /** Where a copy goes. */
  readonly target: { readonly bucket: string; readonly object: string } | null;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  /** `http://host:port`, as the caller knows this server. */
  readonly url: string;
}

export type Operation =
  | "buckets.list"
  | "buckets.insert"
  | "buckets.get"
  | "buckets.delete"
  | "buckets.getStorageLayout"
  | "buckets.testIamPermissions"
  | "objects.list"
  | "objects.insert"
  | "objects.get"
  | "objects.media"
  | "objects.patch"
  | "objects.update"
  | "objects.delete"
  | "objects.compose"
  | "objects.copy"
  | "objects.rewrite"
  | "uploads.start"
  | "uploads.continue"
  | "uploads.cancel"
  | "control";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, cut down to what `fields` asks for. */
  readonly body?: object | string | Readable;
}

/** The JSON body of a request; an empty one is `{}`. Throws a `SyntaxError` for anything else. */
export async function jsonBody(call: Pick<Call, "body">): Promise<Record<string, unknown>> {
  const text = (await bytesOf(call.body)).toString();
  const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SyntaxError("expected an object");
  return value as Record<string, unknown>;
}

export async function bytesOf(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
