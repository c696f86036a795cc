import { AdapterError } from "../ports.ts";

const REASONS: Readonly<Record<string, string>> = {
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file is in the way",
  EISDIR: "a folder is in the way",
  ENAMETOOLONG: "the path is too long",
  EIO: "the disk reported an input/output error",
  ESTALE: "stale file handle: the network disk went away",
  ENOTCONN: "the mount is not connected",
};

/** What a person can mend; waiting does not. */
const LASTING = new Set(["EROFS", "EACCES", "EPERM", "ENOTDIR", "EEXIST", "EISDIR", "ENAMETOOLONG"]);

/** Facts about a path, not troubles of the disk. `ERR_INVALID_ARG_VALUE` is Node's word for a NUL in a path. */
const ABSENT = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "ERR_INVALID_ARG_VALUE"]);

/** The system's code for an error (`ENOSPC`), or null when it is none of the system's. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

/** True when the error says that there is no such file; false when it only says that nobody could look. */
export const isAbsent = (error: unknown): boolean => ABSENT.has(codeOf(error) ?? "");

/** `the disk is full (ENOSPC)`. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === null) return error instanceof Error ? error.message : String(error);
  return code in REASONS ? `${REASONS[code]} (${code})` : code;
}

/** `attempted` and what came back, as the error that callers of a port expect. */
export function diskError(attempted: string, error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  const code = codeOf(error) ?? "disk";
  const retryable = !LASTING.has(code);
  const next = retryable ? "It is tried again." : "Mend the folder or its permissions, then try again.";
  return new AdapterError(`${attempted}: ${reasonOf(error)}. ${next}`, { code, retryable, cause: error });
}
