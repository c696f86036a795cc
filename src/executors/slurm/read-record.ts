import { judgeRecord } from "./judge-record.ts";
import { readSlurmJson } from "./read-json.ts";
import { readScontrol } from "./read-scontrol.ts";
import { readTable } from "./read-tables.ts";
import type { Seen } from "./seen.ts";
import type { SlurmRecord } from "./slurm-record.ts";

export type { Seen } from "./seen.ts";

/**
 * What Slurm says of a job: the text of `sacct` (`-P` or aligned, with or without header), `squeue` or
 * `scontrol show job`, or the value of `sacct --json` or `squeue --json`; whole or partial. Null when it is none of
 * these. Of several jobs, the one that decides: what is alive, then what failed. Pure; never throws.
 */
export function readSlurmRecord(value: unknown): Seen | null {
  const records = typeof value === "string" ? readText(value) : readSlurmJson(value);
  const jobs = byJob(records).map(({ job, steps }) => judgeRecord(job, steps));
  return (
    jobs.find((job) => job.state === "running") ??
    jobs.find((job) => job.state === "submitted") ??
    jobs.findLast((job) => job.failure) ??
    jobs.find((job) => job.state === null) ??
    jobs[0] ??
    null
  );
}

const readText = (text: string): SlurmRecord[] =>
  /\bJobState=/.test(text) ? readScontrol(text) : readTable(text);

/**
 * Each job with its steps. A number that comes again was put back into the queue: its last record counts. Lines
 * without any number are one job's, its own first.
 */
function byJob(records: readonly SlurmRecord[]): { job: SlurmRecord; steps: SlurmRecord[] }[] {
  const jobs = new Map<string, { job: SlurmRecord | null; steps: SlurmRecord[] }>();
  for (const record of records) {
    const [id = "", step] = (record.id ?? "").split(".", 2);
    const known = jobs.get(id);
    const stepLine = step !== undefined || (record.id === null && known !== undefined);
    if (!stepLine) jobs.set(id, { job: record, steps: [] });
    else if (known) known.steps.push(record);
    else jobs.set(id, { job: null, steps: [record] });
  }
  // Steps alone: the first one stands for its job.
  return [...jobs.values()].map(({ job, steps }) => ({ job: job ?? steps[0]!, steps }));
}
