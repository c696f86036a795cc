/** A bucket and a path in it, of a `gs://` address. */
export interface BucketPath {
  readonly bucket: string;
  readonly path: string;
}

const ADDRESS = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*))?$/s;

/** Null when it is no `gs://` address, or one that leaves its bucket. */
export function parseAddress(text: string): BucketPath | null {
  const [, bucket, path = ""] = ADDRESS.exec(text) ?? [];
  if (bucket === undefined || path.split("/").includes("..")) return null;
  return { bucket, path };
}

/** Addresses in a cell: several values of one sample are separated by spaces, rows and cells of a sheet by tabs and newlines. */
const IN_TEXT = /(^|[ \t\n])gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?=\/|[ \t\n]|$)/g;

/** Where buckets are seen on the VM, and which are needed: each is mounted once, read-only. */
export interface Mounts {
  /** The path of an address. */
  path(address: BucketPath): string;
  /** The text with every address in it as a path. */
  rewrite(text: string): string;
  /** Every bucket that was asked for, in order. */
  buckets(): string[];
  folderOf(bucket: string): string;
}

/** `folder` is where the buckets are mounted, each under its name. */
export function planMounts(folder: string): Mounts {
  const buckets = new Set<string>();
  const folderOf = (bucket: string): string => `${folder}/${bucket}`;
  return {
    path({ bucket, path }) {
      buckets.add(bucket);
      return path === "" ? folderOf(bucket) : `${folderOf(bucket)}/${path}`;
    },
    rewrite: (text) =>
      text.replace(IN_TEXT, (_, before: string, bucket: string) => {
        buckets.add(bucket);
        return before + folderOf(bucket);
      }),
    buckets: () => [...buckets],
    folderOf,
  };
}
