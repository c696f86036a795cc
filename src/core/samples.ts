import type { Job } from "./job.ts";
import type { Step } from "./pipeline.ts";

export const SAMPLE_STATUSES = ["pending", "running", "succeeded", "skipped", "failed"] as const;
export type SampleStatus = (typeof SAMPLE_STATUSES)[number];

export interface SampleOutcome {
  readonly status: SampleStatus;
  /** Key of the job that decided it; null while nothing has, and when everything succeeded. */
  readonly reason: string | null;
}

type SampleJob = Pick<Job, "key" | "step" | "sample" | "status" | "blocked_by">;

/**
 * How each sample stands, by DESIGN's counting: failed if a job of it failed, else skipped if one was skipped or
 * cancelled, else succeeded once all have; optional steps do not count. With `final` a job that never ended, or was
 * never planned, leaves its sample skipped. Where no step is per sample, the samples share the fate of the run's own steps.
 */
export function sampleStatuses({
  samples,
  steps,
  jobs,
  final = false,
}: {
  readonly samples: readonly string[];
  readonly steps: readonly Pick<Step, "id" | "per" | "optional">[];
  readonly jobs: Iterable<SampleJob>;
  /** The run is over. */
  readonly final?: boolean;
}): Map<string, SampleOutcome> {
  const counted = countedSteps(steps);
  const own = new Map(samples.map((sample) => [sample, emptyTally()]));
  const shared = emptyTally();
  for (const job of jobs) {
    const rank = counted.get(job.step);
    const tally = job.sample === null ? shared : own.get(job.sample);
    if (rank !== undefined && tally) add(tally, job, rank);
  }
  const perSample = steps.some((step) => step.per === "sample" && !step.optional);
  return new Map(
    samples.map((sample) => [sample, outcome(perSample ? own.get(sample)! : shared, counted.size, final)]),
  );
}

/** The steps that decide about samples, each with its place in the pipeline. */
function countedSteps(steps: readonly Pick<Step, "id" | "per" | "optional">[]): Map<string, number> {
  const required = steps.filter((step) => !step.optional);
  const perSample = required.filter((step) => step.per === "sample");
  return new Map((perSample.length > 0 ? perSample : required).map((step, rank) => [step.id, rank]));
}

interface Deciding {
  readonly key: string;
  readonly rank: number;
}
interface Tally {
  failed: Deciding | null;
  skipped: Deciding | null;
  open: Deciding | null;
  succeeded: number;
  begun: boolean;
}
const emptyTally = (): Tally => ({ failed: null, skipped: null, open: null, succeeded: 0, begun: false });

/** A dependent only follows the job that stopped it, so it decides only when that one is not of this sample. */
const FOLLOWER = 1000;

function add(tally: Tally, job: SampleJob, step: number): void {
  const deciding = { key: job.key, rank: job.blocked_by === null ? step : step + FOLLOWER };
  switch (job.status) {
    case "succeeded":
      tally.succeeded += 1;
      break;
    case "failed":
      tally.failed = earlier(tally.failed, deciding);
      break;
    case "skipped":
    case "cancelled":
      tally.skipped = earlier(tally.skipped, deciding);
      break;
    case "pending":
      tally.open = earlier(tally.open, deciding);
      break;
    case "submitted":
    case "running":
      tally.open = earlier(tally.open, deciding);
      tally.begun = true;
      break;
    default:
      job.status satisfies never;
  }
}

const earlier = (known: Deciding | null, seen: Deciding): Deciding =>
  known !== null && known.rank <= seen.rank ? known : seen;

function outcome(tally: Tally, expected: number, final: boolean): SampleOutcome {
  if (tally.failed) return { status: "failed", reason: tally.failed.key };
  if (tally.skipped) return { status: "skipped", reason: tally.skipped.key };
  if (tally.succeeded >= expected && (expected > 0 || final)) return { status: "succeeded", reason: null };
  if (final) return { status: "skipped", reason: tally.open?.key ?? null };
  return { status: tally.begun || tally.succeeded > 0 ? "running" : "pending", reason: null };
}
