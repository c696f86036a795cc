import { createHash } from "node:crypto";
import type { Storage } from "@google-cloud/storage";
import { type ObjectPlace, uriOf } from "./address.ts";
import { hasCode } from "./cloud-error.ts";
import { download } from "./download.ts";
import { inTime, PATIENT, type Patience, withRetries } from "./retries.ts";

/** What is asked of an object; `generation` is a decimal number. */
export interface ObjectFact {
  readonly name: string;
  readonly size: number;
  readonly generation: string;
  /** Hexadecimal; null for composed objects, of which the service keeps none. */
  readonly md5: string | null;
}

export interface GcsSettings {
  /** Address of an emulator; null: the real service. */
  readonly emulator: string | null;
  /** Null: the credentials' own. */
  readonly projectId: string | null;
  /** Milliseconds until one call is given up. */
  readonly timeoutMilliseconds?: number | undefined;
  readonly patience?: Patience | undefined;
}

export interface ListRange {
  readonly bucket: string;
  readonly prefix: string;
  readonly from: string;
  readonly to: string;
}

export type BucketClient = ReturnType<typeof openBucketClient>;

export const PAGE_SIZE = 1000;
const TIMEOUT = 30_000;
const FIELDS = "items(name,size,generation,md5Hash),nextPageToken";

/**
 * The few calls that we make, each with bounded retries, a time limit and errors in our words. The library is loaded
 * and the client made at the first call.
 */
export function openBucketClient(settings: GcsSettings) {
  const { projectId, patience = PATIENT, timeoutMilliseconds = TIMEOUT } = settings;
  let client: Promise<Storage> | undefined;
  const storage = () => {
    client ??= connect(settings);
    return client;
  };
  const room: Room = {
    storage,
    fileOf: async ({ bucket, name }, generation) =>
      (await storage()).bucket(bucket).file(name, generation === undefined ? {} : { generation }),
    call: (attempted, bucket, work) =>
      withRetries(attempted, { bucket, projectId }, patience, () => inTime(timeoutMilliseconds, work())),
  };
  return { ...readingCalls(room), ...writingCalls(room) };
}

interface Room {
  readonly storage: () => Promise<Storage>;
  readonly fileOf: (place: ObjectPlace, generation?: string) => Promise<StorageFile>;
  readonly call: <T>(attempted: string, bucket: string, work: () => Promise<T>) => Promise<T>;
}

type StorageFile = ReturnType<ReturnType<Storage["bucket"]>["file"]>;

function readingCalls({ storage, fileOf, call }: Room) {
  return {
    /** Null when there is no such object; a missing bucket is an error. */
    stat: (place: ObjectPlace): Promise<ObjectFact | null> =>
      call(`looking for ${uriOf(place)}`, place.bucket, async () => {
        const [about] = await (await fileOf(place)).getMetadata();
        return factOf({ ...about, name: place.name });
      }).catch(nullIfMissing),

    /** One page, in the order of names, of those at or after `from` and not after `to`. */
    list: (range: ListRange): Promise<{ facts: ObjectFact[]; more: boolean }> =>
      call(`listing gs://${range.bucket}/${range.prefix}`, range.bucket, async () => {
        const { bucket, prefix, from, to } = range;
        const [files, next] = await (await storage()).bucket(bucket).getFiles({
          ...{ prefix, startOffset: from, endOffset: `${to}\u0001`, maxResults: PAGE_SIZE },
          ...{ autoPaginate: false, fields: FIELDS },
        });
        // With `fields`, the client gives the answer's items as they are.
        return { facts: (files as unknown as Item[]).map(factOf), more: Boolean(next) };
      }),

    /** The bytes and their generation; null when there is no such object (of this generation). */
    read: (
      place: ObjectPlace,
      options: { readonly maxBytes: number; readonly generation?: string },
    ): Promise<{ bytes: Buffer; generation: string } | null> =>
      call(`reading ${uriOf(place)}`, place.bucket, async () =>
        download(await storage(), place, options),
      ).catch(nullIfMissing),
  };
}

function writingCalls({ fileOf, call }: Room) {
  return {
    /** Replaces this generation (`"0"`: makes a new object); throws `conflict` when it is not that any more. */
    write: (place: ObjectPlace, bytes: Buffer, ifGenerationMatch: string): Promise<ObjectFact> =>
      call(`writing ${uriOf(place)}`, place.bucket, async () => {
        const file = await fileOf(place);
        const md5Hash = createHash("md5").update(bytes).digest("base64");
        await file.save(bytes, {
          // The service compares the sum; the client would, after the fact, delete what does not agree.
          ...{ resumable: false, validation: false },
          metadata: { contentType: contentTypeOf(place.name), md5Hash },
          preconditionOpts: { ifGenerationMatch: ifGenerationMatch as unknown as number },
        });
        return factOf({ ...file.metadata, name: place.name });
      }),

    /** Copies inside the service, of exactly this source; `conflict` when the target is not that generation any more. */
    copy: (
      from: ObjectPlace & { readonly generation: string },
      to: ObjectPlace,
      ifGenerationMatch: string,
    ): Promise<void> =>
      call(`copying ${uriOf(from)} to ${uriOf(to)}`, to.bucket, async () => {
        const preconditionOpts = { ifGenerationMatch: ifGenerationMatch as unknown as number };
        await (await fileOf(from, from.generation)).copy(await fileOf(to), { preconditionOpts });
      }),

    remove: (place: ObjectPlace, ifGenerationMatch: string): Promise<void> =>
      call(`deleting ${uriOf(place)}`, place.bucket, async () => {
        await (await fileOf(place)).delete({ ifGenerationMatch, ignoreNotFound: true });
      }),
  };
}

async function connect({ emulator, projectId }: GcsSettings): Promise<Storage> {
  const { Storage } = await import("@google-cloud/storage");
  const place = emulator === null || /^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`;
  return new Storage({
    ...(projectId === null ? {} : { projectId }),
    ...(place === null ? {} : { apiEndpoint: place }),
    // Our own retries know what is safe to repeat, and end sooner: the client's go on for ten minutes.
    retryOptions: { autoRetry: false },
  });
}

interface Item {
  readonly name?: string;
  readonly size?: string | number;
  readonly generation?: string | number;
  readonly md5Hash?: string;
}

function factOf({ name = "", size, generation, md5Hash }: Item): ObjectFact {
  const md5 = md5Hash ? Buffer.from(md5Hash, "base64").toString("hex") : null;
  return { name, size: Number(size), generation: String(generation), md5 };
}

function nullIfMissing(error: unknown): null {
  if (hasCode(error, "not_found")) return null;
  throw error;
}

const TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  md: "text/markdown; charset=utf-8",
};

const contentTypeOf = (name: string): string =>
  TYPES[/\.([a-z]+)$/.exec(name)?.[1] ?? ""] ?? "text/plain; charset=utf-8";
