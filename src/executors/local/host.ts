import type { MemoryGroups } from "./cgroup.ts";
import type { Ends } from "./ends.ts";
import type { Folder } from "./folder.ts";
import type { LaunchContext } from "./launch.ts";
import type { Launcher } from "./launcher.ts";
import type { Machine } from "./machine.ts";
import type { Slots, Total } from "./slots.ts";

/** Everything that the operations of one local executor share. */
export interface Host {
  readonly folder: Folder;
  readonly machine: Machine;
  readonly groups: MemoryGroups | null;
  /** Why there are no memory groups; empty when there are. */
  readonly withoutGroups: string;
  readonly total: Total;
  readonly slots: Slots;
  readonly launcher: Launcher;
  readonly launchContext: LaunchContext;
  readonly ends: Ends;
  /** Milliseconds since the epoch: compared with the times of files. */
  readonly now: () => number;
}

export const sayGroups = (groups: MemoryGroups | null): string =>
  groups ? `cgroup v${groups.version}` : "sampled";
