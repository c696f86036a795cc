import type { Attempt, Decision, Job } from "../../core/job.ts";
import { sayBytes, sayQuantity } from "../../core/quantity.ts";
import type { Run } from "../../core/run.ts";
import { type Paint, statusStyle } from "./paint.ts";
import { tookOf } from "./time.ts";
import { oneLine } from "./width.ts";

const LOG_LINES = 8;

/** One job that did not succeed (or was asked for): its attempts, what was decided and why, the end of its log. */
export function renderWhy(job: Job, paint: Paint): string[] {
  const head = `${paint("bold", job.key)}: ${paint(statusStyle(job.status), job.status)}${job.error ? `, ${oneLine(job.error)}` : ""}`;
  if (job.blocked_by !== null) {
    return [
      head,
      `  It needs ${job.blocked_by}, which did not succeed. bioagent why ${job.run_id} ${job.blocked_by}`,
    ];
  }
  return [
    head,
    ...history(job).flatMap((entry) => entry.map((line) => `  ${line}`)),
    ...logLines(job, paint),
  ];
}

/** Attempts, each followed by what was decided upon it; what was decided upon none comes last. */
function history(job: Job): string[][] {
  const told = new Set<Decision>();
  const entries = job.attempts.map((attempt) => {
    const decisions = job.decisions.filter((decision) => decision.attempt === attempt.attempt);
    for (const decision of decisions) told.add(decision);
    return [attemptLine(attempt), ...evidenceLines(attempt), ...unique(decisions.map(decisionLine))];
  });
  const rest = job.decisions.filter((decision) => !told.has(decision)).map(decisionLine);
  return rest.length > 0 ? [...entries, unique(rest)] : entries;
}

const unique = (lines: readonly string[]): string[] => [...new Set(lines)];

function attemptLine(attempt: Attempt): string {
  const { resources, exit_code, peak_memory } = attempt;
  const parts = [
    `${attempt.status}${exit_code === null ? "" : `, exit ${exit_code}`}${attempt.class ? `, ${attempt.class}` : ""}`,
    `${resources.cpu} CPU, ${sayQuantity(resources.memory)}${resources.time ? `, ${resources.time}` : ""}`,
    ...(peak_memory === null ? [] : [`peak ${sayBytes(peak_memory)}`]),
    ...(attempt.started_at && attempt.ended_at
      ? [`took ${tookOf(attempt.started_at, attempt.ended_at, attempt.ended_at)}`]
      : []),
    attempt.executor,
  ];
  return `attempt ${attempt.attempt}: ${parts.join("; ")}`;
}

const evidenceLines = (attempt: Attempt): string[] =>
  attempt.evidence.map(({ source, text }) => `    seen (${source}): ${oneLine(text)}`);

function decisionLine({ action, reasoning, rule }: Decision): string {
  return `    -> ${action}${rule ? ` (rule ${rule})` : ""}: ${oneLine(reasoning)}`;
}

function logLines(job: Job, paint: Paint): string[] {
  const tail = job.attempts.findLast((attempt) => attempt.log_tail)?.log_tail;
  if (!tail) return [];
  const lines = tail.trimEnd().split(/\r?\n/).slice(-LOG_LINES);
  return ["  last lines of its log:", ...lines.map((line) => paint("dim", `  | ${oneLine(line)}`))];
}

/** What to type, once for the run. */
export function renderRemedies(run: Pick<Run, "run_id">, jobs: readonly Job[]): string[] {
  const own = jobs.filter((job) => job.exhausted);
  const first = own[0] ?? jobs.find((job) => job.attempts.length > 0);
  if (!first) return [];
  const lines = ["To do:", `  bioagent logs ${run.run_id} ${first.key}`];
  const oom = own.find((job) => job.class === "oom");
  if (oom) {
    const last = oom.attempts.at(-1)?.resources ?? oom.resources;
    lines.push(`  bioagent retry ${run.run_id} --class oom --set ${oom.step}.memory=${twice(last.memory)}`);
  }
  const timeout = own.find((job) => job.class === "timeout");
  if (timeout) lines.push(`  bioagent retry ${run.run_id} --class timeout --set ${timeout.step}.time=...`);
  if (!oom || own.some((job) => job.class !== "oom")) lines.push(`  bioagent retry ${run.run_id} --failed`);
  return lines;
}

function twice(memory: string): string {
  const match = /^([\d.]+)\s?(.*)$/.exec(memory);
  return match ? `${Number(match[1]) * 2}${match[2]}` : memory;
}
