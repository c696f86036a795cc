import type { Job } from "../core/job.ts";

/** The job as it is stored. Refuses a projection: what it lacks would be lost. */
export function storable(job: Job & { readonly whole?: boolean }, runId: string, rev: number): Job {
  const { whole, ...fields } = job;
  if (whole === false)
    throw new Error(`job ${job.key} of run ${runId} is a projection; load it whole to change it`);
  if (job.run_id !== runId) throw new Error(`job ${job.key} belongs to run ${job.run_id}, not to ${runId}`);
  return { ...fields, rev };
}
