import type { Event } from "./event.ts";
import type { Job } from "./job.ts";
import { topological } from "./pipeline.ts";
import { jobCount } from "./plan.ts";
import type { Resources } from "./resources.ts";
import type { Run } from "./run.ts";
import { type FailureClass, isFinalJob, isFinalRun } from "./status.ts";

/** A run that a person asked to stop: the next pass cancels what is open. A final run stays as it is. */
export function cancelRun(run: Run, by: string | null, now: string): { run: Run; events: Event[] } | null {
  if (isFinalRun(run.status) || run.stopping) return null;
  const reason = by ? `cancelled by ${by}` : "cancelled by a person";
  return {
    run: {
      ...run,
      stopping: { action: "cancel", reason, since: now, by },
      held: false,
      next_poll_at: now,
      event_count: run.event_count + 1,
    },
    events: [
      {
        seq: run.event_count,
        at: now,
        type: "run.stopping",
        job: null,
        attempt: null,
        data: { action: "cancel", reason },
      },
    ],
  };
}

/** Which jobs a person wants to see again. Without any condition: all that did not succeed. */
export interface RetrySelection {
  readonly samples?: readonly string[] | undefined;
  readonly jobs?: readonly string[] | undefined;
  readonly classes?: readonly FailureClass[] | undefined;
  /** Only those that failed or were skipped by their own attempts, not those that were cancelled. */
  readonly failed?: boolean | undefined;
  /** New resources, by step. */
  readonly set?: Readonly<Record<string, Partial<Resources>>> | undefined;
}

/**
 * Opens a final run again: the selected jobs get new budgets, attempt numbers go on, and what was skipped because of
 * them waits for them again. Null when nothing is selected.
 */
export function reopenRun(
  run: Run,
  jobs: ReadonlyMap<string, Job>,
  selection: RetrySelection,
  by: string | null,
  now: string,
): { run: Run; jobs: Job[]; events: Event[] } | null {
  const chosen = new Set([...jobs.values()].filter((job) => selects(selection, job)).map((job) => job.key));
  if (chosen.size === 0) return null;
  addDependents(run, jobs, chosen);
  const reopened = [...chosen].map((key) => reopenJob(jobs.get(key)!, selection));
  // A run that was stopped while it was planned goes on planning.
  const total = jobCount(run.pipeline_spec, run.samples.length);
  const unplanned = Math.max(0, total - run.planned);
  return {
    run: {
      ...run,
      status: unplanned > 0 ? "planning" : "running",
      summary: {
        ...run.summary,
        total_jobs: run.planned + unplanned,
        pending: run.summary.pending + unplanned,
      },
      outcome: null,
      stopping: null,
      // One that was cancelled before it was approved begins only now; one that goes on planning, when that is over.
      started_at: unplanned > 0 ? run.started_at : (run.started_at ?? now),
      completed_at: null,
      reopened_at: now,
      round: run.round + 1,
      told_waiting: [],
      next_poll_at: now,
      event_count: run.event_count + 1,
    },
    jobs: reopened,
    events: [
      {
        seq: run.event_count,
        at: now,
        type: "run.reopened",
        job: null,
        attempt: null,
        data: {
          round: run.round + 1,
          jobs: chosen.size,
          by,
          ...(selection.set ? { set: selection.set } : {}),
        },
      },
    ],
  };
}

function selects(selection: RetrySelection, job: Job): boolean {
  if (!isFinalJob(job.status) || job.status === "succeeded") return false;
  if (selection.samples && !(job.sample !== null && selection.samples.includes(job.sample))) return false;
  if (selection.jobs && !selection.jobs.includes(job.key)) return false;
  if (
    selection.classes &&
    !job.classes.some((failure) => failure !== null && selection.classes!.includes(failure))
  )
    return false;
  return !selection.failed || job.exhausted;
}

/** What did not succeed only because something chosen did not; and gathers, which now have more to gather. */
function addDependents(run: Run, jobs: ReadonlyMap<string, Job>, chosen: Set<string>): void {
  const stepsChosen = new Set([...chosen].map((key) => jobs.get(key)!.step));
  for (const step of topological(run.pipeline_spec)) {
    const needs = step.needs.filter((need) => stepsChosen.has(need));
    if (needs.length === 0) continue;
    for (const job of jobs.values()) {
      if (job.step !== step.id || chosen.has(job.key)) continue;
      const sameSample = needs.some(
        (need) => chosen.has(job.sample === null ? need : `${need}-${job.sample}`) || chosen.has(need),
      );
      const gathers = job.sample === null;
      const waits = job.status !== "succeeded" && !job.exhausted && (sameSample || gathers);
      if (!waits && !gathers) continue;
      chosen.add(job.key);
      stepsChosen.add(step.id);
    }
  }
}

/** A job as it was before its first attempt of a round: its attempts and what is known of them stay. */
export function reopenJob(job: Job, { set }: RetrySelection): Job {
  return {
    ...job,
    status: "pending",
    completed_at: null,
    error: null,
    decision: null,
    retries: {},
    waiting: null,
    not_before: null,
    blocked_by: null,
    exhausted: false,
    outputs: [],
    metrics: {},
    reused_from: null,
    resources: { ...job.resources, ...set?.[job.step] },
  };
}
