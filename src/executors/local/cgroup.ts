import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** A place where memory groups may be made, one for each launch of an attempt. */
export interface MemoryGroups {
  readonly version: 1 | 2;
  /** Folder in which the groups lie. */
  readonly base: string;
}

/** Files of one group that the supervisor uses. */
export interface GroupFiles {
  readonly folder: string;
  /** A process that writes 0 here joins. */
  readonly procs: string;
  /** Has the line `oom_kill N`. */
  readonly kills: string;
  /** Bytes at the worst moment. It includes page cache that was charged to the group, so it may exceed what was needed. */
  readonly peak: string;
}

/**
 * Where this process may limit memory, or null. `root` is `/sys/fs/cgroup`, `self` the text of `/proc/self/cgroup`.
 * Version 2 wins where it has the memory controller; a hybrid machine has it in version 1.
 */
export function findMemoryGroups(root: string, self: string): MemoryGroups | null {
  return findVersion2(root, self) ?? findVersion1(root, self);
}

/**
 * In version 2 only folders without processes of their own hand a controller down, so we look upwards from our own group
 * for one that already does, and that we may write: the subtree that systemd or a batch system delegated to us.
 */
function findVersion2(root: string, self: string): MemoryGroups | null {
  const path = /^0::(\/.*)$/m.exec(self)?.[1];
  if (path === undefined || !has(root, "cgroup.controllers", "memory")) return null;
  for (let at = join(root, path); at.startsWith(root); at = dirname(at)) {
    if (has(at, "cgroup.subtree_control", "memory") && writable(at) && writable(join(at, "cgroup.procs"))) {
      return { version: 2, base: at };
    }
    if (at === root) break;
  }
  return null;
}

function findVersion1(root: string, self: string): MemoryGroups | null {
  const path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(self)?.[1];
  if (path === undefined) return null;
  const mount = join(root, "memory");
  // In a container the own path is the host's and not to be seen: then the mount is the container's own group.
  const base = [join(mount, path), mount].find((folder) => existsSync(join(folder, "memory.limit_in_bytes")));
  return base !== undefined && writable(base) ? { version: 1, base } : null;
}

const has = (folder: string, file: string, word: string): boolean =>
  (readIfThere(join(folder, file)) ?? "").split(/\s+/).includes(word);

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // absent or not ours, which is the answer
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // not every kernel has every file
  }
}

const PREFIX = "bioagent-";
const groupFolder = (groups: MemoryGroups, launch: string): string => join(groups.base, PREFIX + launch);

/** Makes the group of one launch with its limit in bytes. Launches have names of their own, so it never existed before. */
export function makeGroup(groups: MemoryGroups, launch: string, limit: number): GroupFiles {
  const folder = groupFolder(groups, launch);
  mkdirSync(folder);
  if (groups.version === 2) limitVersion2(folder, limit);
  else limitVersion1(folder, limit);
  const [kills, peak] =
    groups.version === 2
      ? ["memory.events", "memory.peak"]
      : ["memory.oom_control", "memory.max_usage_in_bytes"];
  return {
    folder,
    procs: join(folder, "cgroup.procs"),
    kills: join(folder, kills!),
    peak: join(folder, peak!),
  };
}

function limitVersion2(folder: string, limit: number): void {
  writeFileSync(join(folder, "memory.max"), String(limit));
  // Absent without swap, and before Linux 4.19: then there is nothing to say.
  for (const [file, value] of [
    ["memory.swap.max", "0"],
    ["memory.oom.group", "1"],
  ] as const) {
    if (existsSync(join(folder, file))) writeFileSync(join(folder, file), value);
  }
}

function limitVersion1(folder: string, limit: number): void {
  writeFileSync(join(folder, "memory.limit_in_bytes"), String(limit));
  const withSwap = join(folder, "memory.memsw.limit_in_bytes");
  if (existsSync(withSwap)) writeFileSync(withSwap, String(limit));
}

/** Removes a launch's group if nothing lives in it any more. */
export function removeGroup(groups: MemoryGroups, launch: string): void {
  try {
    rmdirSync(groupFolder(groups, launch));
  } catch {
    // It was never made, is gone already, or still holds a process; forgetting the attempt tries again.
  }
}

/**
 * Removes groups that were made before `before` (milliseconds) and that nothing lives in: a monitor that was killed, or
 * that ran in another place of the hierarchy, cannot have removed them. Returns how many went.
 */
export function sweepGroups(groups: MemoryGroups, before: number): number {
  let removed = 0;
  for (const name of readdirSync(groups.base)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(groups.base, name);
    try {
      if (statSync(folder).mtimeMs >= before) continue;
      rmdirSync(folder);
      removed += 1;
    } catch {
      // It still holds a process, or another monitor was faster.
    }
  }
  return removed;
}

/** Process ids in a launch's group. */
export const groupMembers = (groups: MemoryGroups, launch: string): number[] =>
  (readIfThere(join(groupFolder(groups, launch), "cgroup.procs")) ?? "")
    .split("\n")
    .filter(Boolean)
    .map(Number);

/** The memory limit that this process itself is under, in bytes; null when there is none. */
export function ownLimit(root: string, self: string): number | null {
  const v2 = /^0::(\/.*)$/m.exec(self)?.[1];
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(self)?.[1];
  const limits = [
    ...(v2 === undefined ? [] : limitsUpwards(root, v2, "memory.max")),
    ...(v1 === undefined ? [] : limitsUpwards(join(root, "memory"), v1, "memory.limit_in_bytes")),
  ];
  return limits.length === 0 ? null : Math.min(...limits);
}

function limitsUpwards(root: string, path: string, file: string): number[] {
  const limits: number[] = [];
  for (let at = join(root, path); at.startsWith(root); at = dirname(at)) {
    const limit = Number.parseInt(readIfThere(join(at, file)) ?? "", 10);
    if (limit > 0 && limit < 2 ** 60) limits.push(limit); // version 1 says "none" by a huge number
    if (at === root) break;
  }
  return limits;
}
