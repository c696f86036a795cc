import { constants } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { tooManyWrites } from "./api-error.ts";
import { type Conditions, checkConditions, NO_CONDITIONS } from "./conditions.ts";
import type { Content } from "./content.ts";
import { keyedLocks } from "./locks.ts";
import { fingerprint, type Looking, openLooking } from "./looking.ts";
import { checkObjectName } from "./names.ts";
import { type Attributes, newMetadata, type ObjectMetadata } from "./object-metadata.ts";
import { openSidecars } from "./sidecars.ts";
import { moveIntoPlace } from "./tree.ts";

export interface ObjectStoreOptions {
  readonly directory: string;
  /** Milliseconds that must lie between two mutations of one object, else 429; 0: no limit. The service's is 1000. */
  readonly writeIntervalMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type ObjectStore = Awaited<ReturnType<typeof openObjectStore>>;

/**
 * Buckets as folders of `directory`, objects as plain files in them; what else is known of an object lies in
 * `.metadata`. A file that somebody put or changed by hand is an object of a new generation. One process per directory.
 */
export async function openObjectStore(options: ObjectStoreOptions) {
  const { directory, now } = options;
  const temporary = join(directory, ".metadata", "incoming");
  await rm(temporary, { recursive: true, force: true }); // what a killed one was receiving
  await mkdir(temporary, { recursive: true });
  let count = 0;
  const temporaryPath = () => join(temporary, `${process.pid}-${++count}`);
  const sidecars = openSidecars(join(directory, ".metadata", "objects"), temporaryPath);
  const nextGeneration = generations(now);
  const looking = openLooking({ directory, sidecars, nextGeneration });
  const room: Room = {
    ...{ looking, sidecars, nextGeneration, temporaryPath },
    locked: keyedLocks(),
    checkPace: paceOf(options),
    pathOf: (bucket, name) => join(directory, bucket, name),
  };
  const { hasBucket, requireBucket, bucketNames } = looking;
  return {
    ...{ directory, temporaryPath, hasBucket, requireBucket, bucketNames },
    ...readingMethods(room),
    ...writingMethods(room),
  };
}

interface Room {
  readonly looking: Looking;
  readonly sidecars: ReturnType<typeof openSidecars>;
  readonly locked: ReturnType<typeof keyedLocks>;
  readonly nextGeneration: () => string;
  readonly temporaryPath: () => string;
  readonly checkPace: (bucket: string, name: string) => void;
  readonly pathOf: (bucket: string, name: string) => string;
}

const keyOf = (bucket: string, name: string): string => `${bucket}/${name}`;

/** Microseconds since 1970, each greater than the one before. */
function generations(now: () => number): () => string {
  let last = 0n;
  return () => {
    const wanted = BigInt(now()) * 1000n;
    last = wanted > last ? wanted : last + 1n;
    return String(last);
  };
}

function paceOf({ writeIntervalMilliseconds: interval, now }: ObjectStoreOptions): Room["checkPace"] {
  const mutatedAt = new Map<string, number>();
  return (bucket, name) => {
    if (interval === 0) return;
    const before = mutatedAt.get(keyOf(bucket, name));
    if (before !== undefined && now() - before < interval) throw tooManyWrites(bucket, name);
    mutatedAt.set(keyOf(bucket, name), now());
  };
}

export interface Found {
  readonly object: ObjectMetadata;
  /** Open for reading: what comes later into its place is another file. Whoever asked closes it. */
  readonly handle: FileHandle;
}

function readingMethods({ looking, locked, pathOf, temporaryPath }: Room) {
  return {
    /** The object's metadata; throws 404, 412, 304. */
    describe: (bucket: string, name: string, generation: string | null, conditions = NO_CONDITIONS) =>
      locked(keyOf(bucket, name), () =>
        looking.existing(bucket, name, { generation, conditions, purpose: "read" }),
      ),
    /** For listings: null when it has gone meanwhile. */
    look: (bucket: string, name: string) => locked(keyOf(bucket, name), () => looking.look(bucket, name)),
    /** Metadata and content that belong together. */
    openContent: (
      bucket: string,
      name: string,
      generation: string | null,
      conditions = NO_CONDITIONS,
    ): Promise<Found> =>
      locked(keyOf(bucket, name), async () => {
        const wanted = { generation, conditions, purpose: "read" } as const;
        const object = await looking.existing(bucket, name, wanted);
        return { object, handle: await open(pathOf(bucket, name), "r") };
      }),
    /** A file of its own with the content of an object, and what is known of it. */
    async copyOf({ object, handle }: Found): Promise<Content> {
      const path = temporaryPath();
      const { size, md5Hash, crc32c } = object;
      // By the open file: its name may belong to another content by now. Not every system has such a path.
      const open = `/proc/self/fd/${handle.fd}`;
      await copyFile(open, path, constants.COPYFILE_EXCL).catch(() => copyByReading(handle, path));
      return { path, size, md5Hash, crc32c };
    },
  };
}

async function copyByReading(from: FileHandle, path: string): Promise<void> {
  const to = await open(path, "w");
  try {
    await to.writeFile(from.createReadStream({ start: 0, autoClose: false }));
  } finally {
    await to.close();
  }
}

interface PutParts {
  readonly bucket: string;
  readonly name: string;
  readonly content: Content;
  readonly attributes: Attributes;
  readonly conditions: Conditions;
  readonly componentCount?: number;
}

function writingMethods({ looking, sidecars, locked, checkPace, pathOf, nextGeneration }: Room) {
  async function put(parts: PutParts): Promise<ObjectMetadata> {
    const { bucket, name, content, attributes, componentCount } = parts;
    checkObjectName(name);
    await looking.requireBucket(bucket);
    checkConditions(await looking.look(bucket, name), parts.conditions, "write");
    checkPace(bucket, name);
    await moveIntoPlace(content.path, pathOf(bucket, name), name);
    const file = (await fingerprint(pathOf(bucket, name))) ?? "";
    const generation = nextGeneration();
    const object = newMetadata({ bucket, name, generation, content, attributes, componentCount, file });
    await sidecars.write(object);
    return object;
  }

  return {
    /** Throws as `put` would for this name and these conditions: an upload is refused before its bytes are sent. */
    async checkPut(bucket: string, name: string, conditions: Conditions): Promise<void> {
      checkObjectName(name);
      await looking.requireBucket(bucket);
      await locked(keyOf(bucket, name), async () =>
        checkConditions(await looking.look(bucket, name), conditions, "write"),
      );
    },
    /** Moves a finished file into place; the object is there whole, or as it was. */
    put: (parts: PutParts): Promise<ObjectMetadata> =>
      locked(keyOf(parts.bucket, parts.name), () => put(parts)),
    patch: (
      bucket: string,
      name: string,
      conditions: Conditions,
      change: (before: ObjectMetadata) => ObjectMetadata,
    ): Promise<ObjectMetadata> =>
      locked(keyOf(bucket, name), async () => {
        const wanted = { generation: null, conditions, purpose: "write" } as const;
        const before = await looking.existing(bucket, name, wanted);
        checkPace(bucket, name);
        const after = change(before);
        await sidecars.write(after);
        return after;
      }),
    remove: (
      bucket: string,
      name: string,
      generation: string | null,
      conditions: Conditions,
    ): Promise<void> =>
      locked(keyOf(bucket, name), async () => {
        await looking.existing(bucket, name, { generation, conditions, purpose: "write" });
        checkPace(bucket, name);
        await rm(pathOf(bucket, name), { force: true });
        await sidecars.remove(bucket, name);
      }),
  };
}
