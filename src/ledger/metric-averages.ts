import type { Job } from "../core/job.ts";

type Averages = Record<`avg_${string}`, number>;

/**
 * The mean of every numeric metric over the succeeded jobs that have it: `avg_<metric>`, or `avg_<step>_<metric>` where
 * several steps give a metric of one name, because their mean would mean nothing.
 */
export function metricAverages(jobs: Iterable<Pick<Job, "step" | "status" | "metrics">>): Averages {
  const sums = sumsByMetric(jobs);
  const averages: [`avg_${string}`, number][] = [];
  for (const [metric, steps] of sums) {
    for (const [step, { sum, count }] of steps) {
      const mean = Number((sum / count).toPrecision(12)); // 0.15, not 0.15000000000000002
      const name = steps.size === 1 ? metric : `${step}_${metric}`;
      if (Number.isFinite(mean)) averages.push([`avg_${name}`, mean]);
    }
  }
  return Object.fromEntries(averages);
}

type Sums = Map<string, Map<string, { sum: number; count: number }>>;

function sumsByMetric(jobs: Iterable<Pick<Job, "step" | "status" | "metrics">>): Sums {
  const sums: Sums = new Map();
  for (const { step, status, metrics } of jobs) {
    if (status !== "succeeded") continue;
    for (const [metric, value] of Object.entries(metrics)) {
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const steps = sums.get(metric) ?? new Map();
      const { sum, count } = steps.get(step) ?? { sum: 0, count: 0 };
      sums.set(metric, steps.set(step, { sum: sum + value, count: count + 1 }));
    }
  }
  return sums;
}
