import { EVERY_RUN, MOST_RUNS } from "./active-runs.ts";
import type { Deps } from "./deps.ts";
import { liveAttempts, messageOf } from "./probe.ts";
import type { RunsCache } from "./runs-cache.ts";

/**
 * Ends what runs at an executor although no attempt in the store is waiting for it any more: a run was removed by hand, an attempt
 * was given up while its executor was away. Costs what a look at every active run costs, and one listing. Never throws.
 */
export async function sweepOrphans(deps: Deps, cache: RunsCache): Promise<void> {
  const sweeping = [...deps.executors.values()].filter((executor) => executor.sweep);
  if (sweeping.length === 0) return;
  try {
    const runs = await deps.store.activeRuns(EVERY_RUN, MOST_RUNS);
    if (runs.length >= MOST_RUNS) return; // nobody knows them all, so nothing is swept
    const live = new Set<string>();
    for (const runId of runs) {
      const known = await cache.refresh(deps.store, runId);
      for (const { ref } of known ? liveAttempts(known) : []) live.add(ref.attempt.id);
    }
    for (const executor of sweeping) {
      for (const id of (await executor.sweep?.(live)) ?? [])
        deps.warn(`${id} was still there at ${executor.kind} and belongs to no open job: it was cancelled`);
    }
  } catch (error) {
    deps.warn(`what nobody waits for any more could not be swept, it is tried again: ${messageOf(error)}`);
  }
}
