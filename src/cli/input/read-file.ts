import { readFile, stat } from "node:fs/promises";
import { UsageError } from "../failure.ts";

const MOST_BYTES = 50 * 2 ** 20;

/** A text file that the command line names; `what` is what it should be ("the sample sheet"). */
export async function readTextFile(path: string, shown: string, what: string): Promise<string> {
  try {
    const fact = await stat(path);
    if (fact.isDirectory()) throw new UsageError(`${what} ${shown} is a folder`);
    if (fact.size > MOST_BYTES) {
      throw new UsageError(
        `${what} ${shown} has ${Math.ceil(fact.size / 2 ** 20)} MiB; at most 50 MiB are read`,
      );
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${what} ${shown} cannot be read: ${sayCode(error)}`);
  }
}

const SAYINGS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of its path is no folder",
  EACCES: "permission denied",
};

function sayCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return SAYINGS[code] ?? code;
}
