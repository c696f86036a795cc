import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, link, lstat, open, realpath, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { OutputFile } from "../core/job.ts";
import { diskError, isAbsent } from "./disk-error.ts";
import { liesIn, localPath, staysInside } from "./inside.ts";
import { makeFolder } from "./make-folder.ts";
import { manifestPath, reusedManifest } from "./manifest.ts";
import { mapLimited } from "./map-limited.ts";
import { replaceFile, temporaryIn } from "./replace-file.ts";

/** Above this, equal sizes are trusted: reading it all again may cost more than making it again. */
const MAX_HASHED_BYTES = 64 * 2 ** 20;
const AT_ONCE = 4;

/**
 * Takes the files over by hard link, or by copy where the disk has no such links, and writes the manifest `a0.json` last.
 * A file whose size or checksum has changed, or that cannot be read, is not there: false. Trouble with the new folder throws.
 * Linked files are one file under two names: whoever changes one in place changes both; our own publishing renames.
 */
export async function adoptLocal(
  from: string,
  to: string,
  job: string,
  files: readonly OutputFile[],
): Promise<boolean> {
  const manifest = manifestPath(job, 0);
  if (!staysInside(manifest) || !files.every((file) => staysInside(file.path))) return false;
  const [source, target] = [localPath(from), localPath(to)];
  const there = await mapLimited(files, AT_ONCE, (file) => isThere(source, file));
  if (there.includes(false)) return false;
  try {
    const taken = await mapLimited(files, AT_ONCE, (file) => take(source, target, file));
    if (taken.includes(false)) return false;
    await replaceFile(join(target, manifest), reusedManifest(files));
    return true;
  } catch (error) {
    throw diskError(`taking the outputs of ${job} over from ${from} to ${to}`, error);
  }
}

async function isThere(source: string, file: OutputFile): Promise<boolean> {
  try {
    const path = join(source, file.path);
    const facts = await lstat(path);
    if (!facts.isFile() || facts.size !== file.size) return false;
    return liesIn(await realpath(source), await realpath(path)) && (await hasChecksum(path, file));
  } catch {
    return false; // what cannot be read cannot be reused: the job is run again
  }
}

/** Links or copies beside the place, looks once more at what was taken, then renames it into place. */
async function take(source: string, target: string, file: OutputFile): Promise<boolean> {
  const place = join(target, file.path);
  await makeFolder(dirname(place));
  const temporary = temporaryIn(dirname(place));
  try {
    await linkOrCopy(join(source, file.path), temporary);
    if ((await lstat(temporary)).size !== file.size) return false;
    await rename(temporary, place);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  } finally {
    // Renaming one link of a file over another link of it does nothing, by POSIX, and leaves both.
    await rm(temporary, { force: true });
  }
}

/** A copy that shares its blocks where the disk can make one, else a link: outputs may be too large to be there twice. */
async function linkOrCopy(source: string, temporary: string): Promise<void> {
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants;
  if (await succeeds(copyFile(source, temporary, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE))) return;
  await rm(temporary, { force: true });
  try {
    await link(source, temporary);
  } catch (error) {
    if (isAbsent(error)) throw error;
    await copyFile(source, temporary, COPYFILE_EXCL);
    await flush(temporary);
  }
}

const succeeds = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

async function flush(path: string): Promise<void> {
  const handle = await open(path, "r+");
  await handle.sync().finally(() => handle.close());
}

/** Hexadecimal digests by their length; a checksum of another form (a bucket's CRC) cannot be compared here. */
const ALGORITHMS: Readonly<Record<number, string>> = { 32: "md5", 40: "sha1", 64: "sha256", 128: "sha512" };

/** True when the checksum is equal, or when there is none that can be compared. */
async function hasChecksum(path: string, { checksum, size }: OutputFile): Promise<boolean> {
  const digest = /^(?:[a-z0-9]+[:-])?([0-9a-f]+)$/i.exec(checksum ?? "")?.[1]?.toLowerCase() ?? "";
  const algorithm = ALGORITHMS[digest.length];
  if (algorithm === undefined || size >= MAX_HASHED_BYTES) return true;
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") === digest;
}
