import { AdapterError } from "../../ports.ts";

/** An object, `gs://bucket/name`. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly name: string;
}

/** A folder of a bucket: everything whose name begins with the prefix, which is empty or ends in `/`. */
export interface FolderPlace {
  readonly bucket: string;
  readonly prefix: string;
}

/** https://cloud.google.com/storage/docs/buckets#naming; the longer ones have dots. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const MAX_NAME_BYTES = 1024;

/** The address of an object, or why the text is none. */
export function parseObject(uri: string): ObjectPlace | string {
  const { bucket, path, fault } = split(uri);
  if (fault !== null) return fault;
  if (path === "") return "it names a bucket, not an object in it";
  if (path.endsWith("/")) return "it ends in /, so it names a folder";
  return pathFault(path) ?? { bucket, name: path };
}

/** The address of a folder, with or without a `/` at the end, or why the text is none. */
export function parseFolder(uri: string): FolderPlace | string {
  const { bucket, path, fault } = split(uri);
  if (fault !== null) return fault;
  const folder = path.replace(/\/$/, "");
  if (path !== "" && folder === "") return "a part of its path is empty";
  if (folder === "") return { bucket, prefix: "" };
  return pathFault(folder) ?? { bucket, prefix: `${folder}/` };
}

function split(uri: string): { bucket: string; path: string; fault: string | null } {
  const nothing = (fault: string) => ({ bucket: "", path: "", fault });
  if (!uri.startsWith("gs://")) return nothing("it does not begin with gs://");
  const slash = uri.indexOf("/", "gs://".length);
  const bucket = uri.slice("gs://".length, slash < 0 ? undefined : slash);
  if (!BUCKET.test(bucket) || bucket.includes(".."))
    return nothing("its bucket's name is not one: 3 to 222 of a-z, 0-9, -, _ and .");
  return { bucket, path: slash < 0 ? "" : uri.slice(slash + 1), fault: null };
}

/** Why an object should not, or cannot, have such a path; null when it can. */
export function pathFault(path: string): string | null {
  const parts = path.split("/");
  if (parts.includes("")) return "a part of its path is empty";
  if (parts.includes("..") || parts.includes(".")) return "a part of its path is . or ..";
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return "it has control characters";
  if (!path.isWellFormed()) return "it is no well-formed Unicode";
  return Buffer.byteLength(path) > MAX_NAME_BYTES ? `its path has more than ${MAX_NAME_BYTES} bytes` : null;
}

/** Throws an `AdapterError` for what is no object's address. */
export const objectAt = (uri: string): ObjectPlace => required(uri, parseObject(uri));

/** Throws an `AdapterError` for what is no folder's address. */
export const folderAt = (uri: string): FolderPlace => required(uri, parseFolder(uri));

function required<T extends object>(uri: string, place: T | string): T {
  if (typeof place !== "string") return place;
  throw new AdapterError(`${addressWords(uri, place)}`, { code: "bad_address", retryable: false });
}

/** `"gs://lab/../x" is no address in Cloud Storage: a part of its path is . or ..; write gs://bucket/folder/file`. */
export const addressWords = (uri: string, fault: string): string =>
  `${JSON.stringify(uri.slice(0, 200))} is no address in Cloud Storage: ${fault}; write gs://bucket/folder/file`;

export const uriOf = ({ bucket, name }: ObjectPlace): string => `gs://${bucket}/${name}`;
