import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { groupMembers, type MemoryGroups } from "./cgroup.ts";
import type { TakenClaim } from "./claim.ts";
import { isAlive, readProcess } from "./machine.ts";

/** Every script carries its attempt's id under this name: what left its process group is found by it. */
export const MARKER = "BIOAGENT_ATTEMPT";

interface Traces {
  readonly id: string;
  readonly groups: MemoryGroups | null;
  /** Null when its folder is gone: then only the marker is left to find it by. */
  readonly claim: TakenClaim | null;
}

/**
 * Kills whatever lives of an attempt whose supervisor is dead: members of its memory group, of its process group, and
 * every process that carries its marker. True when nothing is left; false when something would not die within 5 s.
 */
export async function killRemains(traces: Traces): Promise<boolean> {
  for (let tries = 0; tries < 250; tries++) {
    const alive = findRemains(traces);
    if (alive.length === 0) return true;
    for (const pid of alive) kill(pid);
    await wait(20); // a killed process needs a moment to go
  }
  return false;
}

function findRemains({ id, groups, claim }: Traces): number[] {
  const found = new Set(groups && claim ? groupMembers(groups, claim.launch) : []);
  const script = claim?.script;
  // A group's number may be another's by now, unless its leader is still the same process.
  const leader = script && isAlive(script) ? script.pid : null;
  const marker = Buffer.from(`\0${MARKER}=${id}\0`, "latin1");
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (carries(pid, marker) || (leader !== null && readProcess(pid)?.group === leader)) found.add(pid);
  }
  return [...found].filter((pid) => readProcess(pid) !== null);
}

function carries(pid: number, marker: Buffer): boolean {
  try {
    return Buffer.concat([Buffer.of(0), readFileSync(`/proc/${pid}/environ`)]).includes(marker);
  } catch {
    return false; // gone, or somebody else's and so none of our scripts
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was faster.
  }
}
