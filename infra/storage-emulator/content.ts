import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { invalid } from "./api-error.ts";
import { crc32c, crc32cText } from "./crc32c.ts";

/** Bytes that arrived in a file of their own, with their checksums in base64. */
export interface Content {
  readonly path: string;
  readonly size: number;
  /** Null for composed objects: the service keeps no MD5 of them. */
  readonly md5Hash: string | null;
  readonly crc32c: string;
}

/** Writes what arrives into a new file at `path`. */
export async function receive(stream: AsyncIterable<Buffer>, path: string): Promise<Content> {
  const handle = await open(path, "wx");
  try {
    const seen = summing();
    for await (const chunk of stream) {
      seen.add(chunk);
      await handle.writeFile(chunk);
    }
    return { path, ...seen.end() };
  } finally {
    await handle.close();
  }
}

/** Files up to this are read at once: a directory of ten thousand small ones is looked at in seconds. */
const SMALL = 2 ** 20;

/** Reads a file that is already there. */
export async function measure(path: string): Promise<Content> {
  const seen = summing();
  if ((await stat(path)).size <= SMALL) {
    seen.add(await readFile(path));
    return { path, ...seen.end() };
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 })) seen.add(chunk as Buffer);
  return { path, ...seen.end() };
}

function summing() {
  const md5 = createHash("md5");
  let [crc, size] = [0, 0];
  return {
    add(chunk: Buffer): void {
      md5.update(chunk);
      crc = crc32c(chunk, crc);
      size += chunk.length;
    },
    end: () => ({ size, md5Hash: md5.digest("base64"), crc32c: crc32cText(crc) }),
  };
}

/** What the sender says the checksums are, from `X-Goog-Hash`, `Content-MD5` or the object's own fields. */
export interface Claimed {
  readonly md5Hash?: string | undefined;
  readonly crc32c?: string | undefined;
}

export function claimedIn(headers: Readonly<Record<string, string | string[] | undefined>>): Claimed {
  const text = String(headers["x-goog-hash"] ?? "");
  const md5 = headers["content-md5"];
  return {
    md5Hash: /(?:^|,\s*)md5=([^,\s]+)/.exec(text)?.[1] ?? (typeof md5 === "string" ? md5 : undefined),
    crc32c: /(?:^|,\s*)crc32c=([^,\s]+)/.exec(text)?.[1],
  };
}

/** Throws 400 when something else arrived than was sent. */
export function checkClaims(content: Content, claimed: Claimed): void {
  if (claimed.md5Hash !== undefined && claimed.md5Hash !== content.md5Hash)
    throw invalid(
      `Provided MD5 hash "${claimed.md5Hash}" doesn't match calculated MD5 hash "${content.md5Hash}".`,
    );
  if (claimed.crc32c !== undefined && claimed.crc32c !== content.crc32c)
    throw invalid(`Provided CRC32C "${claimed.crc32c}" doesn't match calculated CRC32C "${content.crc32c}".`);
}
