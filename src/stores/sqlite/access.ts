import { accessSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { AdapterError } from "../../ports.ts";
import { isNetworkFileSystem, type Mount, mountOf } from "./file-system.ts";

/** Makes the store's directory where it lacks. */
export function makeDirectory(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new AdapterError(
      `store ${file}: cannot make its directory: ${said}. Choose another path with BIOAGENT_STORE=sqlite:PATH.`,
      { code: "store_unreachable", retryable: false, cause: error },
    );
  }
}

/** An existing file that we may not write, or beside which we may not make SQLite's own files: it may still be read. */
export const isReadOnly = (file: string): boolean =>
  existsSync(file) && !(isWritable(file) && isWritable(dirname(file)));

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Whatever the reason, it cannot be written.
    return false;
  }
}

/** The network file system that the file lies on; null on a local disk, or where the system does not tell. */
export function networkMountOf(file: string): Mount | null {
  const mount = mountOf(realpathSync(existsSync(file) ? file : dirname(file)), readMounts());
  return mount && isNetworkFileSystem(mount.type) ? mount : null;
}

function readMounts(): string {
  try {
    return readFileSync("/proc/self/mounts", "utf8");
  } catch {
    // Not Linux: a local disk is assumed, as SQLite itself does.
    return "";
  }
}
