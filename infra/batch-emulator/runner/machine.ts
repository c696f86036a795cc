import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Buckets, DiskProblem, type Disks, layOutDisks } from "./disks.ts";
import {
  killMembers,
  type MemoryGroup,
  type MemoryPlace,
  makeRunnableGroup,
  makeTaskGroup,
  removeGroup,
} from "./memory-group.ts";
import { layOutView, type Mount, type View } from "./mounts.ts";
import type { TaskOrder } from "./runner.ts";
import type { Privacy } from "./wrap.ts";

/** The machine of one attempt of one task: a folder, its disks, and its memory. Nothing of it is left afterwards. */
export interface Machine {
  readonly folder: string;
  readonly hostsFile: string;
  readonly disks: Disks;
  readonly memoryBytes: number | null;
  /** The kernel's group for one runnable; null where there is none to be had. */
  memoryGroup(runnable: number, bytes: number | null): MemoryGroup | null;
  /** A view of the file system with these mounts for one runnable; null if there are none. */
  view(runnable: number, mounts: readonly Mount[]): View | null;
  /** Writes a script's text to a file that can be started. */
  writeScript(runnable: number, text: string): string;
  close(): Promise<void>;
}

export interface MachinePlace {
  readonly folder: string;
  readonly buckets: Buckets;
  readonly memory: MemoryPlace | null;
  readonly privacy: Privacy;
  /** In the names of what is the whole machine's: another emulator may run the same jobs. */
  readonly mark: string;
}

const MIB = 1024 * 1024;
/** Batch's default where the job does not say (facts/batch.md 1.5). */
const DEFAULT_MIB = 2000;

/** Throws a `DiskProblem` if the job asks for disks that it cannot have. */
export function openMachine(place: MachinePlace, order: TaskOrder): Machine {
  const name = `${order.record.job.uid}-${order.index}-${order.retry}`;
  const folder = join(place.folder, "machines", name);
  mkdirSync(folder, { recursive: true });
  const hostsFile = join(folder, "hosts");
  writeFileSync(hostsFile, "127.0.0.1\n");
  const asked = Number(order.shape.spec.computeResource?.memoryMib ?? DEFAULT_MIB);
  const memoryBytes = (asked > 0 ? asked : DEFAULT_MIB) * MIB;
  let disks: Disks;
  try {
    disks = layOutDisks(order.shape.spec, place.buckets, folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const task =
    place.memory === null
      ? null
      : makeTaskGroup(place.memory, `${groupName(place.mark)}-${name}`, memoryBytes);
  return {
    folder,
    hostsFile,
    disks,
    memoryBytes,
    memoryGroup: (runnable, bytes) =>
      place.memory === null || task === null ? null : makeRunnableGroup(place.memory, task, runnable, bytes),
    view: (runnable, mounts) => viewFor(place, join(folder, `view${runnable}`), mounts),
    writeScript(runnable, text) {
      const file = join(folder, `script${runnable}`);
      writeFileSync(file, text);
      chmodSync(file, 0o755);
      return file;
    },
    async close() {
      if (task !== null) await empty(task);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 }); // a dying process may still write
    },
  };
}

export const groupName = (mark: string): string => `batch-emulator-${mark}`;

function viewFor(place: MachinePlace, folder: string, mounts: readonly Mount[]): View | null {
  if (mounts.length === 0) return null;
  if (place.privacy === "none") {
    const where = mounts.map((mount) => mount.target).join(", ");
    throw new DiskProblem(
      `cannot mount ${where}: this needs Linux, unshare of util-linux, and root or user namespaces; run the emulator as root`,
    );
  }
  mkdirSync(folder, { recursive: true });
  return layOutView(folder, mounts);
}

/** Kills until nobody is left in the group; a process in the kernel's hands takes a moment to go. */
async function empty(group: MemoryGroup): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    killMembers(group);
    if (removeGroup(group)) return;
    await sleep(10);
  }
}
