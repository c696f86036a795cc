import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { nullIfAbsent } from "./read-regular.ts";

const PREFIX = ".bioagent-tmp-";
const HOUR_MILLISECONDS = 3_600_000;

/** A name in `folder` that nobody else uses, recognised later as ours. */
export const temporaryIn = (folder: string): string =>
  join(folder, `${PREFIX}${process.pid}-${randomBytes(8).toString("hex")}`);

/**
 * Makes the file say `text`: whole, on the disk, then renamed into place, so that a reader or a crash at any moment
 * finds the old text or the new. Nothing is written when it already says so.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text, "utf8");
  if (await alreadySays(path, bytes)) return;
  await makeFolder(dirname(path));
  const temporary = temporaryIn(dirname(path));
  try {
    await writeDurably(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

/** Writes a new file, and returns once the disk has it. */
export async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what crashed writers of ours left in a folder more than an hour ago; `now` in milliseconds. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []); // tidying is not worth an error
  for (const name of names.filter((candidate) => candidate.startsWith(PREFIX))) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null); // its writer has just renamed it
    if (facts && now - facts.mtimeMs > HOUR_MILLISECONDS)
      await rm(path, { force: true }).catch(() => undefined);
  }
}

async function alreadySays(path: string, bytes: Buffer): Promise<boolean> {
  const facts = await stat(path).catch(nullIfAbsent);
  if (facts?.isFile() !== true || facts.size !== bytes.length) return false;
  const current = await readFile(path).catch(nullIfAbsent);
  return current?.equals(bytes) === true;
}
