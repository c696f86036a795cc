import type { Content } from "./content.ts";

/** What a caller may say of an object beside its content. */
export interface Attributes {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  readonly customTime?: string;
  readonly storageClass?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is kept of an object outside the tree. */
export interface ObjectMetadata extends Attributes {
  readonly bucket: string;
  readonly name: string;
  /** Microseconds since 1970, as the service's are; it never repeats. */
  readonly generation: string;
  readonly metageneration: string;
  readonly size: number;
  readonly md5Hash: string | null;
  readonly crc32c: string;
  readonly componentCount?: number;
  readonly timeCreated: string;
  readonly updated: string;
  /** Tells whether the file is still the one that this was written for. */
  readonly file: string;
}

const TEXTS = [
  "contentType",
  "contentEncoding",
  "contentDisposition",
  "contentLanguage",
  "cacheControl",
  "customTime",
  "storageClass",
] as const;

/** The attributes in a request's body; what we do not know is left out, as the service leaves out unknown fields. */
export function attributesOf(body: Readonly<Record<string, unknown>>): Attributes {
  const texts = TEXTS.flatMap((key) => (typeof body[key] === "string" ? [[key, body[key]] as const] : []));
  const custom = body["metadata"];
  return {
    ...Object.fromEntries(texts),
    ...(typeof custom === "object" && custom !== null ? { metadata: textsOnly(custom) } : {}),
  };
}

const textsOnly = (values: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]])),
  );

/** PATCH: null removes, custom metadata is merged key by key; PUT (`whole`) replaces all of it. */
export function changed(
  before: ObjectMetadata,
  body: Readonly<Record<string, unknown>>,
  whole: boolean,
): ObjectMetadata {
  const custom = body["metadata"];
  const given = typeof custom === "object" && custom !== null ? (custom as Record<string, unknown>) : {};
  const kept = whole || custom === null ? {} : (before.metadata ?? {});
  const dropped = TEXTS.filter((key) => (whole ? body[key] === undefined : false) || body[key] === null);
  const merged = { ...before, ...attributesOf(body), metadata: textsOnly({ ...kept, ...given }) };
  return {
    ...(Object.fromEntries(
      Object.entries(merged).filter(([key]) => !(dropped as readonly string[]).includes(key)),
    ) as unknown as ObjectMetadata),
    metageneration: String(Number(before.metageneration) + 1),
    updated: new Date().toISOString(),
  };
}

export function newMetadata(parts: {
  readonly bucket: string;
  readonly name: string;
  readonly generation: string;
  readonly content: Content;
  readonly attributes: Attributes;
  readonly componentCount?: number | undefined;
  readonly file: string;
}): ObjectMetadata {
  const { bucket, name, generation, content, attributes, componentCount, file } = parts;
  const now = new Date().toISOString();
  return {
    ...attributes,
    ...{ bucket, name, generation, metageneration: "1", file, timeCreated: now, updated: now },
    ...{ size: content.size, md5Hash: content.md5Hash, crc32c: content.crc32c },
    ...(componentCount === undefined ? {} : { componentCount }),
  };
}

/** The `storage#object` resource. `url` is where this emulator answers. */
export function objectResource(object: ObjectMetadata, url: string): Record<string, unknown> {
  const { file: _file, size, md5Hash, metadata, componentCount, ...plain } = object;
  const { bucket, name, generation, metageneration } = object;
  const place = `${url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: place,
    mediaLink: `${url}/download/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?generation=${generation}&alt=media`,
    storageClass: "STANDARD",
    ...plain,
    size: String(size),
    ...(md5Hash === null ? {} : { md5Hash }),
    ...(componentCount === undefined ? {} : { componentCount }),
    ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
    etag: etagOf(generation, metageneration),
    timeStorageClassUpdated: object.timeCreated,
    timeFinalized: object.timeCreated,
  };
}

export const etagOf = (generation: string, metageneration: string): string =>
  Buffer.from(`${generation}/${metageneration}`).toString("base64");
