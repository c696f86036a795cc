import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./disk-error.ts";

/**
 * Makes the folder and those above it; nothing happens when it is there. Node's own recursive mkdir says ENOENT on a
 * read-only disk; this one keeps the true reason.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await isFolder(path))) return;
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeBelow(path);
  }
}

async function makeBelow(path: string): Promise<void> {
  await mkdir(path).catch(async (error: unknown) => {
    const madeByAnother = codeOf(error) === "EEXIST" && (await isFolder(path));
    if (!madeByAnother) throw error;
  });
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isDirectory(),
    () => false, // a link that leads nowhere
  );
