import { finished } from "node:stream";
import { ApiError } from "./api-error.ts";
import type { Answer, Call } from "./call.ts";
import { conditionsIn } from "./conditions.ts";
import { etagOf, type ObjectMetadata } from "./object-metadata.ts";
import type { ObjectStore } from "./object-store.ts";

/** An object's bytes, or a range of them. */
export async function download(store: ObjectStore, call: Call): Promise<Answer> {
  const { bucket, object: name, query, headers } = call;
  const { object, handle } = await store.openContent(
    bucket,
    name,
    query.get("generation"),
    conditionsIn(query),
  );
  try {
    const range = rangeIn(headers.range, object.size);
    const length = range === null ? object.size : range.end - range.start + 1;
    const about = headersOf(object, length);
    if (length === 0 || call.method === "HEAD") {
      await handle.close();
      return { status: range === null ? 200 : 206, headers: about, body: "" };
    }
    const stream = handle.createReadStream({ ...(range ?? { start: 0, end: object.size - 1 }) });
    finished(stream, () => void handle.close().catch(() => undefined)); // it closes itself, unless it was cut off
    if (range === null) return { status: 200, headers: about, body: stream };
    const place = `bytes ${range.start}-${range.end}/${object.size}`;
    return { status: 206, headers: { ...about, "content-range": place }, body: stream };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function headersOf(object: ObjectMetadata, length: number): Record<string, string> {
  const { generation, metageneration, md5Hash, crc32c } = object;
  const optional = {
    "content-encoding": object.contentEncoding,
    "content-disposition": object.contentDisposition,
    "content-language": object.contentLanguage,
    "cache-control": object.cacheControl,
  };
  const given = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    "content-type": object.contentType ?? "application/octet-stream",
    "content-length": String(length),
    "accept-ranges": "bytes",
    etag: etagOf(generation, metageneration),
    "last-modified": new Date(object.updated).toUTCString(),
    "x-goog-generation": generation,
    "x-goog-metageneration": metageneration,
    "x-goog-hash": [`crc32c=${crc32c}`, ...(md5Hash === null ? [] : [`md5=${md5Hash}`])].join(","),
    "x-goog-stored-content-encoding": object.contentEncoding ?? "identity",
    "x-goog-stored-content-length": String(object.size),
    "x-goog-storage-class": object.storageClass ?? "STANDARD",
    ...Object.fromEntries(given),
  };
}

/** Both ends inclusive; null: all of it. A header that is no range of bytes is ignored, as HTTP wants it. */
function rangeIn(header: string | undefined, size: number): { start: number; end: number } | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [first, last] = [match[1]!, match[2]!];
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end || start >= size)
    throw new ApiError(
      416,
      "requestedRangeNotSatisfiable",
      `The requested range cannot be satisfied: the object has ${size} bytes.`,
    );
  return { start, end };
}
