import { ruleTable } from "../core/default-rules.ts";
import { runFacts } from "../core/facts.ts";
import type { Job } from "../core/job.ts";
import type { NoticeFacts } from "../core/notice.ts";
import { outcomeOf } from "../core/outcome.ts";
import { Pipeline } from "../core/pipeline.ts";
import { planJob, slots } from "../core/plan.ts";
import type { NoticeEvent, Run } from "../core/run.ts";
import { isFinalRun, type RunStatus } from "../core/status.ts";
import { saySize } from "../core/tell.ts";
import type { RunView } from "../ports.ts";
import { exampleJob, type Progress } from "./example-job.ts";

const STATUSES = {
  "run.started": "running",
  "run.completed": "completed",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
  "job.skipped": "running",
  "job.retried": "running",
  "run.waiting": "running",
  "run.stalled": "running",
  "run.progress": "running",
} as const satisfies Record<NoticeEvent, RunStatus>;

const PIPELINE = Pipeline.parse({
  pipeline: "rnaseq",
  steps: [
    { id: "fastqc", script: 'fastqc "$FASTQ_1"', outputs: ["fastqc/{sample}.html"] },
    {
      id: "star_align",
      needs: ["fastqc"],
      script: 'STAR --readFilesIn "$FASTQ_1"',
      outputs: ["star/{sample}.bam"],
      metrics: ["star/{sample}.json"],
    },
    { id: "multiqc", per: "run", needs: ["star_align"], script: "multiqc .", outputs: ["multiqc.html"] },
  ],
});
const SAMPLES = Array.from({ length: 10 }, (_, at) => `sample${String(at + 1).padStart(2, "0")}`);

/** How long it has run, seconds; one that stands still does so for a day. */
const elapsedAt = (event: NoticeEvent): number => (event === "run.stalled" ? 25 * 3600 : 7265);

/** A run as there could be one, at the moment that this event tells of. Made by the rules of a real one, so that it says what one says. */
export function exampleRun(event: NoticeEvent, now: string): RunView {
  const progress: Progress = { event, now, startedAt: at(now, -elapsedAt(event)) };
  const planned = emptyRun(event, progress);
  const jobs = slots(PIPELINE, SAMPLES, 0, Number.MAX_SAFE_INTEGER)
    .map((slot) =>
      planJob(planned, slot, { inputs: {}, upstream: [], storeUid: "example", hash: exampleHash }),
    )
    .map((job) => exampleJob(job, progress));
  const counted: Run = { ...planned, planned: jobs.length, summary: summaryOf(jobs) };
  if (!isFinalRun(counted.status)) return { run: counted, jobs };
  const outcome = outcomeOf(counted, byKey(jobs));
  return { run: { ...counted, outcome, completed_at: now, next_poll_at: null }, jobs };
}

/** What a notice of this event says of it. */
export function exampleFacts(event: NoticeEvent, now: string): NoticeFacts {
  const { run, jobs } = exampleRun(event, now);
  const facts = runFacts({ run, jobs: byKey(jobs), now }, aboutOf(event, jobs));
  if (event !== "run.started") return facts;
  return { ...facts, status_line: saySize(run) };
}

/** The jobs that such a notice is about; null: all that ended badly. */
function aboutOf(event: NoticeEvent, jobs: readonly Job[]): Job[] | null {
  switch (event) {
    case "run.completed":
    case "run.failed":
    case "run.cancelled":
      return null;
    case "job.skipped":
      return jobs.filter((job) => job.exhausted);
    case "job.retried":
      return jobs.filter((job) => job.decision?.action === "retry");
    case "run.waiting":
      return jobs.filter((job) => job.waiting);
    case "run.stalled":
      return jobs.filter((job) => job.status === "running");
    case "run.started":
    case "run.progress":
      return [];
    default:
      return event satisfies never;
  }
}

const byKey = (jobs: readonly Job[]): Map<string, Job> => new Map(jobs.map((job) => [job.key, job]));
/** An example's hashes tell nothing apart. */
const exampleHash = (): string => "1f3a9c2e".repeat(8);
const at = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString();

function summaryOf(jobs: readonly Job[]): Run["summary"] {
  const of = (status: Job["status"]): number => jobs.filter((job) => job.status === status).length;
  return {
    total_jobs: jobs.length,
    pending: of("pending"),
    submitted: of("submitted"),
    running: of("running"),
    succeeded: of("succeeded"),
    failed: of("failed"),
    skipped: of("skipped"),
    cancelled: of("cancelled"),
    notes: "",
  };
}

function emptyRun(event: NoticeEvent, { now, startedAt }: Progress): Run {
  const run_id = `${startedAt.slice(0, 10)}_rnaseq_001`;
  return {
    run_id,
    name: "castle-river-mountain-forest",
    description: "an example, to see what a channel says",
    pipeline: PIPELINE.pipeline,
    executor: "gcp_batch",
    status: STATUSES[event],
    outcome: null,
    stopping:
      event === "run.cancelled"
        ? { reason: "cancelled by ada@lab.org", since: at(now, -60), action: "cancel", by: "ada@lab.org" }
        : null,
    waiting: null,
    round: 1,
    created_at: startedAt,
    started_at: startedAt,
    completed_at: null,
    config: {
      input: "gs://my-bucket/input/",
      output: `gs://my-bucket/output/${run_id}/`,
      reference: null,
      executor: "gcp_batch",
      region: null,
      params: {},
      limits: PIPELINE.limits,
    },
    samples: SAMPLES,
    steps: PIPELINE.steps.map(({ id }) => id),
    current_step: null,
    active_steps: [],
    preset: "default",
    rules: ruleTable(PIPELINE),
    summary: summaryOf([]),
    labels: { experiment: "example" },
    queue: null,
    requested_by: null,
    resumed_from: null,
    rev: 1,
    pipeline_spec: PIPELINE,
    subscriptions: [],
    next_poll_at: now,
    held: false,
    planned: 0,
    event_count: 0,
    told_waiting: [],
    notes: [],
  };
}
