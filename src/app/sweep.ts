import type { Run } from "../core/run.ts";
import { isFinalRun } from "../core/status.ts";
import { MOST_RUNS } from "./active-runs.ts";
import type { Deps } from "./deps.ts";
import { messageOf } from "./probe.ts";
import type { RunsCache } from "./runs-cache.ts";
import { type TickOptions, tickRun } from "./tick.ts";

export interface Sweep {
  readonly runs: readonly Run[];
  readonly errors: readonly string[];
  /** Runs for which there was no time; the next sweep begins with them. */
  readonly left: readonly string[];
}

/** The passes of one process that answers requests: over all runs that are due, and over single ones in between. */
export interface Sweeper {
  /** Full passes over the runs that are due, as long as there is time. A run that throws is reported, and stops no other. */
  sweep(isTimeUp: () => boolean): Promise<Sweep>;
  /** One pass over one run, when no other is being made over it here. Throws what the pass throws. */
  look(runId: string, options?: () => TickOptions | null): Promise<Run | null>;
  /** When the last pass over a run began, milliseconds, and the last one that has looked at all its attempts. */
  begun(runId: string): { readonly any: number; readonly full: number };
}

export interface SweeperParts {
  readonly deps: Deps;
  readonly cache: RunsCache;
  /** Tells the time, milliseconds. */
  readonly milliseconds: () => number;
  /** Told the runs that are active, as each sweep finds them. */
  readonly onActive?: (runIds: readonly string[]) => void;
  /** Told of each run that is found ended. */
  readonly onEnded?: (runId: string) => void;
}

const NEVER = { any: Number.NEGATIVE_INFINITY, full: Number.NEGATIVE_INFINITY };

/** One run is passed over by one pass at a time; passes over different runs do not wait for each other. */
export function openSweeper(parts: SweeperParts): Sweeper {
  const { deps, cache, milliseconds } = parts;
  const inTurn = turns();
  const passes = new Map<string, { any: number; full: number }>();
  let left: readonly string[] = [];

  const look = (runId: string, options: () => TickOptions | null = () => ({})): Promise<Run | null> =>
    inTurn(runId, async () => {
      const given = options();
      if (given === null) return null;
      const any = milliseconds();
      const { full } = passes.get(runId) ?? NEVER;
      passes.set(runId, { any, full });
      const run = await tickRun(deps, cache, runId, given);
      passes.set(runId, { any, full: given.hinted ? full : any });
      if (!run || isFinalRun(run.status)) {
        passes.delete(runId);
        parts.onEnded?.(runId);
      }
      return run;
    });

  const sweep = async (isTimeUp: () => boolean): Promise<Sweep> => {
    const due = await deps.store.activeRuns(deps.now(), MOST_RUNS);
    parts.onActive?.(due);
    const waiting = fairly(due, left, deps.random());
    const runs: Run[] = [];
    const errors: string[] = [];
    while (waiting.length > 0 && !isTimeUp()) {
      const id = waiting.shift()!;
      try {
        const run = await look(id);
        if (run) runs.push(run);
      } catch (error) {
        errors.push(`run ${id}: ${messageOf(error)}`);
        cache.forget(id);
      }
    }
    left = waiting;
    return { runs, errors, left };
  };
  return { sweep, look, begun: (runId) => passes.get(runId) ?? NEVER };
}

/** More runs than one sweep has ever left over need no fairness. */
const FEW = 20;

/**
 * Those first for which the last sweep had no time. A process that knows of none may be one of many that each die half-way, so
 * among many runs it begins somewhere (`chance` in [0, 1)): else the last ones would never have their turn.
 */
export function fairly(due: readonly string[], left: readonly string[], chance: number): string[] {
  const isDue = new Set(due);
  const first = new Set(left.filter((id) => isDue.has(id)));
  if (first.size > 0) return [...first, ...due.filter((id) => !first.has(id))];
  const at = due.length > FEW ? Math.floor(chance * due.length) : 0;
  return [...due.slice(at), ...due.slice(0, at)];
}

/** Work under one name begins when all that came before it under that name is done, whether that went well or not. */
export function turns(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const before = last.get(name);
    const mine = before ? before.then(work, work) : work();
    const settled = mine.then(
      () => {},
      () => {}, // told to whoever asked for the work
    );
    last.set(name, settled);
    void settled.then(() => {
      if (last.get(name) === settled) last.delete(name);
    });
    return mine;
  };
}
