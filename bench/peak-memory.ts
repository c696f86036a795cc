import { existsSync, readFileSync } from "node:fs";

const STATUS = "/proc/self/status";

/**
 * The most memory that this process has held at one time, MiB. Not `resourceUsage().maxRSS` where there is another way: on Linux a
 * child's begins with what its parent held when it started it.
 */
export function peakMiB(): number {
  if (!existsSync(STATUS)) return process.resourceUsage().maxRSS / 1024;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, "utf8"))?.[1]) / 1024;
}
