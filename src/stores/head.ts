import type { Job, LoadedJob } from "../core/job.ts";

/** A job's deciding fields, in the job's own form. The number of the last attempt is in it; how many there were is not. */
export function headOf(job: Job): LoadedJob {
  const last = job.attempts.at(-1);
  return {
    ...job,
    inputs: {},
    outputs: [],
    metrics: {},
    attempts: last ? [{ ...last, evidence: [], log_tail: null }] : [],
    decisions: [],
    whole: false,
  };
}
