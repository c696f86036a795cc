import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Where memory may be limited by the kernel. */
export interface MemoryPlace {
  readonly version: 1 | 2;
  readonly base: string;
}

/** A group of processes under one limit. A process that writes 0 to `procs` joins. */
export interface MemoryGroup {
  readonly folder: string;
  readonly procs: string;
}

const ROOT = "/sys/fs/cgroup";

/** Version 2 where it has the memory controller and a part of it is ours; else version 1, as on hybrid machines; else null. */
export function findMemoryPlace(root = ROOT, self = readOr("/proc/self/cgroup")): MemoryPlace | null {
  return findVersion2(root, self) ?? findVersion1(root, self);
}

/** Only folders without processes of their own hand a controller down, so the search goes upwards from our own. */
function findVersion2(root: string, self: string): MemoryPlace | null {
  const path = /^0::(\/.*)$/m.exec(self)?.[1];
  if (path === undefined || !words(join(root, "cgroup.controllers")).includes("memory")) return null;
  for (let at = join(root, path); at.startsWith(root); at = dirname(at)) {
    if (words(join(at, "cgroup.subtree_control")).includes("memory") && isWritable(at)) {
      return { version: 2, base: at };
    }
  }
  return null;
}

function findVersion1(root: string, self: string): MemoryPlace | null {
  const path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(self)?.[1];
  if (path === undefined) return null;
  const mount = join(root, "memory");
  const base = [join(mount, path), mount].find((folder) => existsSync(join(folder, "memory.limit_in_bytes")));
  return base !== undefined && isWritable(base) ? { version: 1, base } : null;
}

/** A task's group: the limit of its machine; its runnables' groups lie in it. */
export function makeTaskGroup(place: MemoryPlace, name: string, bytes: number): MemoryGroup {
  const group = makeGroup(place, join(place.base, name), bytes);
  if (place.version === 2) writeFileSync(join(group.folder, "cgroup.subtree_control"), "+memory");
  return group;
}

/** A runnable's group within its task's; `bytes` null for no limit of its own. */
export const makeRunnableGroup = (
  place: MemoryPlace,
  task: MemoryGroup,
  index: number,
  bytes: number | null,
): MemoryGroup => makeGroup(place, join(task.folder, `r${index}`), bytes);

function makeGroup(place: MemoryPlace, folder: string, bytes: number | null): MemoryGroup {
  mkdirSync(folder, { recursive: true });
  if (bytes !== null) {
    const [limit, ...swap] =
      place.version === 2
        ? ["memory.max", "memory.swap.max"]
        : ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
    writeFileSync(join(folder, limit!), String(bytes));
    // Absent on machines without swap accounting: then there is nothing to say.
    for (const file of swap.filter((name) => existsSync(join(folder, name)))) {
      writeFileSync(join(folder, file), place.version === 2 ? "0" : String(bytes));
    }
  }
  return { folder, procs: join(folder, "cgroup.procs") };
}

/** Kills whatever is in a group or below it: also what left its process group. Returns how many there were. */
export function killMembers(group: MemoryGroup): number {
  const members = [group.folder, ...below(group.folder)].flatMap((folder) =>
    words(join(folder, "cgroup.procs")).map(Number),
  );
  for (const pid of members) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  return members.length;
}

/** Takes away the groups whose names begin so, as far as nobody is in them: a killed emulator could not. */
export function sweepGroups(place: MemoryPlace, prefix: string): void {
  for (const name of readdirSync(place.base).filter((one) => one.startsWith(prefix))) {
    removeGroup({ folder: join(place.base, name), procs: "" });
  }
}

/** Takes the group and those below away; false while a process still dies in them. */
export function removeGroup(group: MemoryGroup): boolean {
  try {
    for (const folder of below(group.folder).reverse()) rmdirSync(folder); // a task may have made groups of its own
    rmdirSync(group.folder);
    return true;
  } catch {
    return !existsSync(group.folder);
  }
}

/** All groups below, each after the one that it is in. */
function below(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [join(folder, name), ...below(join(folder, name))]);
}

const words = (file: string): string[] => readOr(file).split(/\s+/).filter(Boolean);

function readOr(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // not every kernel has every file
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // not ours, which is the answer
  }
}
