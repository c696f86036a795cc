import { randomUUID } from "node:crypto";
import { open, rm, truncate } from "node:fs/promises";
import { ApiError, invalid } from "./api-error.ts";
import { type Answer, type Call, jsonBody } from "./call.ts";
import { type Conditions, conditionsIn } from "./conditions.ts";
import { type Claimed, checkClaims, claimedIn, measure } from "./content.ts";
import { keyedLocks } from "./locks.ts";
import { type Attributes, attributesOf, type ObjectMetadata, objectResource } from "./object-metadata.ts";
import type { ObjectStore } from "./object-store.ts";
import { claimsIn, definedClaims } from "./uploads.ts";

/** https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload: chunks are multiples of this. */
const UNIT = 256 * 2 ** 10;

interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly attributes: Attributes;
  readonly conditions: Conditions;
  readonly path: string;
  claimed: Claimed;
  /** Bytes that are safe here. */
  size: number;
  done: ObjectMetadata | null;
}

/** Uploads in several requests. Sessions live as long as this process; a client that finds none (404) begins again. */
export function resumableMethods(store: ObjectStore) {
  const sessions = new Map<string, Session>();
  const locked = keyedLocks();

  async function start(call: Call): Promise<Answer> {
    const { bucket, query, headers, url } = call;
    const said = await jsonBody(call);
    const name = query.get("name") ?? String(said["name"] ?? "");
    const conditions = conditionsIn(query);
    await store.checkPut(bucket, name, conditions);
    const type = headers["x-upload-content-type"];
    const path = store.temporaryPath();
    await (await open(path, "wx")).close();
    const id = randomUUID();
    sessions.set(id, {
      ...{ bucket, name, conditions, path, size: 0, done: null },
      claimed: { ...definedClaims(claimedIn(headers)), ...claimsIn(said) },
      attributes: attributesOf({ contentType: typeof type === "string" ? type : undefined, ...said }),
    });
    const place = new URLSearchParams({ uploadType: "resumable", name, upload_id: id });
    const location = `${url}/upload/storage/v1/b/${bucket}/o?${place}`;
    return { status: 200, headers: { location, "x-guploader-uploadid": id }, body: "" };
  }

  function sessionOf({ query }: Call): Session {
    const session = sessions.get(query.get("upload_id") ?? "");
    if (!session) throw new ApiError(404, "notFound", "No such upload: it ended, or was never begun.");
    return session;
  }

  async function proceed(call: Call, session: Session): Promise<Answer> {
    if (session.done) return { status: 200, body: objectResource(session.done, call.url) };
    const range = contentRange(call.headers["content-range"]);
    session.claimed = { ...session.claimed, ...definedClaims(claimedIn(call.headers)) };
    const isLast = range.start === null ? true : await take(call.body, session, range);
    const complete = range.total === null ? range.start !== null && isLast : session.size === range.total;
    if (range.total !== null && session.size > range.total)
      throw invalid(`Invalid request. ${session.size} bytes arrived, but the object has ${range.total}.`);
    return complete ? finish(call, session) : incomplete(session);
  }

  async function finish(call: Call, session: Session): Promise<Answer> {
    const { bucket, name, attributes, conditions, path, claimed } = session;
    try {
      const content = await measure(path);
      checkClaims(content, claimed);
      session.done = await store.put({ bucket, name, content, attributes, conditions });
    } catch (error) {
      sessions.delete(call.query.get("upload_id")!);
      await rm(path, { force: true });
      throw error;
    }
    return { status: 200, body: objectResource(session.done, call.url) };
  }

  return {
    start,
    continue: (call: Call): Promise<Answer> => {
      const session = sessionOf(call);
      return locked(call.query.get("upload_id")!, () => proceed(call, session));
    },
    async cancel(call: Call): Promise<Answer> {
      const { path } = sessionOf(call);
      sessions.delete(call.query.get("upload_id")!);
      await rm(path, { force: true });
      return { status: 499, body: "" };
    },
  };
}

function incomplete({ size }: Session): Answer {
  return { status: 308, headers: size === 0 ? {} : { range: `bytes=0-${size - 1}` }, body: "" };
}

interface ContentRange {
  /** Null: nothing is sent, only the state is asked for. */
  readonly start: number | null;
  /** Null: as much as arrives. */
  readonly end: number | null;
  /** Null: not known yet. */
  readonly total: number | null;
}

function contentRange(header: string | undefined): ContentRange {
  if (header === undefined) return { start: 0, end: null, total: null };
  const match = /^bytes (?:\*|(\d+)-(\*|-?\d+))\/(\*|\d+)$/.exec(header);
  if (!match) throw invalid(`Failed to parse Content-Range header: '${header}'.`);
  const number = (text: string | undefined) => (text === undefined || text === "*" ? null : Number(text));
  return { start: number(match[1]), end: number(match[2]), total: number(match[3]) };
}

/** Appends what is new of a request's bytes. True when these may be the last: no end was named before they ended. */
async function take(body: AsyncIterable<Buffer>, session: Session, range: ContentRange): Promise<boolean> {
  const start = range.start!;
  if (start > session.size)
    throw invalid(
      `Invalid request.  According to the Content-Range header, the upload offset is ${start} byte(s), which exceeds already uploaded size of ${session.size} byte(s).`,
    );
  const before = session.size;
  const { received, whole } = await append(body, session, session.size - start);
  const isLast = range.end === null || start + received === range.total;
  if (whole && isLast) return true;
  await keepUnits(session);
  if (!whole) throw new Error("the connection broke in the middle of a chunk");
  if (range.end !== null && received !== range.end - start + 1)
    throw invalid(
      `Invalid request.  There were ${received} byte(s) in the request body, not as many as the Content-Range header says.`,
    );
  if (received < UNIT && session.size === before)
    throw invalid(
      `Invalid request.  The number of bytes uploaded is required to be equal or greater than ${UNIT}, except for the final request (it's recommended to be the exact multiple of ${UNIT}).  The received request contained ${received} bytes, which does not meet this requirement.`,
    );
  return false;
}

/** `repeated` bytes at the beginning are here already. */
async function append(
  body: AsyncIterable<Buffer>,
  session: Session,
  repeated: number,
): Promise<{ received: number; whole: boolean }> {
  let [received, skip] = [0, repeated];
  const handle = await open(session.path, "r+");
  try {
    for await (const chunk of body) {
      received += chunk.length;
      const fresh = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - fresh.length;
      await handle.write(fresh, 0, fresh.length, session.size);
      session.size += fresh.length;
    }
    return { received, whole: true };
  } catch {
    return { received, whole: false }; // cut off: what has arrived stays, and the client asks how much that is
  } finally {
    await handle.close();
  }
}

async function keepUnits(session: Session): Promise<void> {
  session.size -= session.size % UNIT;
  await truncate(session.path, session.size);
}
