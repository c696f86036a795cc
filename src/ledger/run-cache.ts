import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { RunStore } from "../ports.ts";

export interface RunSnapshot {
  readonly run: Run;
  readonly jobs: readonly Job[];
}

/** Whole jobs of the runs that go on, so that a warm writer reads only what has changed since it last wrote. */
export function cacheRuns(store: Pick<RunStore, "load">) {
  const known = new Map<string, { rev: number; jobs: Map<string, Job> }>();
  return {
    /** The run as the store has it now; null when it is gone. */
    async load(runId: string): Promise<RunSnapshot | null> {
      const earlier = known.get(runId) ?? { rev: 0, jobs: new Map<string, Job>() };
      const loaded = await store.load(runId, earlier.rev, "whole");
      if (!loaded) {
        known.delete(runId);
        return null;
      }
      for (const job of loaded.jobs) earlier.jobs.set(job.key, job);
      known.set(runId, { rev: loaded.run.rev, jobs: earlier.jobs });
      return { run: loaded.run, jobs: [...earlier.jobs.values()] };
    },
    forget: (runId: string): boolean => known.delete(runId),
  };
}
