import type { Files } from "../../ports.ts";
import { objectAt } from "./address.ts";
import { adoptInBucket } from "./adopt-in-bucket.ts";
import { type GcsSettings, openBucketClient } from "./bucket-client.ts";
import { openLocating } from "./locate-in-bucket.ts";
import { openManifestCache } from "./manifest-cache.ts";
import { prepareBucket } from "./prepare-bucket.ts";
import { PATIENT } from "./retries.ts";
import { verifyInBucket } from "./verify-in-bucket.ts";
import { openWriting } from "./write-text.ts";

export interface GcsFilesOptions extends GcsSettings {
  /** Milliseconds since 1970, for the pace of writing. */
  readonly now?: (() => number) | undefined;
}

/** What is read of a text file at once, bytes. */
export const MAX_TEXT_BYTES = 16 * 2 ** 20;

/** Inputs, outputs and ledger in Cloud Storage, by `gs://` addresses. Nothing is loaded or asked before the first call. */
export function openGcsFiles(options: GcsFilesOptions): Files {
  const client = openBucketClient(options);
  const { sleep } = options.patience ?? PATIENT;
  const write = openWriting({ client, now: options.now ?? Date.now, sleep });
  const cache = openManifestCache(client);
  return {
    locate: openLocating(client),
    verify: (output, attempts) => verifyInBucket(client, cache, output, attempts),
    adopt: (from, to, job, files) => adoptInBucket({ client, write }, { from, to, job, files }),
    prepare: (output) => prepareBucket(client, output),
    async read(uri) {
      const found = await client.read(objectAt(uri), { maxBytes: MAX_TEXT_BYTES });
      return found === null ? null : found.bytes.toString("utf8");
    },
    write: async (uri, text) => write(uri, text),
  };
}
