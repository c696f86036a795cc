import { lstat, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Manifest, Verification } from "../core/observation.ts";
import type { Files } from "../ports.ts";
import { diskError } from "./disk-error.ts";
import { liesIn, localPath, staysInside } from "./inside.ts";
import { MAX_MANIFEST_BYTES, manifestPath, parseManifest } from "./manifest.ts";
import { mapLimited } from "./map-limited.ts";
import { MAX_METRICS_BYTES, mergeMetrics, parseMetrics } from "./metrics.ts";
import { nullIfAbsent, readRegular } from "./read-regular.ts";

type Wanted = Parameters<Files["verify"]>[1][number];
type Found = Awaited<ReturnType<Files["verify"]>>;

const NOTHING = { manifest: null, sizes: {}, metrics: {} };
const ATTEMPTS_AT_ONCE = 16;
const FILES_AT_ONCE = 4;

/**
 * What lies in the output folder of these attempts, by attempt id. An attempt of which the disk could not say is left
 * out; when that is all of them, the first trouble is thrown. A missing folder is a fact: nothing is there.
 */
export async function verifyLocal(output: string, attempts: readonly Wanted[]): Promise<Found> {
  const root = await realpath(localPath(output))
    .catch(nullIfAbsent)
    .catch((error: unknown) => {
      throw diskError(`reading the output folder ${output}`, error);
    });
  if (root === null) return new Map(attempts.map(({ id }) => [id, NOTHING]));
  const folders = realFolders(root);
  const results = await mapLimited(attempts, ATTEMPTS_AT_ONCE, (wanted) => verifyOne(folders, wanted));
  const found = results.flatMap((result, at): [string, Verified][] =>
    "trouble" in result ? [] : [[attempts[at]!.id, result]],
  );
  const trouble = results.find((result) => "trouble" in result);
  if (trouble && found.length === 0) throw diskError(`reading the output folder ${output}`, trouble.trouble);
  return new Map(found);
}

type Verified = Found extends Map<string, infer Value> ? Value : never;

async function verifyOne(folders: Folders, wanted: Wanted): Promise<Verified | { trouble: unknown }> {
  try {
    const manifest = await readManifest(folders, wanted);
    if (!manifest) return NOTHING;
    const sizes = await sizesOf(folders, manifest);
    return { manifest, sizes, metrics: await metricsOf(folders, manifest, sizes, wanted.metrics) };
  } catch (error) {
    return { trouble: error };
  }
}

async function readManifest(folders: Folders, { job, attempt, id }: Wanted): Promise<Manifest | null> {
  const path = manifestPath(job, attempt);
  if (!staysInside(path) || !(await folders.contain(path))) return null;
  const text = await readRegular(join(folders.root, path), MAX_MANIFEST_BYTES);
  return text === null ? null : parseManifest(text, id);
}

async function sizesOf(folders: Folders, manifest: Manifest): Promise<Record<string, number>> {
  const paths = [...new Set(manifest.outputs.map((entry) => entry.path))];
  const sizes = await mapLimited(paths, FILES_AT_ONCE, async (path): Promise<[string, number][]> => {
    if (!(await folders.contain(path))) return [];
    const facts = await lstat(join(folders.root, path)).catch(nullIfAbsent);
    return facts?.isFile() ? [[path, facts.size]] : [];
  });
  return Object.fromEntries(sizes.flat());
}

async function metricsOf(
  folders: Folders,
  manifest: Manifest,
  sizes: Verification["sizes"],
  patterns: readonly string[],
): Promise<Record<string, unknown>> {
  const paths = manifest.outputs.flatMap(({ path, pattern }) =>
    patterns.includes(pattern) && path in sizes ? [path] : [],
  );
  const parsed = await mapLimited([...new Set(paths)], FILES_AT_ONCE, async (path) =>
    parseMetrics(path, (await readRegular(join(folders.root, path), MAX_METRICS_BYTES)) ?? ""),
  );
  return mergeMetrics(parsed);
}

interface Folders {
  readonly root: string;
  /** True when the folder of this relative path really lies in the root, whatever links are on the way. */
  contain(path: string): Promise<boolean>;
}

/** Remembers the answer for each folder: a step's files share a few. */
function realFolders(root: string): Folders {
  const known = new Map<string, Promise<boolean>>();
  const look = async (folder: string) => {
    const real = await realpath(folder).catch(nullIfAbsent);
    return real !== null && liesIn(root, real);
  };
  return {
    root,
    contain(path) {
      const folder = dirname(join(root, path));
      const answer = known.get(folder) ?? look(folder);
      known.set(folder, answer);
      return answer;
    },
  };
}
