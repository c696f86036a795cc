import { count } from "../../core/count.ts";
import { runFacts } from "../../core/facts.ts";
import type { Attempt, Job } from "../../core/job.ts";
import type { NoticeFacts } from "../../core/notice.ts";
import { sayDuration } from "../../core/quantity.ts";
import { list } from "../../core/reasoning.ts";
import type { RunView } from "../../ports.ts";
import { countOf, word } from "./job-table.ts";
import { code, table } from "./markdown.ts";

const MOST_JOBS = 50;
const MOST_REPORTED = 20;
const MOST_NAMED = 10;

/** What the run's end says, made anew from the run as it is: the same run gives the same text. */
export const endFacts = ({ run, jobs }: RunView): NoticeFacts =>
  runFacts({ run, jobs: new Map(jobs.map((job) => [job.key, job])) }, null);

/** Facts only: how it ended, what failed or was skipped and why, what was retried; of what used up its attempts each of them. */
export function discussion(view: RunView): string {
  const facts = endFacts(view);
  const ended = view.jobs.filter((job) => job.exhausted && job.status !== "succeeded");
  const lines = [...summaryLines(view, facts), ...endedLines(view, ended), ...unmeasuredLines(view)];
  const sections = ["### Discussion", lines.join("\n")];
  if (view.run.status === "failed" || ended.length > 0)
    sections.push("### Failure report", failureReport(ended));
  if (facts.commands.length > 0)
    sections.push(`Next: ${facts.commands.map((command) => code(command)).join(", ")}`);
  return sections.join("\n\n");
}

function summaryLines({ run }: RunView, facts: NoticeFacts): string[] {
  const took = facts.seconds === null ? "" : ` after ${sayDuration(facts.seconds)}`;
  const outcome = run.outcome === null ? "" : `, outcome ${code(run.outcome)}`;
  return [
    `- The run ended ${run.status.toUpperCase()}${took}${outcome}: ${code(facts.status_line)}`,
    ...(run.stopping
      ? [`- ${run.stopping.action === "abort" ? "Aborted" : "Cancelled"}: ${code(run.stopping.reason)}`]
      : []),
    `- Retries by failure class: ${facts.retries === null ? "none" : code(facts.retries)}`,
  ];
}

function endedLines({ jobs }: RunView, ended: readonly Job[]): string[] {
  const dependents = jobs.filter((job) => job.status === "skipped" && !job.exhausted).length;
  const cancelled = countOf(jobs, "cancelled");
  const noticed = ended.slice(0, MOST_JOBS).map(endedLine);
  if (ended.length > noticed.length)
    noticed.push(`- … and ${count(ended.length - noticed.length, "more job")} that failed or were skipped`);
  if (dependents > 0) noticed.push(`- ${jobsWord(dependents)} skipped, because a job before did not succeed`);
  if (cancelled > 0) noticed.push(`- ${jobsWord(cancelled)} cancelled before they ended`);
  return noticed.length > 0 ? noticed : ["- No job failed or was skipped"];
}

/** Jobs that succeeded although their metrics files gave no value: not there any more, too large, or in no known form. */
export function unmeasured({ run, jobs }: RunView): Job[] {
  const measured = new Set(
    run.pipeline_spec.steps.filter((step) => step.metrics.length > 0).map(({ id }) => id),
  );
  return jobs.filter(
    ({ status, step, metrics }) =>
      status === "succeeded" && measured.has(step) && Object.keys(metrics).length === 0,
  );
}

function unmeasuredLines(view: RunView): string[] {
  const lacking = unmeasured(view);
  if (lacking.length === 0) return [];
  const named = lacking.slice(0, MOST_NAMED).map(({ key }) => code(key));
  const rest = lacking.length - named.length;
  const who = [...named, ...(rest > 0 ? [`${rest} more`] : [])];
  return [`- No value was found in the metrics files of ${list(who)}`];
}

const jobsWord = (count: number): string => (count === 1 ? "1 job was" : `${count} jobs were`);

function endedLine(job: Job): string {
  const cause = job.class === null ? "" : ` (${job.class})`;
  const tries = count(job.attempts.length, "attempt");
  const why = job.decision?.reasoning ?? job.error ?? "";
  return `- ${code(job.key)} ${word(job.status)}${cause} after ${tries}: ${code(why)}`;
}

function failureReport(ended: readonly Job[]): string {
  if (ended.length === 0) return "No job used up its attempts.";
  const reported = ended.slice(0, MOST_REPORTED);
  const rows = reported.flatMap((job) => job.attempts.map((attempt) => attemptRow(job, attempt)));
  const head = ["Job", "Attempt", "Ended", "Class", "Exit code", "Memory", "Evidence"];
  const rest = ended.length - reported.length;
  return [table(head, rows), ...(rest > 0 ? [`… and ${count(rest, "more job")}`] : [])].join("\n\n");
}

function attemptRow(job: Job, attempt: Attempt): string[] {
  const evidence = attempt.evidence.slice(0, 3).map(({ text }) => code(text, 200));
  return [
    code(job.key),
    String(attempt.attempt),
    attempt.status.toUpperCase(),
    attempt.class ?? "–",
    attempt.exit_code === null ? "–" : String(attempt.exit_code),
    code(attempt.resources.memory),
    evidence.length > 0 ? evidence.join("; ") : "–",
  ];
}
