import type { RunStore } from "../ports.ts";
import { EVERY_RUN, MOST_RUNS } from "./active-runs.ts";

/** A name that is nobody's makes us ask the store for the active runs at most so often, milliseconds. */
const BETWEEN_QUESTIONS = 30_000;

/** Day and number of a run, which attempt ids begin with: `20260227-001`. No two runs of one store share them. */
const OF_ATTEMPT = /^bioagent-(\d{8}-\d{3,})-[a-z0-9-]*[0-9a-f]{8}-a\d{1,3}$/;
const OF_RUN = /^(\d{4})-(\d{2})-(\d{2})_[a-z][a-z0-9_]*_(\d{3,})$/;

/** Whether a text has the form of an attempt id; whose it is, it does not say. */
export const looksLikeAttempt = (id: string): boolean => OF_ATTEMPT.test(id);

/** Finds the active run of an attempt without asking the store each time. */
export interface RunIndex {
  /** Null: none that is active here, as far as was known in the last half minute. */
  find(attempt: string): Promise<string | null>;
  has(runId: string): boolean;
  add(runIds: readonly string[]): void;
  remove(runId: string): void;
}

/** `milliseconds` tells the time. */
export function openRunIndex(store: Pick<RunStore, "activeRuns">, milliseconds: () => number): RunIndex {
  const runs = new Map<string, string>();
  let asked = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  const add = (ids: readonly string[]): void => {
    for (const id of ids) {
      const parts = OF_RUN.exec(id);
      if (parts) runs.set(`${parts[1]}${parts[2]}${parts[3]}-${parts[4]}`, id);
    }
  };
  const ask = async (): Promise<void> => {
    asked = milliseconds();
    try {
      const found = await store.activeRuns(EVERY_RUN, MOST_RUNS);
      runs.clear();
      add(found);
    } finally {
      asking = null;
    }
  };
  return {
    add,
    has: (runId) => [...runs.values()].includes(runId),
    remove(runId) {
      for (const [key, id] of runs) if (id === runId) runs.delete(key);
    },
    async find(attempt) {
      const key = OF_ATTEMPT.exec(attempt)?.[1];
      if (key === undefined) return null;
      if (!runs.has(key) && (asking !== null || milliseconds() - asked >= BETWEEN_QUESTIONS)) {
        asking ??= ask();
        await asking;
      }
      return runs.get(key) ?? null;
    },
  };
}
