import { invalid } from "./api-error.ts";

export interface Multipart {
  /** The first part: the object's fields. */
  readonly said: Readonly<Record<string, unknown>>;
  readonly content: Buffer;
  readonly contentType: string | null;
}

/** A `multipart/related` body of two parts: JSON, then the content. Throws 400 for anything else. */
export function parseMultipart(contentType: string, body: Buffer): Multipart {
  // gcloud writes the boundary in single quotes, which are no part of it.
  const match = /boundary=(?:"([^"]+)"|'([^']+)'|([^;\s]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? match?.[3];
  if (boundary === undefined) throw malformed("it names no boundary");
  const [first, second] = partsOf(body, boundary);
  if (!first || !second) throw malformed("it has not two parts");
  try {
    const said: unknown = JSON.parse(first.content.toString());
    if (typeof said !== "object" || said === null) throw malformed("its first part is no object");
    return { said: { ...said }, content: second.content, contentType: second.contentType };
  } catch (error) {
    throw error instanceof SyntaxError ? malformed("its first part is no JSON") : error;
  }
}

const malformed = (why: string) => invalid(`Malformed multipart body: ${why}.`);

interface Part {
  readonly content: Buffer;
  readonly contentType: string | null;
}

function partsOf(body: Buffer, boundary: string): Part[] {
  const line = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(line);
  // gcloud ends lines with LF alone.
  const newline = body[at + line.length] === 10 ? "\n" : "\r\n";
  while (at >= 0) {
    const start = at + line.length;
    if (body.subarray(start, start + 2).toString() === "--") return parts;
    const head = body.indexOf(newline + newline, start);
    // The content may hold anything, also what looks like a boundary at another place than a line's start.
    const end = body.indexOf(`${newline}--${boundary}`, head < 0 ? start : head + newline.length);
    if (head < 0 || end < 0) throw malformed("it ends in the middle of a part");
    const type = /^content-type:[ \t]*([^\r\n]+)/im.exec(body.subarray(start, head).toString())?.[1] ?? null;
    const content = body.subarray(Math.min(head + 2 * newline.length, end), end);
    parts.push({ content, contentType: type });
    at = end + newline.length;
  }
  return parts;
}
