import type { Job } from "./job.ts";
import type { NoticeFacts } from "./notice.ts";
import { statusLine } from "./outcome.ts";
import { list, subject } from "./reasoning.ts";
import type { Run } from "./run.ts";
import { isFinalRun } from "./status.ts";

/** Lines about single jobs that a message carries; the rest is counted. */
const MOST_DETAILS = 10;

/**
 * What a message about the run says. `about` are the jobs that it is about; null: about the run's end, so all that
 * ended badly by their own attempts. `change`: everything between the run and its jobs as they are in this pass.
 */
export function runFacts(
  { run, jobs }: { readonly run: Run; readonly jobs: ReadonlyMap<string, Job> },
  about: readonly Job[] | null,
): NoticeFacts {
  const bad = about ?? [...jobs.values()].filter((job) => job.exhausted);
  const details = bad.slice(0, MOST_DETAILS).map(detail);
  if (run.stopping)
    details.unshift(`${run.stopping.action === "abort" ? "Aborted" : "Cancelled"}: ${run.stopping.reason}.`);
  return {
    run_id: run.run_id,
    name: run.name,
    pipeline: run.pipeline,
    status: run.status,
    outcome: run.outcome,
    status_line: statusLine(run, jobs),
    output: run.config.output,
    executor: run.executor,
    description: run.description,
    details,
    more: Math.max(0, bad.length - MOST_DETAILS),
    retries: retriesLine(jobs),
    seconds: run.completed_at ? (Date.parse(run.completed_at) - Date.parse(run.created_at)) / 1000 : null,
    commands: commands(run, bad.length > 0),
  };
}

const MARKS: Partial<Record<Job["status"], string>> = {
  failed: "❌",
  skipped: "⏭",
  pending: "↻",
  succeeded: "✅",
};

/** `⏭ sample02 skipped in fastqc: Exit code 137 indicates OOM. ... Skipping sample02.` */
function detail(job: Job): string {
  const why = job.decision?.reasoning ?? job.error ?? job.class ?? "";
  const word = job.status === "pending" ? "retried" : job.waiting ? "waiting" : job.status;
  return `${MARKS[job.status] ?? "•"} ${subject(job)} ${word}${job.sample === null ? "" : ` in ${job.step}`}: ${why}`;
}

/** `2 oom and 1 app`; null without any. */
function retriesLine(jobs: ReadonlyMap<string, Job>): string | null {
  const counts = new Map<string, number>();
  for (const job of jobs.values()) {
    for (const failure of job.classes.slice(0, job.retry_count)) {
      counts.set(failure ?? "cancelled", (counts.get(failure ?? "cancelled") ?? 0) + 1);
    }
  }
  if (counts.size === 0) return null;
  return list([...counts].sort((a, b) => b[1] - a[1]).map(([failure, count]) => `${count} ${failure}`));
}

function commands(run: Run, bad: boolean): string[] {
  if (!isFinalRun(run.status)) return [`bioagent show ${run.run_id}`];
  return bad || run.outcome === "cancelled" || run.outcome === "aborted"
    ? [`bioagent why ${run.run_id}`, `bioagent retry ${run.run_id}`]
    : [`bioagent show ${run.run_id}`];
}
