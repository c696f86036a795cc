import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Which machine, since which boot, and which view of its process ids: without all three a process id says nothing. */
export interface Machine {
  readonly host: string;
  readonly boot: string;
  readonly pidNamespace: string;
}

export function thisMachine(): Machine {
  return {
    host: hostname().replace(/\s/g, "_") || "localhost",
    boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    pidNamespace: readlinkSync("/proc/self/ns/pid"),
  };
}

/** One process for ever: its id may be given to another, its id with its start time never. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of `/proc/PID/stat`. */
  readonly startTime: string;
}

export interface ProcessState extends ProcessIdentity {
  readonly state: string;
  readonly group: number;
}

/** What `/proc/PID/stat` says; null when there is no such process. A zombie is told as null too: it does nothing any more. */
export function readProcess(pid: number): ProcessState | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null; // gone, which is the answer
  }
  const fields = afterName(stat);
  const [state, , group] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined || state === "Z" || state === "X") return null;
  return { pid, state, group: Number(group), startTime };
}

/** The fields of a stat line from the third on; a process's name may itself contain spaces and parentheses. */
export const afterName = (stat: string): string[] => stat.slice(stat.lastIndexOf(")") + 2).split(/\s+/);

export const isAlive = (identity: ProcessIdentity): boolean =>
  readProcess(identity.pid)?.startTime === identity.startTime;

/** Bytes of a memory page, from the auxiliary vector (AT_PAGESZ, 6): Node does not tell. */
export function pageSize(): number {
  const vector = readFileSync("/proc/self/auxv");
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === 6n) return Number(vector.readBigUInt64LE(at + 8));
  }
  return 4096;
}
