import type { Chance } from "../model.ts";

/** Something that is to happen; `cancel` takes it back. */
export interface Timer {
  cancel(): void;
}

/** Many deadlines on one timer of the runtime: ten thousand lasting tasks cost ten thousand small entries in a heap. */
export interface Timers {
  /** Calls `action` after so many milliseconds; never at once. */
  after(milliseconds: number, action: () => void): Timer;
  /** How many are waiting. */
  pending(): number;
  /** Drops everything. */
  close(): void;
}

interface Entry extends Timer {
  at: number;
  /** Keeps entries of one moment in the order in which they were asked for. */
  order: number;
  action: (() => void) | null;
}

/** The longest that setTimeout can wait. */
const LONGEST_MS = 2 ** 31 - 1;

export function createTimers(chance: Chance): Timers {
  const heap: Entry[] = [];
  let alarm: NodeJS.Timeout | undefined;
  let alarmAt = Number.POSITIVE_INFINITY;
  let order = 0;

  const arm = () => {
    const next = heap[0];
    if (next === undefined || next.at >= alarmAt) return;
    clearTimeout(alarm);
    alarmAt = next.at;
    alarm = setTimeout(ring, Math.min(LONGEST_MS, Math.max(0, next.at - chance.now())));
  };
  const ring = () => {
    alarmAt = Number.POSITIVE_INFINITY;
    // What an action asks for waits for the next ring, so that a delay of 0 cannot hold the process.
    const now = chance.now();
    const due: Entry[] = [];
    while (heap[0] !== undefined && heap[0].at <= now) due.push(pop(heap));
    for (const entry of due) entry.action?.();
    arm();
  };

  return {
    after(milliseconds, action) {
      order += 1;
      const entry: Entry = {
        at: chance.now() + Math.max(0, milliseconds),
        order,
        action,
        cancel() {
          this.action = null;
        },
      };
      push(heap, entry);
      arm();
      return entry;
    },
    pending: () => heap.filter((entry) => entry.action !== null).length,
    close() {
      clearTimeout(alarm);
      heap.length = 0;
      alarmAt = Number.NEGATIVE_INFINITY; // nothing is armed any more
    },
  };
}

const earlier = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  heap.push(entry);
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!earlier(heap[at]!, heap[parent]!)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

function pop(heap: Entry[]): Entry {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length > 0) {
    heap[0] = last;
    sink(heap);
  }
  return first;
}

function sink(heap: Entry[]): void {
  for (let at = 0; ; ) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && earlier(heap[child]!, heap[least]!)) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least]!, heap[at]!];
    at = least;
  }
}
