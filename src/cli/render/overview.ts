import { beganAt } from "../../core/began.ts";
import { count } from "../../core/count.ts";
import type { Job } from "../../core/job.ts";
import type { Run } from "../../core/run.ts";
import { isFinalRun } from "../../core/status.ts";
import type { Paint } from "./paint.ts";
import { runStyle, statusWords } from "./status-words.ts";
import { stepCounts } from "./step-counts.ts";
import { renderStepTable } from "./step-table.ts";
import { minuteOf, tookOf } from "./time.ts";
import { oneLine } from "./width.ts";

interface Look {
  readonly now: string;
  readonly width: number | null;
  readonly paint: Paint;
}

/** What `bioagent show` says to people. */
export function renderOverview(run: Run, jobs: readonly Job[], look: Look): string[] {
  const { paint } = look;
  const facts = overviewFacts(run, look.now).map(
    ([title, value]) => `${paint("dim", title.padEnd(10))} ${oneLine(value)}`,
  );
  facts[1] = `${paint("dim", "Status".padEnd(10))} ${paint(runStyle(run), statusWords(run))}`;
  return [
    ...facts,
    "",
    ...renderStepTable(stepCounts(run, jobs), look),
    ...problemLines(jobs, paint),
    ...run.notes.map((note) => `Note: ${oneLine(note)}`),
    "",
    ...nextSteps(run),
  ];
}

function overviewFacts(run: Run, now: string): [string, string][] {
  const { config } = run;
  const optional: [string, string | null][] = [
    ["About", run.description || null],
    ["Input", config.input],
    ["Output", config.output],
    ["Reference", config.reference],
    ["Params", pairs(config.params)],
    ["Labels", pairs(run.labels)],
    ["Resumes", run.resumed_from],
    ["Round", run.round > 1 ? String(run.round) : null],
    ["Stopping", run.stopping?.reason ?? null],
    ["Waiting", run.waiting ? waitingText(run.waiting, now) : null],
    ["Notes", run.summary.notes || null],
  ];
  return [
    ["Run", `${run.run_id} (${run.name})`],
    ["Status", statusWords(run)],
    [
      "Pipeline",
      `${run.pipeline}, ${count(run.samples.length, "sample")}, ${count(run.summary.total_jobs, "job")}, executor ${run.executor}`,
    ],
    ["Times", timesText(run, now)],
    ...optional.filter((fact): fact is [string, string] => fact[1] !== null),
  ];
}

const pairs = (values: Readonly<Record<string, unknown>>): string | null =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ") || null;

export const waitingText = ({ reason, since, detail }: NonNullable<Run["waiting"]>, now: string): string =>
  `${reason} for ${tookOf(since, null, now)}${detail ? ` (${oneLine(detail)})` : ""}`;

function timesText(run: Run, now: string): string {
  if (run.started_at === null) return `created ${minuteOf(run.created_at)} UTC`;
  const began = beganAt(run);
  const from = `started ${minuteOf(run.started_at)} UTC`;
  if (began === null) return from;
  const took = tookOf(began, run.completed_at, now);
  const again = run.round > 1 ? `, opened again ${minuteOf(began)} UTC` : "";
  return `${from}${again}, ${run.completed_at ? `took ${took}` : `${took} ago`}`;
}

const MOST_PROBLEMS = 10;

function problemLines(jobs: readonly Job[], paint: Paint): string[] {
  const bad = jobs.filter((job) => job.exhausted);
  if (bad.length === 0) return [];
  const lines = bad
    .slice(0, MOST_PROBLEMS)
    .map(
      (job) =>
        `${paint(job.status === "failed" ? "red" : "yellow", job.key)} ${job.status}: ${oneLine(job.decision?.reasoning ?? job.error ?? "")}`,
    );
  const more = bad.length - lines.length;
  return ["", ...lines, ...(more > 0 ? [`... and ${more} more`] : [])];
}

function nextSteps(run: Run): string[] {
  const id = run.run_id;
  if (run.held) return [`Next: bioagent approve ${id}`];
  if (!isFinalRun(run.status)) return [`Next: bioagent watch ${id}`];
  return run.outcome === "all_succeeded" ? [`Next: bioagent jobs ${id}`] : [`Next: bioagent why ${id}`];
}
