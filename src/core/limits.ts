import { hasLiveAttempt, openJobs } from "./board.ts";
import type { Draft } from "./draft.ts";
import { stop } from "./end-job.ts";
import { list } from "./reasoning.ts";

/** Ended jobs of a step of which none succeeded, from which on the step is doomed. */
const CANARY = 10;

/** Stops the run when a step's first jobs all failed, or when too many jobs or samples have used up their attempts. */
export function stopIfDoomed(draft: Draft): void {
  if (draft.run.stopping) return;
  const reason = canary(draft) ?? tooManySamples(draft) ?? tooManyJobs(draft) ?? unreachable(draft);
  if (reason) stop(draft, "abort", reason);
}

/** Hours after which a run that can start nothing, because its executor cannot be asked, is given up. */
const UNREACHABLE_HOURS = 24;

function unreachable(draft: Draft): string | null {
  const { waiting } = draft.run;
  if (waiting?.reason !== "executor_unreachable") return null;
  if (Date.parse(draft.now) - Date.parse(waiting.since) < UNREACHABLE_HOURS * 3_600_000) return null;
  for (const job of draft.jobs.values()) if (hasLiveAttempt(job)) return null;
  return `executor ${draft.run.executor} could not be asked for ${UNREACHABLE_HOURS} hours, and nothing is running`;
}

function required(draft: Draft) {
  return draft.run.pipeline_spec.steps
    .filter((step) => !step.optional)
    .map((step) => ({ step, counts: draft.board.steps.get(step.id)! }));
}

function canary(draft: Draft): string | null {
  for (const { step, counts } of required(draft)) {
    if (counts.byStatus.succeeded > 0 || counts.exhausted < CANARY) continue;
    const left = openJobs(counts);
    const why = commonError(draft, step.id);
    const spared = left > 0 ? `; ${left} more were spared` : "";
    return `the first ${counts.exhausted} ${step.id} jobs that ended all failed${why ? ` (${why})` : ""}${spared}`;
  }
  return null;
}

/** What most of the step's failed jobs say, so that the reason stands in one line. */
function commonError(draft: Draft, step: string): string | null {
  const seen = new Map<string, number>();
  let total = 0;
  for (const job of draft.jobs.values()) {
    if (job.step !== step || !job.exhausted || !job.error) continue;
    seen.set(job.error, (seen.get(job.error) ?? 0) + 1);
    total += 1;
  }
  const [first] = [...seen].sort((a, b) => b[1] - a[1]);
  if (!first) return null;
  const [error, count] = first;
  return count * 2 > total || seen.size === 1
    ? error
    : `${seen.size} different reasons, most often: ${error}`;
}

function tooManySamples(draft: Draft): string | null {
  const samples = draft.run.samples.length;
  for (const { step, counts } of required(draft)) {
    if (step.per !== "sample" || counts.exhausted <= samples * draft.run.config.limits.failed_samples)
      continue;
    return `${counts.exhausted} of ${samples} samples used up their attempts in step ${step.id}${because(draft, step.id)}`;
  }
  return null;
}

function tooManyJobs(draft: Draft): string | null {
  const total = draft.run.summary.total_jobs;
  const failing = required(draft).filter(({ counts }) => counts.exhausted > 0);
  const exhausted = failing.reduce((sum, { counts }) => sum + counts.exhausted, 0);
  if (exhausted <= total * draft.run.config.limits.failed_jobs) return null;
  return `${exhausted} of all ${total} jobs used up their attempts, in ${list(failing.map(({ step }) => step.id))}${because(draft, failing[0]!.step.id)}`;
}

function because(draft: Draft, step: string): string {
  const error = commonError(draft, step);
  return error ? ` (${error})` : "";
}
