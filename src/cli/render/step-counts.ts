import type { Job } from "../../core/job.ts";
import type { Run } from "../../core/run.ts";

/** How the jobs of a step stand, for people: what is not begun, what is on its way, how it ended. */
export interface StepCounts {
  readonly step: string;
  total: number;
  waiting: number;
  running: number;
  succeeded: number;
  skipped: number;
  failed: number;
  cancelled: number;
}

/** One line for each step, in the pipeline's order; jobs that are not planned yet wait. */
export function stepCounts(run: Run, jobs: Iterable<Pick<Job, "step" | "status">>): StepCounts[] {
  const counts = new Map(run.pipeline_spec.steps.map((step) => [step.id, none(step.id)]));
  for (const { step, status } of jobs) {
    const count = counts.get(step);
    if (!count) continue;
    count.total += 1;
    if (status === "pending") count.waiting += 1;
    else if (status === "submitted" || status === "running") count.running += 1;
    else count[status] += 1;
  }
  for (const { id, per } of run.pipeline_spec.steps) {
    const count = counts.get(id)!;
    const unplanned = (per === "sample" ? run.samples.length : 1) - count.total;
    if (unplanned > 0) {
      count.total += unplanned;
      count.waiting += unplanned;
    }
  }
  return [...counts.values()];
}

const none = (step: string): StepCounts => ({
  step,
  ...{ total: 0, waiting: 0, running: 0, succeeded: 0, skipped: 0, failed: 0, cancelled: 0 },
});

export const COUNTED = ["waiting", "running", "succeeded", "skipped", "failed", "cancelled"] as const;
export type Counted = (typeof COUNTED)[number];

export const totalOf = (counts: readonly StepCounts[], what: Counted | "total"): number =>
  counts.reduce((sum, count) => sum + count[what], 0);
