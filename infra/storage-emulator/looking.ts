import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { noSuchBucket, noSuchObject } from "./api-error.ts";
import { type Conditions, checkConditions } from "./conditions.ts";
import { measure } from "./content.ts";
import { checkBucketName, isObjectName } from "./names.ts";
import { newMetadata, type ObjectMetadata } from "./object-metadata.ts";
import type { openSidecars } from "./sidecars.ts";
import { isAbsent } from "./tree.ts";

export type Looking = ReturnType<typeof openLooking>;

/** What lies in the directory. Objects are looked at under their lock, which the caller holds. */
export function openLooking(parts: {
  readonly directory: string;
  readonly sidecars: ReturnType<typeof openSidecars>;
  readonly nextGeneration: () => string;
}) {
  const { directory, sidecars, nextGeneration } = parts;

  /** The object, described anew when the file is not the one that was described; null when there is none. */
  async function look(bucket: string, name: string): Promise<ObjectMetadata | null> {
    const path = join(directory, bucket, name);
    const file = isObjectName(name) ? await fingerprint(path) : null;
    if (file === null) return null;
    const known = await sidecars.read(bucket, name);
    if (known?.file === file) return known;
    const content = await measure(path);
    const attributes = { contentType: "application/octet-stream" };
    const found = newMetadata({ bucket, name, generation: nextGeneration(), content, attributes, file });
    await sidecars.write(found);
    return found;
  }

  async function hasBucket(bucket: string): Promise<boolean> {
    checkBucketName(bucket);
    const facts = await lstat(join(directory, bucket)).catch(nullIfAbsent);
    return facts?.isDirectory() === true;
  }

  async function requireBucket(bucket: string): Promise<void> {
    if (!(await hasBucket(bucket))) throw noSuchBucket();
  }

  return {
    look,
    hasBucket,
    requireBucket,
    /** Throws 404 where there is none (of this generation), and 412 or 304 where the conditions do not hold. */
    async existing(bucket: string, name: string, wanted: Wanted): Promise<ObjectMetadata> {
      await requireBucket(bucket);
      const object = await look(bucket, name);
      if (!object || (wanted.generation !== null && object.generation !== wanted.generation))
        throw noSuchObject(bucket, name);
      checkConditions(object, wanted.conditions, wanted.purpose);
      return object;
    },
    /** In order. */
    async bucketNames(): Promise<string[]> {
      const entries = await readdir(directory, { withFileTypes: true });
      const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
      return folders.map(({ name }) => name).sort();
    },
  };
}

export interface Wanted {
  /** Null: whichever there is. */
  readonly generation: string | null;
  readonly conditions: Conditions;
  readonly purpose: "read" | "write";
}

/** Equal as long as nobody wrote to the file or put another in its place; null when there is no regular file. */
export async function fingerprint(path: string): Promise<string | null> {
  const facts = await lstat(path, { bigint: true }).catch(nullIfAbsent);
  return facts?.isFile() ? `${facts.ino}-${facts.size}-${facts.mtimeNs}` : null;
}

function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}
