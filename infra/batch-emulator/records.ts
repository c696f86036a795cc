import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type JobRecord, type OperationRecord, type Records, recordKey } from "./model.ts";

/** What a state file holds beside jobs and operations: each part gives its own, and gets it back after a restart. */
export interface Saved {
  /** Names the emulator's processes, so that the next one finds what a killed one left. */
  mark: string;
  /** Where the sequence of chance stands. */
  chance: number;
  /** Messages that were not acknowledged yet. */
  messages: unknown[];
}

export interface KeptRecords extends Records {
  /** As it was read; null for a new or unsaved emulator. */
  readonly saved: Saved | null;
  /** From now on, `side` is asked for what is saved beside the records. */
  keep(side: () => Saved): void;
  /** Saves what is not saved yet. */
  close(): void;
}

/** Nothing is saved. */
export function memoryRecords(): KeptRecords {
  return { jobs: new Map(), operations: new Map(), saved: null, touch() {}, keep() {}, close() {} };
}

interface Snapshot extends Saved {
  version: 1;
  jobs: JobRecord[];
  operations: OperationRecord[];
}

/** The shortest time between two saves. A large file is saved more rarely: writing takes at most a tenth of the time. */
const EVERY_MS = 100;

/**
 * Saves into a JSON file: soon after a change, and at the end. The file is always whole, because it is replaced by a rename;
 * what a kill -9 loses is what changed since the last save. Throws if the file is there and is not one of ours.
 */
export function fileRecords(path: string): KeptRecords {
  const found = read(path);
  const jobs = new Map((found?.jobs ?? []).map((job) => [recordKey(job.project, job.location, job.id), job]));
  const operations = new Map((found?.operations ?? []).map((operation) => [operation.name, operation]));
  let side: (() => Saved) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = EVERY_MS;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    if (side === null) return;
    const began = performance.now();
    write(path, { version: 1, ...side(), jobs: [...jobs.values()], operations: [...operations.values()] });
    pauseMs = Math.max(EVERY_MS, 9 * (performance.now() - began));
  };
  return {
    jobs,
    operations,
    saved: found,
    touch() {
      timer ??= setTimeout(save, pauseMs);
    },
    keep(given) {
      side = given;
      save(); // the mark is on the disk before the first process carries it
    },
    close: save,
  };
}

function write(path: string, snapshot: Snapshot): void {
  const next = `${path}.next`;
  writeFileSync(next, JSON.stringify(snapshot));
  renameSync(next, path);
}

function read(path: string): Snapshot | null {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    return null;
  }
  const snapshot = parse(path);
  if (snapshot?.version === 1 && Array.isArray(snapshot.jobs)) return snapshot;
  throw new Error(
    `cannot go on with ${path}: it is not a state file of the Batch emulator; name another file or remove it`,
  );
}

function parse(path: string): Snapshot | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Snapshot;
  } catch {
    return null; // not JSON: told as any other wrong file
  }
}
