import { MAX_MANIFEST_BYTES } from "../manifest.ts";
import type { ObjectPlace } from "./address.ts";
import type { BucketClient } from "./bucket-client.ts";

/** Characters kept in all; then the oldest go. */
const MOST_CHARACTERS = 32 * 2 ** 20;

export type ManifestCache = ReturnType<typeof openManifestCache>;

/** Texts of manifests by name and generation, so that attempts which wait for their outputs are not read again. */
export function openManifestCache(client: Pick<BucketClient, "read">) {
  const known = new Map<string, { generation: string; text: string }>();
  let characters = 0;
  const keyOf = (bucket: string, name: string) => `${bucket}/${name}`;

  function drop(key: string): void {
    characters -= known.get(key)?.text.length ?? 0;
    known.delete(key);
  }

  function keep(key: string, entry: { generation: string; text: string }): void {
    drop(key);
    known.set(key, entry);
    characters += entry.text.length;
    for (const oldest of known.keys()) {
      if (characters <= MOST_CHARACTERS || oldest === key) break;
      drop(oldest);
    }
  }

  return {
    has: (bucket: string, name: string): boolean => known.has(keyOf(bucket, name)),
    /** The text, or null when there is no such object. `generation`: what a listing has just said, or null. */
    async read(wanted: ObjectPlace & { readonly generation: string | null }): Promise<string | null> {
      const { bucket, name, generation } = wanted;
      const entry = known.get(keyOf(bucket, name));
      if (entry && entry.generation === generation) return entry.text;
      const read = await client.read({ bucket, name }, { maxBytes: MAX_MANIFEST_BYTES });
      if (read === null) return null;
      const text = read.bytes.toString("utf8");
      keep(keyOf(bucket, name), { generation: read.generation, text });
      return text;
    },
  };
}
