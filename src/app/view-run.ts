import type { LoadedJob } from "../core/job.ts";
import { topological } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import { isFinalRun } from "../core/status.ts";
import type { RunStore, RunView } from "../ports.ts";
import type { RunsCache } from "./runs-cache.ts";

/**
 * A run and its jobs in pipeline order, samples in the sheet's. Costs a read for each job; of a run that goes on, for each that
 * changed since, when the cache knows the run.
 */
export async function viewRun(store: RunStore, runId: string, cache?: RunsCache): Promise<RunView | null> {
  const run = await store.readRun(runId);
  if (!run) return null;
  if (!isFinalRun(run.status)) {
    const known = cache ? await cache.refresh(store, runId) : await store.load(runId, 0, "heads");
    if (!known || !isFinalRun(known.run.status)) return known && inOrder(known.run, known.jobs.values());
  }
  cache?.forget(runId);
  const whole = await store.load(runId, 0, "whole");
  return whole && inOrder(whole.run, whole.jobs);
}

function inOrder(run: Run, jobs: Iterable<LoadedJob>): RunView {
  const steps = new Map(topological(run.pipeline_spec).map(({ id }, at) => [id, at]));
  const samples = new Map(run.samples.map((sample, at) => [sample, at]));
  const placeOf = (sample: string | null): number => (sample === null ? -1 : (samples.get(sample) ?? -1));
  const ordered = [...jobs].sort(
    (a, b) => steps.get(a.step)! - steps.get(b.step)! || placeOf(a.sample) - placeOf(b.sample),
  );
  return { run, jobs: ordered };
}
