import { beganAt } from "./began.ts";
import type { Job } from "./job.ts";
import { MARKS } from "./message.ts";
import type { NoticeFacts } from "./notice.ts";
import { statusLine } from "./outcome.ts";
import { sayDuration } from "./quantity.ts";
import { list, sayStopping, subject } from "./reasoning.ts";
import type { Run, Waiting } from "./run.ts";
import { isFinalRun } from "./status.ts";

/** Lines about single jobs that a message carries; the rest is counted. */
const MOST_DETAILS = 10;

/**
 * What a message about the run says. `about` are the jobs that it is about; null: about the run's end, so all that
 * ended badly by their own attempts. `now`: where it is given, waits say how long they have lasted, so that a reminder says something new.
 */
export function runFacts(
  { run, jobs, now }: { readonly run: Run; readonly jobs: ReadonlyMap<string, Job>; readonly now?: string },
  about: readonly Job[] | null,
): NoticeFacts {
  const bad = inSampleOrder(run, about ?? [...jobs.values()].filter((job) => job.exhausted));
  const alike = [...Map.groupBy(bad, likeness).values()];
  const details = alike.slice(0, MOST_DETAILS).map((group) => detail(group, now));
  if (run.stopping) details.unshift(sayStopping(run.stopping));
  // A run that waits as a whole has no job that could say so.
  else if (alike.length === 0 && run.waiting) details.push(`Waiting ${sayWaiting(run.waiting, now)}`);
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
    more: alike.slice(MOST_DETAILS).reduce((sum, group) => sum + group.length, 0),
    retries: retriesLine(jobs),
    jobs: isFinalRun(run.status) ? jobsLine(run, jobs) : null,
    logs: run.executor === "gcp_batch" && isFinalRun(run.status) ? `${run.config.output}.bioagent/` : null,
    seconds: secondsTaken(run),
    commands: commands(run, bad.length > 0),
  };
}

/** From the beginning of its round to its end. One that was stopped before it began has lasted since it was created. */
function secondsTaken(run: Run): number | null {
  const from = beganAt(run) ?? (run.round === 1 ? run.created_at : null);
  return run.completed_at === null || from === null
    ? null
    : (Date.parse(run.completed_at) - Date.parse(from)) / 1000;
}

/** Jobs that are told of in one line. What a wait's detail says differs from job to job, by the job's own name in it. */
const likeness = ({ status, step, error, waiting }: Job): string =>
  JSON.stringify(waiting ? [step, waiting.reason] : [status, step, error]);

const WAITS: Readonly<Record<Waiting["reason"], string>> = {
  quota: "for quota",
  capacity: "for capacity",
  executor_unreachable: "for an answer of its executor",
  verification: "for its outputs to be verified",
};

/** `for quota since 2026-02-27 10:00 UTC (4 h 30 min): CPUS in us-central1`. */
function sayWaiting({ reason, since, detail }: Waiting, now: string | undefined): string {
  const lasted = now === undefined ? "" : ` (${sayDuration((Date.parse(now) - Date.parse(since)) / 1000)})`;
  const wait = `${WAITS[reason]} since ${minuteOf(since)}${lasted}`;
  return detail ? `${wait}: ${detail}` : wait;
}

/** `2026-02-27 10:00 UTC`. */
const minuteOf = (instant: string): string => `${instant.slice(0, 16).replace("T", " ")} UTC`;

function inSampleOrder(run: Run, jobs: readonly Job[]): Job[] {
  const order = new Map(run.samples.map((sample, at) => [sample, at]));
  return jobs.toSorted((a, b) => (order.get(a.sample ?? "") ?? -1) - (order.get(b.sample ?? "") ?? -1));
}

const marks: Partial<Record<Job["status"], string>> = MARKS;

/** Names that a line about several jobs spells out. */
const MOST_NAMES = 5;

/** `⏭ sample02 skipped in fastqc: Exit code 137 indicates OOM. ...`; jobs that ended alike share a line. */
function detail(jobs: readonly Job[], now: string | undefined): string {
  const [job] = jobs as readonly [Job];
  const word = job.status === "pending" ? "retried" : job.status;
  const names = jobs.slice(0, MOST_NAMES).map(subject);
  if (jobs.length > MOST_NAMES) names.push(`${jobs.length - MOST_NAMES} more`);
  const why = jobs.length === 1 ? job.decision?.reasoning : null;
  const where = job.sample === null ? "" : ` in ${job.step}`;
  if (job.status === "running" || job.status === "submitted") {
    const since = job.started_at ?? job.submitted_at;
    if (!job.waiting)
      return `• ${list(names)} ${job.status}${where}${since ? ` since ${minuteOf(since)}` : ""}`;
  }
  if (job.waiting) {
    // The longest of them.
    const since = jobs.map(({ waiting }) => waiting!.since).reduce((a, b) => (a < b ? a : b));
    return `⏳ ${list(names)} waiting${where} ${sayWaiting({ ...job.waiting, since }, now)}`;
  }
  return `${marks[job.status] ?? "•"} ${list(names)} ${word}${where}: ${why ?? job.error ?? job.class ?? ""}`;
}

/** `37 succeeded (30 reused), 2 skipped and 1 failed`, as the run ended. */
function jobsLine({ summary }: Run, jobs: ReadonlyMap<string, Job>): string {
  const ends = (["succeeded", "skipped", "failed", "cancelled"] as const).filter(
    (status) => summary[status] > 0,
  );
  const reused = [...jobs.values()].filter((job) => job.reused_from !== null).length;
  const how = (status: string): string => (status === "succeeded" && reused > 0 ? ` (${reused} reused)` : "");
  return list(ends.map((status) => `${summary[status]} ${status}${how(status)}`));
}

/** `2 oom and 1 app`; null without any. */
function retriesLine(jobs: ReadonlyMap<string, Job>): string | null {
  const counts = new Map<string, number>();
  for (const job of jobs.values()) {
    for (const [at, failure] of job.classes.slice(0, job.retry_count).entries()) {
      // One that succeeded was opened again by a person: no failure was retried.
      if (failure === null && job.exit_codes[at] === 0) continue;
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
