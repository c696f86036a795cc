import type { OutputFile } from "../../core/job.ts";
import type { Manifest, OtherFile, Verification } from "../../core/observation.ts";
import type { Files } from "../../ports.ts";
import { manifestPath, parseManifest } from "../manifest.ts";
import { mapLimited } from "../map-limited.ts";
import { MAX_METRICS_BYTES, mergeMetrics, parseMetrics } from "../metrics.ts";
import { type FolderPlace, folderAt, pathFault } from "./address.ts";
import type { BucketClient, ObjectFact } from "./bucket-client.ts";
import { AT_ONCE, FEW, lookUp } from "./look-up.ts";
import type { ManifestCache } from "./manifest-cache.ts";

type Wanted = Parameters<Files["verify"]>[1][number];
type Found = Awaited<ReturnType<Files["verify"]>>;
type Client = Pick<BucketClient, "list" | "stat" | "read">;

const NOTHING = { manifest: null, sizes: {}, metrics: {} };

/**
 * What lies in the output folder of these attempts, by attempt id: the manifests, each read once and no more while it
 * stays the same, then the objects that they name, all looked up together. An attempt whose manifest or metrics could
 * not be read is left out; when that is all of them, the first trouble is thrown, as it is when nothing can be listed.
 */
export async function verifyInBucket(
  client: Client,
  cache: ManifestCache,
  output: string,
  attempts: readonly Wanted[],
): Promise<Found> {
  const folder = folderAt(output);
  const manifests = await readManifests(client, cache, folder, attempts);
  const named = [...manifests.values()].flatMap((read) =>
    "manifest" in read ? namesIn(folder, read.manifest) : [],
  );
  const facts = await lookUp(client, folder.bucket, named);
  const troubles: unknown[] = [];
  const results = await mapLimited(attempts, AT_ONCE, async (wanted): Promise<[string, Verification][]> => {
    try {
      const read = manifests.get(wanted.id)!;
      if ("trouble" in read) throw read.trouble;
      return [[wanted.id, await verified(client, folder, { wanted, manifest: read.manifest, facts })]];
    } catch (error) {
      troubles.push(error);
      return [];
    }
  });
  const found = results.flat();
  if (found.length === 0 && troubles.length > 0) throw troubles[0];
  return new Map(found);
}

type Read = { readonly manifest: Manifest | null } | { readonly trouble: unknown };

/** Each attempt's own manifest, by attempt id. Those that have been read before are looked at first, all together. */
async function readManifests(
  client: Client,
  cache: ManifestCache,
  { bucket, prefix }: FolderPlace,
  attempts: readonly Wanted[],
): Promise<Map<string, Read>> {
  const nameOf = ({ job, attempt }: Wanted) => `${prefix}${manifestPath(job, attempt)}`;
  const usable = attempts.filter((wanted) => pathFault(nameOf(wanted)) === null);
  // A first look at a few attempts reads at once; what is known already, or many, is worth asking what has changed.
  const known = usable.filter((wanted) => usable.length > FEW || cache.has(bucket, nameOf(wanted)));
  const facts = await lookUp(client, bucket, known.map(nameOf));
  const looked = new Set(known.map(nameOf));
  const read = await mapLimited(usable, AT_ONCE, async (wanted): Promise<[string, Read]> => {
    const name = nameOf(wanted);
    try {
      const generation = facts.get(name)?.generation ?? null;
      if (looked.has(name) && generation === null) return [wanted.id, { manifest: null }];
      const text = await cache.read({ bucket, name, generation });
      return [wanted.id, { manifest: text === null ? null : parseManifest(text, wanted.id) }];
    } catch (trouble) {
      return [wanted.id, { trouble }];
    }
  });
  const none = attempts.map(({ id }): [string, Read] => [id, { manifest: null }]);
  return new Map([...none, ...read]);
}

/** Names of the objects that a manifest names, as far as an object can have such a name. */
const namesIn = ({ prefix }: FolderPlace, manifest: Manifest | null): string[] =>
  (manifest?.outputs ?? []).flatMap(({ path }) =>
    pathFault(`${prefix}${path}`) === null ? [`${prefix}${path}`] : [],
  );

async function verified(
  client: Client,
  folder: FolderPlace,
  parts: {
    readonly wanted: Wanted;
    readonly manifest: Manifest | null;
    readonly facts: Map<string, ObjectFact>;
  },
): Promise<Verification> {
  const { wanted, manifest, facts } = parts;
  if (!manifest) return NOTHING;
  const lying = manifest.outputs.flatMap((entry) => {
    const fact = facts.get(`${folder.prefix}${entry.path}`);
    return fact ? [{ entry, fact }] : [];
  });
  const there = lying.filter(({ entry, fact }) => isContent(fact, entry));
  const sizes = Object.fromEntries(there.map(({ entry, fact }) => [entry.path, fact.size]));
  const others = Object.fromEntries(
    lying
      .filter(({ entry, fact }) => !isContent(fact, entry))
      .map(({ entry, fact }) => [entry.path, otherFile(fact)]),
  );
  const measured = there.filter(({ entry }) => wanted.metrics.includes(entry.pattern));
  const paths = new Map(measured.map(({ entry, fact }) => [entry.path, fact]));
  const metrics = await mapLimited([...paths], 4, ([path, fact]) => readMetrics(client, folder, path, fact));
  const replaced = Object.keys(others).length > 0 ? { others } : {};
  return { manifest, sizes, ...replaced, metrics: mergeMetrics(metrics) };
}

const otherFile = ({ size, md5, generation }: ObjectFact): OtherFile => ({
  size,
  checksum: md5 === null ? null : `md5:${md5}`,
  generation,
});

/**
 * False when another content lies there than was published. Only an MD5 can be compared without reading it all: the
 * service knows that of every object that was not composed of parts.
 */
export function isContent({ md5 }: ObjectFact, { checksum }: Pick<OutputFile, "checksum">): boolean {
  const told = /^(?:md5[:-])?([0-9a-f]{32})$/i.exec(checksum ?? "")?.[1];
  return told === undefined || md5 === null || told.toLowerCase() === md5;
}

async function readMetrics(client: Client, { bucket }: FolderPlace, path: string, fact: ObjectFact) {
  if (fact.size > MAX_METRICS_BYTES) return [];
  const { name, generation } = fact;
  const read = await client.read({ bucket, name }, { maxBytes: MAX_METRICS_BYTES, generation });
  return parseMetrics(path, Buffer.from(read?.bytes ?? "").toString("utf8"));
}
