import { hasLiveAttempt, openJobs, summarise } from "./board.ts";
import { type Draft, record } from "./draft.ts";
import { runFacts } from "./facts.ts";
import { type Job, type LoadedJob, lastAttempt } from "./job.ts";
import { needsOf } from "./launch.ts";
import { outcomeOf } from "./outcome.ts";
import { topological } from "./pipeline.ts";
import { subject } from "./reasoning.ts";
import type { Run } from "./run.ts";
import { isFinalJob, type Outcome, type RunStatus } from "./status.ts";
import { tell } from "./tell.ts";

/** Brings the run document in line with its jobs, and ends the run when nothing is open any more. */
export function settleRun(draft: Draft): void {
  const { run } = draft;
  const unplanned = run.status === "planning" && !run.stopping ? run.summary.total_jobs : 0;
  const steps = topological(run.pipeline_spec);
  const open = steps.filter((step) => openJobs(draft.board.steps.get(step.id)!) > 0);
  const active = steps.filter((step) => {
    const { submitted, running } = draft.board.steps.get(step.id)!.byStatus;
    return submitted + running > 0;
  });
  const planning = run.planned < run.summary.total_jobs && !run.stopping;
  const current = open[0]?.id ?? (planning ? steps[0]!.id : null);
  Object.assign(run, {
    summary: { ...summarise(draft.board, unplanned), notes: notes(draft) },
    current_step: current,
    active_steps: active.map((step) => step.id),
    waiting: runWaiting(draft),
  });
  if (open.length === 0 && !planning) end(draft);
  run.next_poll_at = nextPoll(draft);
}

const NOTED_JOBS = 5;

/** One line: who was skipped or failed by its own attempts, and why. */
function notes(draft: Draft): string {
  if (draft.changed.size === 0) return draft.run.summary.notes;
  const bad = [...draft.jobs.values()].filter((job) => job.exhausted);
  const lines = bad
    .slice(0, NOTED_JOBS)
    .map((job) => `${subject(job)} ${job.status} in ${job.step}: ${job.error ?? job.class}`);
  if (bad.length > NOTED_JOBS) lines.push(`and ${bad.length - NOTED_JOBS} more`);
  return lines.join("; ");
}

/** The run waits when something waits and nothing runs; since the first of them began to. */
function runWaiting(draft: Draft): Run["waiting"] {
  let first: Run["waiting"] = null;
  let heldUp: Job | null = null;
  for (const job of draft.jobs.values()) {
    if (isFinalJob(job.status)) continue;
    if (job.status === "running" && !job.waiting) return null;
    if (job.waiting && (!first || job.waiting.since < first.since)) first = job.waiting;
    if (!first && !heldUp && isHeldUp(draft, job)) heldUp = job;
  }
  return first ?? (heldUp && waitingFor(draft, heldUp));
}

/** It could start, but nobody can say what its executor can take: it has no attempt that could wait. */
const isHeldUp = (draft: Draft, job: LoadedJob): boolean =>
  draft.run.status === "running" &&
  !draft.capacity.has(job.executor) &&
  !hasLiveAttempt(job) &&
  needsOf(draft, job).kind === "met";

function waitingFor(draft: Draft, { executor }: Job): Run["waiting"] {
  const before = draft.before.waiting;
  const since = before?.reason === "executor_unreachable" ? before.since : draft.now;
  return { reason: "executor_unreachable", since, detail: `executor ${executor} could not be asked` };
}

const STATUS_OF: Record<Outcome, RunStatus> = {
  all_succeeded: "completed",
  some_skipped: "completed",
  some_failed: "completed",
  all_failed: "failed",
  aborted: "failed",
  cancelled: "cancelled",
};

function end(draft: Draft): void {
  const outcome = outcomeOf(draft.run, draft.jobs);
  const status = STATUS_OF[outcome];
  Object.assign(draft.run, { status, outcome, completed_at: draft.now, waiting: null });
  if (status === "completed") draft.run.stopping = null;
  record(
    draft,
    status === "completed" ? "run.completed" : status === "failed" ? "run.failed" : "run.cancelled",
    null,
    {
      outcome,
      summary: draft.run.summary,
    },
  );
  const event =
    status === "completed" ? "run.completed" : status === "failed" ? "run.failed" : "run.cancelled";
  tell(draft, event, "", runFacts(draft, null));
}

/** The instant from which the sweep must look at the run again: stored, so that the sweep is one query. */
function nextPoll(draft: Draft): string | null {
  const { run } = draft;
  if (run.status === "completed" || run.status === "failed" || run.status === "cancelled") return null;
  let earliest: string | null = null;
  for (const job of draft.jobs.values()) {
    if (isFinalJob(job.status)) continue;
    const last = lastAttempt(job);
    const idle = !last || last.status === "failed" || last.status === "cancelled" || last.status === "lost";
    if (!idle || job.not_before === null) return sameOrNow(draft);
    if (earliest === null || job.not_before < earliest) earliest = job.not_before;
  }
  return earliest ?? sameOrNow(draft);
}

/** A time that has come stays as it is, so that a pass that changes nothing writes nothing. */
const sameOrNow = (draft: Draft): string =>
  draft.before.next_poll_at !== null && draft.before.next_poll_at <= draft.now
    ? draft.before.next_poll_at
    : draft.now;
