import { rm } from "node:fs/promises";
import { invalid } from "./api-error.ts";
import { type Answer, bytesOf, type Call } from "./call.ts";
import { conditionsIn } from "./conditions.ts";
import { type Claimed, checkClaims, claimedIn, receive } from "./content.ts";
import { parseMultipart } from "./multipart.ts";
import { attributesOf, objectResource } from "./object-metadata.ts";
import type { ObjectStore } from "./object-store.ts";

interface Incoming {
  readonly name: string;
  /** The object's fields as far as the sender gave them. */
  readonly said: Readonly<Record<string, unknown>>;
  readonly bytes: AsyncIterable<Buffer>;
}

/** `uploadType=media` (the body is the content) and `uploadType=multipart` (fields and content in one body). */
export async function upload(store: ObjectStore, call: Call): Promise<Answer> {
  const { bucket, query, headers, url } = call;
  const conditions = conditionsIn(query);
  const { name, said, bytes } = await incomingOf(call);
  await store.checkPut(bucket, name, conditions);
  const path = store.temporaryPath();
  try {
    const content = await receive(bytes, path);
    checkClaims(content, { ...definedClaims(claimedIn(headers)), ...claimsIn(said) });
    const object = await store.put({ bucket, name, content, attributes: attributesOf(said), conditions });
    return { status: 200, body: objectResource(object, url) };
  } finally {
    await rm(path, { force: true });
  }
}

async function incomingOf({ query, headers, body }: Call): Promise<Incoming> {
  const type = query.get("uploadType");
  const contentType = headers["content-type"];
  if (type === "media") {
    const encoding = query.get("contentEncoding");
    const said = {
      contentType: contentType ?? "application/octet-stream",
      ...(encoding === null ? {} : { contentEncoding: encoding }),
    };
    return { name: query.get("name") ?? "", said, bytes: body };
  }
  if (type !== "multipart") throw invalid(`Invalid upload request: uploadType is '${type}'.`);
  const { said, content, contentType: ofContent } = parseMultipart(contentType ?? "", await bytesOf(body));
  return {
    name: query.get("name") ?? String(said["name"] ?? ""),
    said: { ...(ofContent === null ? {} : { contentType: ofContent }), ...said },
    bytes: (async function* () {
      yield content;
    })(),
  };
}

/** The checksums among an object's fields. */
export function claimsIn(said: Readonly<Record<string, unknown>>): Claimed {
  const text = (key: string) => (typeof said[key] === "string" ? { [key]: said[key] } : {});
  return { ...text("md5Hash"), ...text("crc32c") };
}

export const definedClaims = (claimed: Claimed): Claimed =>
  Object.fromEntries(Object.entries(claimed).filter(([, value]) => value !== undefined));
