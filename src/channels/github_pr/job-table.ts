import { count } from "../../core/count.ts";
import { type Job, lastAttempt } from "../../core/job.ts";
import { sayDuration } from "../../core/quantity.ts";
import type { Run } from "../../core/run.ts";
import { isFinalJob, isFinalRun, JOB_STATUSES, type JobStatus } from "../../core/status.ts";
import type { RunView } from "../../ports.ts";
import { code, table } from "./markdown.ts";

/** Of the rows of single jobs. GitHub shows a text of more than 512 KB as it is written, without its tables. */
const MOST_BYTES = 280_000;
/** More than that, and how many stand where is said first. */
const MANY_JOBS = 500;
const MOST_METRICS = 12;

export const word = (status: JobStatus): string => status.toUpperCase();

/** A row for each job, above many of them one for each step; of more jobs than fit, those that matter first. */
export function jobTable({ run, jobs }: RunView): string {
  const measured = run.pipeline_spec.steps.filter((step) => step.metrics.length > 0).map(({ id }) => id);
  const hasMetrics = measured.length > 0;
  const head = ["Job", "Status", "Attempts", "Exit code", "Duration", ...(hasMetrics ? ["Metrics"] : [])];
  const metricsCell = (job: Job): string =>
    isFinalRun(run.status) ? metricsOf(job) : metricsToCome(job, measured);
  const cells = (job: Job): string[] => [...rowOf(job), ...(hasMetrics ? [metricsCell(job)] : [])];
  const steps = jobs.length > MANY_JOBS ? `${stepTable({ run, jobs })}\n\n` : "";
  const all = jobs.map(cells);
  if (fit(all).length === all.length) return `${steps}${table(head, all)}`;
  const rows = fit(jobs.toSorted(byInterest).map(cells));
  const rest = `… and ${count(jobs.length - rows.length, "more job")}, counted above.`;
  return [
    stepTable({ run, jobs }),
    "Failures first, then what was tried again, then the others:",
    table(head, rows),
    rest,
  ].join("\n\n");
}

function fit(rows: readonly string[][]): string[][] {
  let bytes = 0;
  const kept = rows.findIndex((row) => {
    bytes += Buffer.byteLength(row.join(" | ")) + 5;
    return bytes > MOST_BYTES;
  });
  return kept < 0 ? [...rows] : rows.slice(0, kept);
}

const rowOf = (job: Job): string[] => [
  code(job.key),
  word(job.status),
  attemptsOf(job),
  job.exit_code === null ? "–" : String(job.exit_code),
  durationOf(job),
];

/** While the run goes on, only a job's last attempt is read; its number says how many there were. */
function attemptsOf(job: Job): string {
  if (job.reused_from !== null) return "reused";
  const last = lastAttempt(job);
  return last ? String(last.attempt) : "–";
}

function durationOf({ started_at, completed_at }: Job): string {
  if (started_at === null || completed_at === null) return "–";
  const seconds = (Date.parse(completed_at) - Date.parse(started_at)) / 1000;
  return seconds < 0 ? "–" : sayDuration(seconds);
}

/** While the run goes on, its jobs are read without their metrics. */
const metricsToCome = ({ status, step }: Job, measured: readonly string[]): string =>
  !isFinalJob(status) || (status === "succeeded" && measured.includes(step)) ? "PENDING" : "–";

function metricsOf(job: Job): string {
  const values = Object.entries(job.metrics);
  if (values.length === 0) return "–";
  const shown = values
    .slice(0, MOST_METRICS)
    .map(([name, value]) => code(`${name}=${metricText(value)}`, 80));
  return [
    ...shown,
    ...(values.length > shown.length ? [`and ${values.length - shown.length} more`] : []),
  ].join(" ");
}

const metricText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");

const INTEREST: Readonly<Record<JobStatus, number>> = {
  failed: 0,
  skipped: 1,
  cancelled: 4,
  running: 5,
  submitted: 6,
  pending: 7,
  succeeded: 8,
};

const interest = (job: Job): number => {
  // A dependent says less than the job that it waited for.
  if (job.status === "skipped" && !job.exhausted) return 3;
  return job.status === "succeeded" && job.retry_count > 0 ? 2 : INTEREST[job.status];
};
const byInterest = (a: Job, b: Job): number => interest(a) - interest(b);

/** How many jobs of each step stand where; columns without any job are left out. */
export function stepTable({ run, jobs }: RunView): string {
  const used = JOB_STATUSES.filter((status) => jobs.some((job) => job.status === status));
  const bySteps = Map.groupBy(jobs, (job) => job.step);
  const rows = stepsOf(run).map((step) => {
    const own = bySteps.get(step) ?? [];
    return [code(step), String(own.length), ...used.map((status) => String(countOf(own, status)))];
  });
  return table(["Step", "Jobs", ...used.map(word)], rows);
}

export const countOf = (jobs: readonly Job[], status: JobStatus): number =>
  jobs.reduce((count, job) => count + (job.status === status ? 1 : 0), 0);

const stepsOf = (run: Run): readonly string[] => run.pipeline_spec.steps.map((step) => step.id);
