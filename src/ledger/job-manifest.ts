import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import { type SampleOutcome, sampleStatuses } from "../core/samples.ts";
import { isFinalRun, type RunStatus } from "../core/status.ts";
import { metricAverages } from "./metric-averages.ts";

/** That document's own vocabulary, for the whole and for each of its runs. */
type ManifestStatus = "pending" | "running" | "completed" | "failed";

/** What the source's sweep document calls a job is our run, and what it calls a run is one sample of ours. */
export interface JobManifest {
  /** The run's name. */
  readonly job_id: string;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly status: ManifestStatus;
  readonly description: string;
  readonly config: { readonly pipeline: string } & Run["config"];
  readonly runs: readonly ManifestRun[];
  readonly summary: {
    readonly total_runs: number;
    readonly completed_runs: number;
    readonly failed_runs: number;
    /** `avg_<metric>` over succeeded jobs. */
    readonly [average: `avg_${string}`]: number;
  };
  readonly run_id: string;
  /** Why it is `failed`, where that document has no word for it. */
  readonly error?: string;
  readonly notes: string;
}

interface ManifestRun {
  /** `{our run id}/{sample}`. */
  readonly run_id: string;
  readonly status: ManifestStatus;
  readonly sample: string;
  /** For a failed one: our own word for it, the job that decided, and its error. */
  readonly reason?: string;
}

/** `job_manifest.json` of a run's output folder. */
export function renderJobManifest(run: Run, jobs: Iterable<Job>): JobManifest {
  const all = [...jobs];
  const runs = manifestRuns(run, all);
  const count = (status: ManifestStatus) => runs.filter((one) => one.status === status).length;
  const error = errorOf(run);
  return {
    job_id: run.name,
    created_at: run.created_at,
    completed_at: run.completed_at,
    status: STATUSES[run.status],
    description: run.description,
    config: { pipeline: run.pipeline, ...run.config },
    runs,
    summary: {
      total_runs: runs.length,
      completed_runs: count("completed"),
      failed_runs: count("failed"),
      ...metricAverages(all),
    },
    run_id: run.run_id,
    ...(error === null ? {} : { error }),
    notes: run.summary.notes,
  };
}

/** The document's text, as it stands in the output folder. */
export const manifestText = (manifest: JobManifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

const STATUSES: Readonly<Record<RunStatus, ManifestStatus>> = {
  planning: "pending",
  running: "running",
  completed: "completed",
  failed: "failed",
  cancelled: "failed",
};

function manifestRuns(run: Run, jobs: readonly Job[]): ManifestRun[] {
  const { samples, pipeline_spec, status } = run;
  const final = isFinalRun(status);
  const outcomes = sampleStatuses({ samples, steps: pipeline_spec.steps, jobs, final });
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  return samples.map((sample) => manifestRun(run, sample, outcomes.get(sample)!, byKey));
}

function manifestRun(
  run: Run,
  sample: string,
  { status, reason }: SampleOutcome,
  jobs: ReadonlyMap<string, Job>,
): ManifestRun {
  const named = { run_id: `${run.run_id}/${sample}` };
  if (status === "pending" || status === "running") return { ...named, status, sample };
  if (status === "succeeded") return { ...named, status: "completed", sample };
  const job = reason === null ? undefined : jobs.get(reason);
  const why = job?.error ?? job?.decision?.reasoning;
  return { ...named, status: "failed", sample, reason: [status, reason, why].filter(Boolean).join(": ") };
}

function errorOf(run: Run): string | null {
  if (run.status === "cancelled") {
    return `cancelled${run.stopping?.by ? ` by ${run.stopping.by}` : ""}${run.stopping ? `: ${run.stopping.reason}` : ""}`;
  }
  return run.status === "failed" ? (run.stopping?.reason ?? run.outcome ?? "failed") : null;
}
