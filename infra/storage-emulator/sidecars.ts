import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ObjectMetadata } from "./object-metadata.ts";

/** Kept in memory too, so that a listing need not open ten thousand files; emptied when it grows beyond this. */
const MOST_REMEMBERED = 200_000;

/** Metadata of objects, outside the tree that is mounted: one small file each, named by a hash of the object's name. */
export function openSidecars(folder: string, temporaryPath: () => string) {
  const known = new Map<string, ObjectMetadata>();
  const keyOf = (bucket: string, name: string) => `${bucket}/${name}`;
  const placeOf = (bucket: string, name: string): string => {
    const hash = createHash("sha256").update(name).digest("hex");
    return join(folder, bucket, hash.slice(0, 2), `${hash.slice(2)}.json`);
  };
  const remember = (object: ObjectMetadata): void => {
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(keyOf(object.bucket, object.name), object);
  };

  return {
    /** What was last written; the caller compares `file` with the file that lies there. */
    async read(bucket: string, name: string): Promise<ObjectMetadata | null> {
      const remembered = known.get(keyOf(bucket, name));
      if (remembered) return remembered;
      try {
        const object = JSON.parse(await readFile(placeOf(bucket, name), "utf8")) as ObjectMetadata;
        remember(object);
        return object;
      } catch {
        return null; // none, or half of one after a crash: both are made anew
      }
    },
    async write(object: ObjectMetadata): Promise<void> {
      const place = placeOf(object.bucket, object.name);
      const temporary = temporaryPath();
      await writeFile(temporary, JSON.stringify(object), { flag: "wx" });
      await rename(temporary, place).catch(async () => {
        await mkdir(dirname(place), { recursive: true });
        await rename(temporary, place);
      });
      remember(object);
    },
    async remove(bucket: string, name: string): Promise<void> {
      known.delete(keyOf(bucket, name));
      await rm(placeOf(bucket, name), { force: true });
    },
  };
}
