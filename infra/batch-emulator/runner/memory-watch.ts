import { readdirSync, readFileSync } from "node:fs";

/** How often memory is looked at where the kernel cannot hold the limit. Milliseconds. */
const EVERY_MS = 50;
const PAGE_BYTES = 4096;

/**
 * Where no memory group may be written: kills when the processes of one group together are over the limit. It sees only
 * every so often, so a quick allocation gets past it; on systems without /proc it sees nothing.
 */
export function watchMemory(pid: number, bytes: number, kill: () => void): () => void {
  const timer = setInterval(() => {
    if (residentBytes(pid) > bytes) kill();
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/** Resident memory of all processes whose group is `group`. */
function residentBytes(group: number): number {
  let pages = 0;
  for (const pid of processIds()) {
    const stat = readOr(`/proc/${pid}/stat`);
    // Fields after the last ")", because a process's name may hold anything: state, parent, group, ..., 22nd: pages.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(fields[2]) === group) pages += Number(fields[21] ?? 0);
  }
  return pages * PAGE_BYTES;
}

/** All processes that can be seen; none where there is no /proc. */
export function processIds(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return []; // not Linux
  }
}

export function readOr(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the process ended, or is somebody else's
  }
}
