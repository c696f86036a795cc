import type { NoticeFacts } from "./notice.ts";
import { sayDuration } from "./quantity.ts";
import type { NoticeEvent } from "./run.ts";

/** What is said about the sending itself, not about the run. */
export interface NoticeFlags {
  /** An earlier sending of it may have arrived. */
  readonly possible_repeat: boolean;
  readonly test: boolean;
}

/** A notice before it is joined: a channel with less room drops details from the end and keeps the rest. */
export interface NoticeParts {
  readonly title: string;
  /** Run, pipeline, status, output. */
  readonly head: readonly string[];
  /** Who failed or was skipped, and why. */
  readonly details: readonly string[];
  /** Details left out already. */
  readonly more: number;
  /** Retries, duration, what to type next, marks. */
  readonly tail: readonly string[];
}

/** What a line about jobs begins with, by how they stand. */
export const MARKS = { failed: "❌", skipped: "⏭", pending: "↻", succeeded: "✅" } as const;

const TITLES = {
  "run.started": "Run Started",
  "run.completed": "Run Complete",
  "run.failed": "Run Failed",
  "run.cancelled": "Run Cancelled",
  "job.skipped": "Job Skipped",
  "job.retried": "Job Retried",
  "run.waiting": "Run Waiting",
  "run.stalled": "Run Stalled",
  "run.progress": "Run Progress",
} as const satisfies Record<NoticeEvent, string>;

/** A line of a log is quoted, not copied. */
const MAX_DETAIL_CHARS = 500;

/** The notice as plain text. Of a run's end, the first five lines are fixed word for word; details begin with the sixth. */
export function noticeText(event: NoticeEvent, facts: NoticeFacts, flags: NoticeFlags): string {
  const parts = noticeParts(event, facts, flags);
  return [parts.title, ...parts.head, ...fitDetails(parts, Infinity), ...parts.tail].join("\n");
}

/** The same, in parts. No line holds a line break, a control character, or a space at its end. */
export function noticeParts(event: NoticeEvent, facts: NoticeFacts, flags: NoticeFlags): NoticeParts {
  return {
    title: `🧬 BioAgent ${titleOf(event, facts)}`,
    head: headOf(event, facts).map(flatten),
    details: facts.details.map((detail) => cutText(flatten(detail), MAX_DETAIL_CHARS)).filter(Boolean),
    more: facts.more,
    tail: tailOf(event, facts, flags).map(flatten),
  };
}

/** `job.skipped` tells of every job that its own attempts have ended: "skipped" would be wrong where all of them failed. */
function titleOf(event: NoticeEvent, { details }: NoticeFacts): string {
  const has = (mark: string): boolean => details.some((detail) => detail.startsWith(mark));
  return event === "job.skipped" && has(MARKS.failed) && !has(MARKS.skipped) ? "Job Failed" : TITLES[event];
}

/** As many details as `maxChars` (UTF-16 units, line breaks counted) hold, and how many more there are. */
export function fitDetails(parts: Pick<NoticeParts, "details" | "more">, maxChars: number): string[] {
  const { details, more } = parts;
  const all = [...details, ...moreLine(more)];
  if (charsOf(all) <= maxChars) return all;
  const room = maxChars - charsOf(moreLine(details.length + more));
  let used = 0;
  const kept = details.findIndex((detail) => {
    used += detail.length + 1;
    return used > room;
  });
  return kept < 0
    ? [...details, ...moreLine(more)]
    : [...details.slice(0, kept), ...moreLine(details.length - kept + more)];
}

const moreLine = (count: number): string[] => (count > 0 ? [`… and ${count} more`] : []);
const charsOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0);

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** At most `maxChars` UTF-16 units, ending in `…` where something was cut; never tears a character that people see as one. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  let end = 0;
  for (const { index, segment } of graphemes.segment(text.slice(0, maxChars * 2))) {
    if (index + segment.length > maxChars - 1) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end)}…`;
}

/** Of a run's end; everything else is said on the way. */
export const endsRun = (event: NoticeEvent): boolean =>
  event === "run.completed" || event === "run.failed" || event === "run.cancelled";

function headOf(event: NoticeEvent, facts: NoticeFacts): string[] {
  const always = [`Run: ${facts.run_id}`, `Pipeline: ${facts.pipeline}`];
  const status = `Status: ${facts.status_line}`;
  const output = `Output: ${facts.output}`;
  if (endsRun(event)) return [...always, status, output];
  return [
    ...always,
    ...(facts.status_line ? [status] : []),
    ...(event === "run.started" && facts.output ? [output] : []),
  ];
}

function tailOf(event: NoticeEvent, facts: NoticeFacts, flags: NoticeFlags): string[] {
  return [
    ...(facts.jobs ? [`Jobs: ${facts.jobs}`] : []),
    ...(facts.retries ? [`Retries: ${facts.retries}`] : []),
    ...(facts.seconds === null
      ? []
      : [`${endsRun(event) ? "Duration" : "Elapsed"}: ${sayDuration(facts.seconds)}`]),
    ...(facts.logs ? [`Logs: ${facts.logs}`] : []),
    ...facts.commands.map((command) => `Next: ${command}`),
    ...(flags.possible_repeat ? ["(possibly a repeat: the last sending was interrupted)"] : []),
    ...(flags.test ? ["(test message)"] : []),
  ];
}

/** Colours of a terminal; then control characters, line breaks of any alphabet, and what reverses the direction of text. */
const TERMINAL_CODE = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** One line of plain text, whatever a sample's name, a path or a log line holds. */
export function flatten(text: string): string {
  return text.toWellFormed().replace(TERMINAL_CODE, "").replace(UNPRINTABLE, " ").trimEnd();
}
