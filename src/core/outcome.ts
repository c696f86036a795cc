import type { Job } from "./job.ts";
import type { Run } from "./run.ts";
import { sampleStatuses } from "./samples.ts";
import { isFinalRun, type Outcome } from "./status.ts";

/** How a run ended, once all its jobs have. */
export function outcomeOf(run: Run, jobs: ReadonlyMap<string, Job>): Outcome {
  if (run.stopping?.action === "abort") return "aborted";
  if (run.stopping && [...jobs.values()].some((job) => job.status === "cancelled")) return "cancelled";
  if (run.stopping && jobs.size === 0) return "cancelled";
  const { succeeded, failed, skipped } = countSamples(run, jobs, true);
  const perRun = perRunJobs(run, jobs);
  const nothing =
    run.samples.length > 0 ? succeeded === 0 : perRun.every((job) => job.status !== "succeeded");
  if (nothing && run.steps.length > 0 && jobs.size > 0) return "all_failed";
  if (failed > 0 || perRun.some((job) => job.status === "failed")) return "some_failed";
  return skipped > 0 || perRun.some((job) => job.status !== "succeeded") ? "some_skipped" : "all_succeeded";
}

/** Samples by how they ended; they add up to all samples once the run is over. */
export function countSamples(
  run: Run,
  jobs: ReadonlyMap<string, Job>,
  final: boolean,
): { succeeded: number; failed: number; skipped: number } {
  const counts = { succeeded: 0, failed: 0, skipped: 0 };
  for (const { status } of sampleStatuses({
    samples: run.samples,
    steps: run.pipeline_spec.steps,
    jobs: jobs.values(),
    final,
  }).values()) {
    if (status === "succeeded" || status === "failed" || status === "skipped") counts[status] += 1;
  }
  return counts;
}

/** The jobs of steps that are per run and not optional. */
export const perRunJobs = (run: Run, jobs: ReadonlyMap<string, Job>): Job[] =>
  run.pipeline_spec.steps
    .filter((step) => step.per === "run" && !step.optional)
    .map((step) => jobs.get(step.id))
    .filter((job) => job !== undefined);

/** `✅ 9/10 succeeded, ❌ 1 failed`: samples, then the per-run steps that did not succeed. */
export function statusLine(run: Run, jobs: ReadonlyMap<string, Job>): string {
  const { succeeded, failed, skipped } = countSamples(run, jobs, isFinalRun(run.status));
  const parts = [
    run.samples.length > 0 ? `✅ ${succeeded}/${run.samples.length} succeeded` : stepsLine(run, jobs),
  ];
  if (failed > 0) parts.push(`❌ ${failed} failed`);
  if (skipped > 0) parts.push(`⏭ ${skipped} skipped`);
  for (const job of perRunJobs(run, jobs)) {
    if (job.status === "failed" || job.status === "skipped") parts.push(`step ${job.step} ${job.status}`);
  }
  return parts.join(", ");
}

/** For a run without samples. */
function stepsLine(run: Run, jobs: ReadonlyMap<string, Job>): string {
  const all = perRunJobs(run, jobs);
  return `✅ ${all.filter((job) => job.status === "succeeded").length}/${all.length} steps succeeded`;
}
