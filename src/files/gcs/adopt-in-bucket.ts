import type { OutputFile } from "../../core/job.ts";
import { AdapterError } from "../../ports.ts";
import { manifestPath, reusedManifest } from "../manifest.ts";
import { mapLimited } from "../map-limited.ts";
import { folderAt, type ObjectPlace, parseFolder, pathFault, uriOf } from "./address.ts";
import type { BucketClient, ObjectFact } from "./bucket-client.ts";
import { hasCode } from "./cloud-error.ts";
import { AT_ONCE, lookUp } from "./look-up.ts";
import { isContent } from "./verify-in-bucket.ts";

interface Parts {
  readonly client: Pick<BucketClient, "list" | "stat" | "copy">;
  readonly write: (uri: string, text: string) => Promise<void>;
}

/**
 * Copies the files inside the service, each of exactly the generation that was looked at, and writes the manifest
 * `a0.json` last. False when one is gone, has another size or another MD5, or lies elsewhere than in a bucket.
 */
export async function adoptInBucket(
  { client, write }: Parts,
  request: {
    readonly from: string;
    readonly to: string;
    readonly job: string;
    readonly files: readonly OutputFile[];
  },
): Promise<boolean> {
  const { from, to, job, files } = request;
  const [source, target] = [parseFolder(from), folderAt(to)];
  const manifest = manifestPath(job, 0);
  if (typeof source === "string" || pathFault(`${target.prefix}${manifest}`) !== null) return false;
  if (files.some(({ path }) => (pathFault(path) ?? pathFault(`${target.prefix}${path}`)) !== null))
    return false;
  const nameIn = (prefix: string) => (file: OutputFile) => `${prefix}${file.path}`;
  const sources = await lookUp(client, source.bucket, files.map(nameIn(source.prefix)));
  const there = await lookUp(client, target.bucket, files.map(nameIn(target.prefix)));
  const taken = await mapLimited(files, AT_ONCE, async (file) => {
    const fact = sources.get(`${source.prefix}${file.path}`);
    if (!fact || fact.size !== file.size || !isContent(fact, file)) return false;
    const place = { bucket: target.bucket, name: `${target.prefix}${file.path}` };
    return copy(client, { bucket: source.bucket, fact }, place, there.get(place.name) ?? null);
  });
  if (taken.includes(false)) return false;
  await write(`gs://${target.bucket}/${target.prefix}${manifest}`, reusedManifest(files));
  return true;
}

const ROUNDS = 5;

/** False when the source is gone. Nothing is copied where the same content lies already: adopting may be repeated. */
async function copy(
  client: Parts["client"],
  source: { readonly bucket: string; readonly fact: ObjectFact },
  target: ObjectPlace,
  present: ObjectFact | null,
): Promise<boolean> {
  const { bucket, fact } = source;
  const from = { bucket, name: fact.name, generation: fact.generation };
  let there = present;
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (there && there.md5 !== null && there.md5 === fact.md5 && there.size === fact.size) return true;
    try {
      await client.copy(from, target, there?.generation ?? "0");
      return true;
    } catch (error) {
      if (hasCode(error, "not_found")) return false;
      if (!hasCode(error, "conflict")) throw error;
      there = await client.stat(target);
    }
  }
  throw new AdapterError(
    `copying to ${uriOf(target)}: somebody else wrote it ${ROUNDS} times meanwhile. It is tried again.`,
    { code: "conflict", retryable: true },
  );
}
