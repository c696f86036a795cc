import { readFileSync } from "node:fs";
import { findMemoryGroups } from "../../src/executors/local/cgroup.ts";

const groups = findMemoryGroups("/sys/fs/cgroup", readFileSync("/proc/self/cgroup", "utf8"));

/** For `needs`: the kernel enforces memory limits on this machine, so that a kill at the limit is a true one. */
export const MEMORY_GROUPS = [
  "a memory cgroup that it may write",
  groups !== null,
  "run as root, or in a delegated cgroup v2 subtree",
] as const;
