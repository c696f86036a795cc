import { runFacts } from "../../core/facts.ts";
import type { Job } from "../../core/job.ts";
import { noticeParts } from "../../core/message.ts";
import type { NoticeFacts } from "../../core/notice.ts";
import type { NoticeEvent, Run } from "../../core/run.ts";
import { isFinalJob, type JobStatus } from "../../core/status.ts";
import type { RunView } from "../../ports.ts";
import type { SlackParts } from "./payload.ts";

/** Another message about the run stood, or may stand, above this one. */
const CONTINUES = "(goes on from a message about this run that is gone, or that nobody knows any more)";

export interface BoardFlags {
  readonly possible_repeat: boolean;
  readonly continues: boolean;
}

/** What the run's own message shows: the run as it is now, with its counts and a line for each step. */
export function boardParts(view: RunView, event: NoticeEvent, flags: BoardFlags): SlackParts {
  const { run } = view;
  const given = factsOf(view, null);
  // The counts stand above the steps, of a run that goes on, too.
  const facts = { ...given, details: [...given.details, ...waitingLine(run, given)], jobs: null };
  const { possible_repeat, continues } = flags;
  const parts = noticeParts(boardEvent(run, event), facts, { possible_repeat, test: false });
  const tail = continues ? [...parts.tail, CONTINUES] : parts.tail;
  return { ...parts, tail, progress: [countsLine(run), ...stepLines(view)] };
}

/** Of a run that waits although some of its jobs have ended badly; else the facts say it. */
function waitingLine({ waiting }: Run, { details }: NoticeFacts): string[] {
  if (!waiting || details.some((line) => line.startsWith("Waiting "))) return [];
  return [`⏳ Waiting since ${waiting.since}: ${waiting.detail || waiting.reason}`];
}

const factsOf = ({ run, jobs }: RunView, about: readonly Job[] | null): NoticeFacts =>
  runFacts({ run, jobs: new Map(jobs.map((job) => [job.key, job])) }, about);

/** Which jobs ended badly by their own attempts, as a reply in the run's thread. */
export function newsParts(view: RunView, news: readonly Job[], possible_repeat: boolean): SlackParts {
  const { run_id } = view.run;
  const commands = [`bioagent why ${run_id}${news.length === 1 ? ` ${news[0]!.key}` : ""}`];
  const facts = { ...factsOf(view, news), retries: null, jobs: null, logs: null, seconds: null, commands };
  const parts = noticeParts("job.skipped", facts, { possible_repeat, test: false });
  const counts = countsOf(news);
  const said = (["failed", "skipped"] as const)
    .filter((status) => (counts.get(status) ?? 0) > 0)
    .map((status) => `${counts.get(status)} ${status}`);
  return { ...parts, title: `🧬 BioAgent Jobs: ${said.join(", ")}`, head: [] };
}

function boardEvent(run: Run, event: NoticeEvent): NoticeEvent {
  switch (run.status) {
    case "completed":
    case "failed":
    case "cancelled":
      return `run.${run.status}`;
    case "planning":
    case "running":
      return event === "run.started" ? event : "run.progress";
    default:
      return run.status satisfies never;
  }
}

/** In the order in which people want to know. */
const SHOWN: readonly (readonly [JobStatus, string])[] = [
  ["succeeded", "✅"],
  ["running", "▶"],
  ["submitted", "⏫"],
  ["failed", "❌"],
  ["skipped", "⏭"],
  ["cancelled", "⏹"],
];

const countsOf = (jobs: readonly Job[]): Map<JobStatus, number> => {
  const counts = new Map<JobStatus, number>();
  for (const { status } of jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
};

function countsLine({ summary }: Run): string {
  const shown = SHOWN.map(([status]) => [status, summary[status]] as const).filter(([, count]) => count > 0);
  const pending = summary.pending > 0 ? [`${summary.pending} pending`] : [];
  return `Jobs: ${[`${summary.total_jobs} in all`, ...shown.map(([status, count]) => `${count} ${status}`), ...pending].join(", ")}`;
}

function stepLines({ run, jobs }: RunView): string[] {
  const byStep = Map.groupBy(jobs, (job) => job.step);
  return run.pipeline_spec.steps.map((step) => {
    const own = byStep.get(step.id) ?? [];
    const total = Math.max(own.length, step.per === "sample" ? run.samples.length : 1);
    return stepLine(step.id, own, total);
  });
}

/** `██████░░░░ fastqc 6/10 ✅ 5 ▶ 3 ⏭ 1`: how many of the step's jobs have ended, then how. */
function stepLine(step: string, jobs: readonly Job[], total: number): string {
  const ended = jobs.filter(({ status }) => isFinalJob(status)).length;
  const counts = countsOf(jobs);
  const shown = SHOWN.flatMap(([status, mark]) =>
    (counts.get(status) ?? 0) > 0 ? [`${mark} ${counts.get(status)}`] : [],
  );
  return [`${bar(ended, total)} ${step} ${ended}/${total}`, ...shown].join("  ");
}

const BAR = 10;

/** Full only when all have ended. */
function bar(ended: number, total: number): string {
  const filled = total === 0 ? BAR : Math.floor((ended / total) * BAR);
  return "█".repeat(filled) + "░".repeat(BAR - filled);
}
