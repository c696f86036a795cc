import { existsSync, mkdirSync } from "node:fs";
import { join, normalize, relative, resolve, sep } from "node:path";
import type { ContainerRunnable, TaskSpec, Volume } from "../engine/task-spec.ts";
import { MachineProblem } from "./machine-problem.ts";
import type { Mount } from "./mounts.ts";

/** What a task's machine has mounted, and what that is on this host. */
export interface Disks {
  /** Seen by script runnables, and by containers that name no volumes of their own. */
  readonly mounts: readonly Mount[];
  /** A container's own `volumes`. */
  ofContainer(container: ContainerRunnable, more: readonly string[]): Mount[];
  /** Where a path under one of the mounts is on this host; null for a path of the machine alone, or one that is read-only. */
  onHost(path: string): string | null;
}

/** What stands for Cloud Storage. */
export interface Buckets {
  /** Its directories are the buckets. */
  readonly folder: string;
  /** No others exist. Otherwise nobody but the emulator knows the folder, and a bucket is made when it is mounted. */
  readonly areAll: boolean;
}

/** A disk that a task cannot have. */
export class DiskProblem extends MachineProblem {}

/**
 * A path of the machine's own disk that a container binds and that this host has not
 * is a directory of the task's own below `folder`, which scripts of the task see at the same path.
 */
export function layOutDisks(spec: TaskSpec, buckets: Buckets, folder: string): Disks {
  const volumes = (spec.volumes ?? []).map((volume) => volumeMount(volume, buckets, folder));
  const own = ownPaths(spec, volumes).map((path) => ownDirectory(path, folder));
  const mounts = [...volumes, ...own];
  return {
    mounts,
    onHost(path) {
      const around = mountAround(path, mounts);
      return around === undefined || around.readOnly ? null : hostPath(path, around);
    },
    ofContainer(container, more) {
      const bind = (text: string): Mount => {
        const { path, target, readOnly } = readBind(text);
        return { source: onHost(path, mounts), target, readOnly };
      };
      const named = (container.volumes ?? []).map(bind);
      // Bucket volumes are read-write in containers, whatever their mount options say (task.proto, Container.volumes).
      const own = named.length > 0 ? named : volumes.map((mount) => ({ ...mount, readOnly: false }));
      return [...own, ...more.map(bind)];
    },
  };
}

function volumeMount(volume: Volume, buckets: Buckets, folder: string): Mount {
  const target = absolute(volume.mountPath ?? `/mnt/disks/${volume.deviceName ?? ""}`);
  if (volume.nfs !== undefined)
    throw new DiskProblem(`cannot mount NFS at ${target}: the emulator has no NFS`);
  const source =
    volume.gcs === undefined
      ? join(folder, "disk", target)
      : bucketFolder(volume.gcs.remotePath ?? "", buckets);
  mkdirSync(source, { recursive: true });
  const readOnly = (volume.mountOptions ?? []).some((option) => /(^|[\s,=])ro($|[\s,])/.test(option));
  return { source, target, readOnly };
}

function bucketFolder(remotePath: string, { folder, areAll }: Buckets): string {
  const path = resolve(folder, remotePath.replace(/^gs:\/\//, ""));
  const inside = relative(resolve(folder), path);
  if (inside === "" || inside.split(sep)[0] === "..") {
    throw new DiskProblem(`cannot mount the bucket path "${remotePath}": it must begin with a bucket's name`);
  }
  const bucket = inside.split(sep)[0]!;
  // A folder within a bucket need not be there: no object makes one.
  if (areAll && !existsSync(join(folder, bucket))) throw new DiskProblem(noSuchBucket(bucket, folder));
  return path;
}

/** gcsfuse's own words, as Batch's agent logs them (nextflow-io/nextflow 4780, GoogleCloudPlatform/gcsfuse 2354). */
const noSuchBucket = (bucket: string, folder: string): string =>
  `cannot mount the bucket ${bucket}: daemonize.Run: readFromProcess: sub-process: mountWithArgs: mountWithStorageHandle: fs.NewServer: create file system: SetUpBucket: Error in iterating through objects: storage: bucket doesn't exist (emulator: there is no folder ${join(folder, bucket)})`;

/** What Batch's machines (Container-Optimized OS) have for whoever needs room: the task's own, whatever this host has there. */
const SCRATCH = "/var/lib/toolbox";

/** Paths that containers bind from the machine, and that are neither in a volume nor on this host. */
function ownPaths(spec: TaskSpec, volumes: readonly Mount[]): string[] {
  const bound = (spec.runnables ?? [])
    .flatMap((runnable) => runnable.container?.volumes ?? [])
    .map((text) => readBind(text).path)
    .concat(volumes.length > 0 ? SCRATCH : []) // with a view of its own, a task need not write to this host's disk
    .filter((path) => !volumes.some((mount) => isWithin(path, mount.target)) && isOwn(path));
  const shortest = [...new Set(bound)].sort((a, b) => a.length - b.length);
  return shortest.filter((path) => !shortest.some((other) => other !== path && isWithin(path, other)));
}

const isOwn = (path: string): boolean => isWithin(path, SCRATCH) || !existsSync(path);

function ownDirectory(path: string, folder: string): Mount {
  const source = join(folder, "disk", path);
  mkdirSync(source, { recursive: true });
  return { source, target: path, readOnly: false };
}

/** `src:dst[:options]`, as docker takes it. */
function readBind(text: string): { path: string; target: string; readOnly: boolean } {
  const [path = "", target = path, options = ""] = text.split(":");
  return { path: absolute(path), target: absolute(target), readOnly: options.split(",").includes("ro") };
}

/** Where a path of the machine lies on this host; made if it is not there, as docker makes it. */
function onHost(path: string, mounts: readonly Mount[]): string {
  const around = mountAround(path, mounts);
  const source = around === undefined ? path : hostPath(path, around);
  if (!existsSync(source)) mkdirSync(source, { recursive: true });
  return source;
}

/** The innermost mount that holds the path. */
const mountAround = (path: string, mounts: readonly Mount[]): Mount | undefined =>
  mounts.filter((mount) => isWithin(path, mount.target)).sort((a, b) => b.target.length - a.target.length)[0];

const hostPath = (path: string, { source, target }: Mount): string => source + path.slice(target.length);

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

function absolute(path: string): string {
  const clean = normalize(path).replace(/(.)\/+$/, "$1");
  if (!clean.startsWith("/") || clean === "/") {
    throw new DiskProblem(`cannot mount at "${path}": the path must be absolute, and not the root`);
  }
  return clean;
}
