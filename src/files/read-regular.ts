import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsent } from "./disk-error.ts";

// Not through a link, and without hanging on a pipe that somebody put in the file's place.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The text of a regular file of at most `maxBytes`; null when there is none such. Throws when nobody could look. */
export async function readRegular(path: string, maxBytes: number): Promise<string | null> {
  const handle = await open(path, FLAGS).catch(nullIfAbsent);
  if (!handle) return null;
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > maxBytes) return null;
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/** Turns "there is no such file" into null; throws everything else again. */
export function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}
