import type { Dirent } from "node:fs";
import { mkdir, readdir, rename, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unkeepable } from "./names.ts";

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);
const ABSENT = new Set(["ENOENT", "ENOTDIR"]);
export const isAbsent = (error: unknown): boolean => ABSENT.has(codeOf(error));

/** Moves a finished file to where its object lies, making the folders above it. Throws 400 where another object is in the way. */
export async function moveIntoPlace(temporary: string, place: string, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await mkdir(dirname(place), { recursive: true });
      return await rename(temporary, place);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOTDIR" || code === "EEXIST")
        throw unkeepable(name, "a part of its path is an object already, and a file cannot be a folder too");
      // Folders that lost their last object are left lying until somebody needs the name.
      if ((code === "EISDIR" || code === "ENOTEMPTY") && !(await removeEmptyFolders(place)))
        throw unkeepable(
          name,
          "other objects' names begin with it and '/', and a folder cannot be a file too",
        );
      if (tries === 5) throw error;
    }
  }
}

/** True when the folder held nothing but empty folders, and is gone. */
async function removeEmptyFolders(folder: string): Promise<boolean> {
  for (const entry of await entriesOf(folder)) {
    if (!entry.isDirectory() || !(await removeEmptyFolders(join(folder, entry.name)))) return false;
  }
  return rmdir(folder).then(
    () => true,
    () => false, // somebody has put something in
  );
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/**
 * The names of all regular files below `root` that begin with `prefix`, unsorted. With `shallow`, folders below the
 * prefix's own are not entered, and stand in the answer once with a `/` at the end.
 */
export async function namesBelow(root: string, prefix: string, shallow: boolean): Promise<string[]> {
  const start = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (start.split("/").some((part, at, all) => at < all.length - 1 && /^\.{0,2}$/.test(part))) return [];
  const names: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await entriesOf(join(root, below))) {
      const name = `${below}${entry.name}`;
      if (!name.startsWith(prefix) && !prefix.startsWith(`${name}/`)) continue;
      if (entry.isFile()) {
        if (name.startsWith(prefix)) names.push(name);
      } else if (entry.isDirectory()) {
        if (!shallow) await walk(`${name}/`);
        else if (await holdsFile(join(root, name))) names.push(`${name}/`);
      }
    }
  };
  await walk(start);
  return names;
}

async function holdsFile(folder: string): Promise<boolean> {
  const entries = await entriesOf(folder);
  if (entries.some((entry) => entry.isFile())) return true;
  for (const entry of entries) {
    if (entry.isDirectory() && (await holdsFile(join(folder, entry.name)))) return true;
  }
  return false;
}
