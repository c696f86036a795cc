import { isAbsolute, resolve, sep } from "node:path";
import { AdapterError } from "../ports.ts";

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/** True for `gs://bucket/x` and other addresses that are no path on this machine. */
export const hasScheme = (text: string): boolean => SCHEME.test(text);

/** The absolute path of a folder or file on this machine; a bucket's address is refused. */
export function localPath(uri: string): string {
  if (hasScheme(uri)) {
    throw new AdapterError(`${uri} is no path on this machine: local files were asked for it`, {
      code: "not_local",
      retryable: false,
    });
  }
  return resolve(uri);
}

/** True when a relative path stays in the folder it is seen from, by its words alone (links are another matter). */
export function staysInside(path: string): boolean {
  if (path === "" || path.includes("\u0000") || isAbsolute(path) || hasScheme(path)) return false;
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return false;
  }
  return depth > 0;
}

/** True when the absolute path is the folder or lies in it. Both must be real paths for links to be seen. */
export const liesIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
