import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";

/** A run as people and other tools read it; key order is the source document's, further keys after its own. */
export interface RunDocument extends Omit<Run, "planned" | "event_count"> {
  readonly jobs?: Readonly<Record<string, JobDocument>>;
}
/** A job inside a run's document. `error` and `decision` stand there only when there is something to say. */
export type JobDocument = Omit<Job, "run_id" | "pipeline" | "rev" | "error" | "decision"> &
  Partial<Pick<Job, "error" | "decision">>;

/**
 * The run with its `jobs` map inside: what `runs/{run_id}.json`, `show --json` and `GET /v1/runs/{id}` give.
 *
 * Left out are the run's `planned` and `event_count` and a job's `run_id`, `pipeline` and `rev`: bookkeeping of the store,
 * or said once above. `rev` of the run stays, so that a reader can tell the newer of two copies.
 * `{ jobs: false }` leaves the map out.
 */
export function renderRun(
  run: Run,
  jobs: Iterable<Job>,
  options: { readonly jobs?: boolean } = {},
): RunDocument {
  const { run_id, pipeline, executor, status, created_at, completed_at, config, samples, steps, ...more } =
    run;
  const { current_step, summary, planned: _planned, event_count: _eventCount, ...rest } = more;
  const { input, output, reference, executor: wanted, region, ...restOfConfig } = config;
  return {
    ...{ run_id, pipeline, executor, status, created_at, completed_at },
    config: { input, output, reference, executor: wanted, region, ...restOfConfig },
    ...{ samples, steps, current_step },
    ...(options.jobs === false ? {} : { jobs: renderJobs(run, jobs) }),
    summary: renderSummary(summary),
    ...rest,
  };
}

/** The document's text, as it stands in the ledger. */
export const runText = (document: RunDocument): string => `${JSON.stringify(document, null, 2)}\n`;

function renderSummary({ total_jobs, succeeded, failed, skipped, notes, ...rest }: Run["summary"]) {
  return { total_jobs, succeeded, failed, skipped, notes, ...rest };
}

/** In the order of steps, then samples, so that equal states give equal text whatever order the store has. */
function renderJobs(run: Run, jobs: Iterable<Job>): Record<string, JobDocument> {
  const steps = new Map(run.steps.map((step, at) => [step, at]));
  const samples = new Map(run.samples.map((sample, at) => [sample, at]));
  const place = (job: Job) => [steps.get(job.step) ?? -1, samples.get(job.sample ?? "") ?? -1] as const;
  const placed = [...jobs].map((job) => ({ job, place: place(job) }));
  placed.sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1] || compare(a.job.key, b.job.key));
  return Object.fromEntries(placed.map(({ job }) => [job.key, renderJob(job)]));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function renderJob(job: Job & { readonly whole?: boolean }): JobDocument {
  const { job_id, step, sample, status, submitted_at, completed_at, exit_code, retry_count, ...more } = job;
  const { error, decision, run_id: _run, pipeline: _pipeline, rev: _rev, whole: _whole, ...rest } = more;
  return {
    ...{ job_id, step, sample, status, submitted_at, completed_at, exit_code, retry_count },
    ...(error === null ? {} : { error }),
    ...(decision === null ? {} : { decision: renderDecision(decision) }),
    ...rest,
  };
}

function renderDecision({ reasoning, action, timestamp, ...rest }: NonNullable<Job["decision"]>) {
  return { reasoning, action, timestamp, ...rest };
}
