import { invalid } from "./api-error.ts";

/** https://cloud.google.com/storage/docs/buckets#naming */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
/** Bytes: an object's name, https://cloud.google.com/storage/docs/objects#naming; a file's name on this machine. */
const MAX_NAME_BYTES = 1024;
const MAX_PART_BYTES = 255;

/** Throws 400 for what is no bucket's name. */
export function checkBucketName(bucket: string): void {
  if (!BUCKET.test(bucket) || bucket.includes("..")) throw invalid(`Invalid bucket name: '${bucket}'`);
}

/** Throws 400 for what the service refuses as an object's name, and for what cannot be a file's path here. */
export function checkObjectName(name: string): void {
  if (name === "") throw invalid("Required parameter: name");
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw invalid(`The maximum object length is ${MAX_NAME_BYTES} characters, but got a name with more.`);
  if (/[\r\n\u0000]/.test(name) || !name.isWellFormed() || name === "." || name === "..")
    throw invalid(`Disallowed unicode characters present in object name '${name}'`);
  const reason = noFileBecause(name);
  if (reason !== null) throw unkeepable(name, reason);
}

/** This emulator keeps objects as plain files; a bucket has no such limits, so the refusal says whose they are. */
export const unkeepable = (name: string, reason: string): Error =>
  invalid(`This emulator keeps each object as a file, and '${name}' cannot be one: ${reason}.`);

function noFileBecause(name: string): string | null {
  const parts = name.split("/");
  if (name.endsWith("/")) return "its name ends in '/'";
  if (parts.includes("")) return "a part of its name is empty";
  if (parts.includes(".") || parts.includes("..")) return "a part of its name is '.' or '..'";
  const long = parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES);
  return long ? `a part of its name is longer than ${MAX_PART_BYTES} bytes` : null;
}

/** True for names that could have been stored, so that asking for others is simply "not there". */
export function isObjectName(name: string): boolean {
  try {
    checkObjectName(name);
    return true;
  } catch {
    return false;
  }
}
