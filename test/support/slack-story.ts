import type { Job } from "../../src/core/job.ts";
import { Pipeline } from "../../src/core/pipeline.ts";
import { JOB_STATUSES, type JobStatus, type RunStatus } from "../../src/core/status.ts";
import type { RunView } from "../../src/ports.ts";
import { aDecision, aJob, aRun } from "./documents.ts";

export const STORY_SAMPLES = ["sample01", "sample02", "sample03", "sample04"] as const;

const PIPELINE = Pipeline.parse({
  pipeline: "rnaseq",
  steps: [
    { id: "fastqc", script: "true", outputs: ["fastqc/{sample}.html"] },
    { id: "star_align", needs: ["fastqc"], script: "true", outputs: ["star/{sample}.bam"] },
    { id: "multiqc", per: "run", needs: ["star_align"], script: "true", outputs: ["multiqc.html"] },
  ],
});

export interface StoryState {
  readonly status?: RunStatus;
  readonly round?: number;
  /** By key; pending when not given. */
  readonly jobs?: Readonly<Record<string, JobStatus>>;
  /** The round in which the bad ones ended; the run's own when not given. */
  readonly endedIn?: number;
}

const PLACES = PIPELINE.steps.flatMap(({ id, per }): { step: string; sample: string | null }[] =>
  per === "sample" ? STORY_SAMPLES.map((sample) => ({ step: id, sample })) : [{ step: id, sample: null }],
);

/** A run of three steps and four samples in this state, as a store would give it. */
export function storyView({
  status = "running",
  round = 1,
  jobs = {},
  endedIn = round,
}: StoryState): RunView {
  const all = PLACES.map(({ step, sample }) => {
    const key = sample === null ? step : `${step}-${sample}`;
    const blocker = step === "star_align" ? `fastqc-${sample}` : "";
    if (isBad(jobs[blocker])) return aJob({ step, sample, status: "skipped", blocked_by: blocker });
    return jobIn(step, sample, jobs[key] ?? "pending", endedIn);
  });
  const counts = Object.fromEntries(
    JOB_STATUSES.map((it) => [it, all.filter((job) => job.status === it).length]),
  ) as Record<JobStatus, number>;
  const run = aRun({
    pipeline_spec: PIPELINE,
    samples: [...STORY_SAMPLES],
    status,
    round,
    outcome: status === "completed" ? "some_skipped" : status === "failed" ? "all_failed" : null,
    completed_at: status === "completed" || status === "failed" ? "2026-02-27T11:30:00Z" : null,
    summary: { total_jobs: all.length, ...counts, notes: "" },
  });
  return { run, jobs: all };
}

const isBad = (status: JobStatus | undefined): boolean => status === "failed" || status === "skipped";

function jobIn(step: string, sample: string | null, status: JobStatus, round: number): Job {
  if (status !== "skipped" && status !== "failed") return aJob({ step, sample, status });
  const decision = aDecision({
    action: status === "skipped" ? "skip" : "fail",
    reasoning: `Exit code 137 indicates OOM. 32 GiB were not enough. Skipping ${sample ?? step}.`,
    round,
  });
  return aJob({ step, sample, status, exhausted: true, class: "oom", decision });
}
