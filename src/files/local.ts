import { constants } from "node:fs";
import { access, readFile, realpath, rm, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { FileFact, Files } from "../ports.ts";
import { adoptLocal } from "./adopt-local.ts";
import { diskError, reasonOf } from "./disk-error.ts";
import { hasScheme, localPath, staysInside } from "./inside.ts";
import { makeFolder } from "./make-folder.ts";
import { nullIfAbsent } from "./read-regular.ts";
import { removeLeftovers, replaceFile, temporaryIn, writeDurably } from "./replace-file.ts";
import { verifyLocal } from "./verify-local.ts";

/** Inputs, outputs and ledger in directories of this machine. Relative paths are seen from the working directory. */
export function openLocalFiles(options: { readonly now?: () => number } = {}): Files {
  const now = options.now ?? Date.now;
  const tidied = new Set<string>();
  return {
    locate,
    verify: verifyLocal,
    adopt: adoptLocal,
    prepare,
    read,
    async write(uri, text) {
      const path = localPath(uri);
      await replaceFile(path, text).catch((error: unknown) => {
        throw diskError(`writing ${uri}`, error);
      });
      const folder = dirname(path);
      if (tidied.has(folder)) return;
      tidied.add(folder);
      await removeLeftovers(folder, now());
    },
  };
}

async function locate(input: string | null, cell: string): Promise<FileFact | null> {
  const named = pathOf(input, cell);
  if (named === null) return null;
  try {
    const path = await realpath(named);
    const facts = await stat(path, { bigint: true });
    if (!facts.isFile()) return null;
    return { path, size: Number(facts.size), generation: `${facts.size}-${facts.mtimeNs}` };
  } catch (error) {
    try {
      return nullIfAbsent(error);
    } catch {
      throw diskError(`looking for the input file ${named}`, error);
    }
  }
}

/** A link inside the input folder may lead out of it (link farms are usual); a `..` in the cell may not. */
function pathOf(input: string | null, cell: string): string | null {
  if (cell === "" || hasScheme(cell)) return null;
  if (isAbsolute(cell)) return cell;
  if (input === null || hasScheme(input) || !staysInside(cell)) return null;
  return join(localPath(input), cell);
}

async function prepare(output: string): Promise<string | null> {
  const folder = localPath(output);
  const probe = temporaryIn(folder);
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    // A block, not an empty file: a full disk still takes names.
    await writeDurably(probe, Buffer.alloc(4096));
    return null;
  } catch (error) {
    return `the output folder ${folder} cannot be written: ${reasonOf(error)}`;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined); // the reason is already told, or the folder is gone
  }
}

async function read(uri: string): Promise<string | null> {
  try {
    return await readFile(localPath(uri), "utf8").catch(nullIfAbsent);
  } catch (error) {
    throw diskError(`reading ${uri}`, error);
  }
}
