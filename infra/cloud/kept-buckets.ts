import { opendir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { BUCKET } from "./open-cloud.ts";

/**
 * Names of the buckets that hold files, in order, where an earlier cloud lived in this folder: its store and its jobs are gone
 * with it, its buckets are not. None where there was no cloud yet.
 */
export async function keptBuckets(directory: string): Promise<string[]> {
  const folder = join(directory, "buckets");
  const names: string[] = await readdir(folder).catch(noneIfMissing);
  if (!names.includes(BUCKET)) return [];
  const kept: string[] = [];
  // What the storage emulator writes down beside the buckets begins with a dot.
  for (const name of names.toSorted())
    if (!name.startsWith(".") && (await holdsFile(join(folder, name)))) kept.push(name);
  return kept;
}

/** Stops at the first one: a bucket may hold very many. */
async function holdsFile(folder: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(folder, { recursive: true }))
      if (!entry.isDirectory()) return true;
  } catch (error) {
    noneIfMissing(error);
  }
  return false;
}

function noneIfMissing(error: unknown): never[] {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return [];
  throw error;
}
