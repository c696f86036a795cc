import { existsSync, readdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../../core/quantity.ts";
import type { AttemptRef } from "../../ports.ts";
import { attemptFolder, type Folder } from "./folder.ts";
import type { Lock } from "./lock.ts";

/** What one attempt holds of the machine, from before its start until its exit record is seen. */
export interface Slot {
  readonly id: string;
  readonly runId: string;
  readonly milliCpus: number;
  readonly memoryBytes: number;
}

export interface Total {
  readonly milliCpus: number;
  readonly memoryBytes: number;
}

export interface Slots {
  /** Reserves for those that fit, in the order given, and gives their ids; null when the lock could not be had. */
  reserve(wanted: readonly AttemptRef[]): Set<string> | null;
  release(slot: AttemptRef | Slot): void;
  /** Every reservation whose attempt has not ended. */
  held(): Slot[];
  free(): Total;
}

/** A reservation that no supervisor has claimed for so long was made by a monitor that died before it could launch. */
const UNCLAIMED_MILLISECONDS = 60_000;

export function openSlots(folder: Folder, lock: Lock, total: Total): Slots {
  const held = () => list(folder).filter((slot) => !existsSync(join(folder.ended, slot.id)));
  return {
    reserve: (wanted) => lock.hold(() => reserveUnderLock(folder, total, wanted)),
    release: (slot) => drop(folder, "attempt" in slot ? slotOf(slot) : slot),
    held,
    free: () => remaining(total, held()),
  };
}

function reserveUnderLock(folder: Folder, total: Total, wanted: readonly AttemptRef[]): Set<string> {
  const live = list(folder).filter((slot) => {
    if (!existsSync(join(folder.ended, slot.id))) return true;
    drop(folder, slot);
    return false;
  });
  const there = new Set(live.map((slot) => slot.id));
  let { milliCpus, memoryBytes } = remaining(total, live);
  const reserved = new Set<string>();
  for (const ref of wanted) {
    const slot = slotOf(ref);
    if (!there.has(slot.id)) {
      if (slot.milliCpus > milliCpus || slot.memoryBytes > memoryBytes) continue;
      writeFileSync(join(folder.slots, nameOf(slot)), "");
      milliCpus -= slot.milliCpus;
      memoryBytes -= slot.memoryBytes;
      there.add(slot.id);
    }
    reserved.add(slot.id);
  }
  return reserved;
}

const remaining = (total: Total, slots: readonly Slot[]): Total => ({
  milliCpus: total.milliCpus - slots.reduce((sum, slot) => sum + slot.milliCpus, 0),
  memoryBytes: total.memoryBytes - slots.reduce((sum, slot) => sum + slot.memoryBytes, 0),
});

export const slotOf = (ref: AttemptRef): Slot => ({
  id: ref.attempt.id,
  runId: ref.run_id,
  milliCpus: Math.max(1, Math.round(ref.attempt.resources.cpu * 1000)),
  memoryBytes: bytesOf(ref.attempt.resources.memory),
});

/** Whether nobody can be about to start this unclaimed attempt any more. */
export function isAbandoned(folder: Folder, slot: Slot, now: number): boolean {
  const found = statSync(join(folder.slots, nameOf(slot)), { throwIfNoEntry: false });
  return found !== undefined && now - found.mtimeMs > UNCLAIMED_MILLISECONDS;
}

export const claimPath = (folder: Folder, slot: Slot): string =>
  join(folder.root, attemptFolder(slot.runId, slot.id), "claim");

/** All of a reservation stands in its name, so that one listing tells everything. */
const nameOf = (slot: Slot): string => [slot.id, slot.milliCpus, slot.memoryBytes, slot.runId].join("~");

function list(folder: Folder): Slot[] {
  return readdirSync(folder.slots).flatMap((name) => {
    const match = /^([a-z0-9-]+)~(\d+)~(\d+)~([A-Za-z0-9._-]+)$/.exec(name);
    if (!match) return [];
    return [{ id: match[1]!, milliCpus: Number(match[2]), memoryBytes: Number(match[3]), runId: match[4]! }];
  });
}

function drop(folder: Folder, slot: Slot): void {
  try {
    unlinkSync(join(folder.slots, nameOf(slot)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
