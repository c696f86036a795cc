import { beganAt } from "../../core/began.ts";
import type { Event } from "../../core/event.ts";
import type { Run } from "../../core/run.ts";
import { isFinalRun } from "../../core/status.ts";
import { eventWords } from "./event-line.ts";
import { waitingText } from "./overview.ts";
import type { Paint } from "./paint.ts";
import { runStyle, statusWords } from "./status-words.ts";
import { type StepCounts, totalOf } from "./step-counts.ts";
import { renderStepTable } from "./step-table.ts";
import { clockOf, tookOf } from "./time.ts";
import { cutToWidth, displayWidth, padToWidth } from "./width.ts";

export interface ProgressState {
  readonly run: Run;
  readonly counts: readonly StepCounts[];
  /** `job.decided` events, the newest last. */
  readonly decisions: readonly Event[];
  readonly now: string;
}

interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

const MOST_DECISIONS = 5;
/** Many steps leave room for so many. */
const RESERVED_DECISIONS = 3;
/** Narrower terminals have better use for the room than the time of a decision. */
const WIDTH_OF_CLOCKS = 100;
/** Of a table's steps, at least so many are shown however low the terminal is. */
const FEWEST_STEPS = 3;

/** The redrawn block of `watch`: never wider than the terminal, and a row lower, so that it can be drawn over itself. */
export function renderProgress(state: ProgressState, room: Room): string[] {
  const width = Math.max(1, room.columns - 1);
  const head = headLines(state, width, room.paint);
  const waiting = waitingLine(state, width, room.paint);
  const fixed = head.length + waiting.length + 4; // table's titles, two blanks, bar
  const spare = Math.max(0, room.rows - 1 - fixed);
  const reserved = Math.min(RESERVED_DECISIONS, state.decisions.length);
  const steps = visibleSteps(state.counts, Math.max(FEWEST_STEPS, spare - 2 - reserved));
  const table = renderStepTable(steps.shown, { width, paint: room.paint });
  const hidden = steps.hidden > 0 ? [cutToWidth(`... and ${steps.hidden} more steps`, width)] : [];
  const left = room.rows - 1 - fixed - steps.shown.length - hidden.length - 1;
  const decisions = decisionLines(state, width, Math.min(MOST_DECISIONS, Math.max(0, left)), room.paint);
  return [
    ...head,
    "",
    ...table.map((line) => fitLine(line, width)),
    ...hidden,
    "",
    bar(state.counts, width, room.paint),
    ...(decisions.length > 0 ? ["", ...decisions] : []),
    ...waiting,
  ].slice(0, Math.max(1, room.rows - 1));
}

/** A table that cannot shrink any further is cut, colours and all. */
const fitLine = (line: string, width: number): string =>
  displayWidth(line) <= width ? line : cutToWidth(line.replace(/\x1b\[\d+m/g, ""), width);

function headLines({ run, now }: ProgressState, width: number, paint: Paint): string[] {
  const took = tookOf(beganAt(run) ?? run.created_at, run.completed_at, now);
  const names = cutToWidth(`${run.run_id}  ${run.name}`, Math.max(1, width - displayWidth(took) - 2));
  const blank = " ".repeat(Math.max(1, width - displayWidth(names) - displayWidth(took)));
  const status = statusWords(run);
  const second = cutToWidth(`${run.pipeline} on ${run.executor}, ${status}`, width);
  const at = second.indexOf(status);
  return [
    cutToWidth(names, width) === names && displayWidth(names) + displayWidth(took) < width
      ? `${paint("bold", names)}${blank}${paint("dim", took)}`
      : paint("bold", cutToWidth(names, width)),
    at < 0 ? second : `${second.slice(0, at)}${paint(runStyle(run), status)}`,
  ];
}

/** Where not all fit: first those where something moves or went wrong, in the pipeline's order. */
function visibleSteps(
  counts: readonly StepCounts[],
  most: number,
): { shown: readonly StepCounts[]; hidden: number } {
  if (counts.length <= most) return { shown: counts, hidden: 0 };
  const rank = (count: StepCounts): number =>
    count.running > 0 ? 0 : count.failed + count.skipped > 0 ? 1 : count.waiting > 0 ? 2 : 3;
  const chosen = new Set([...counts].sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(1, most - 1)));
  return { shown: counts.filter((count) => chosen.has(count)), hidden: counts.length - chosen.size };
}

function bar(counts: readonly StepCounts[], width: number, paint: Paint): string {
  const total = totalOf(counts, "total");
  const good = totalOf(counts, "succeeded");
  const bad = totalOf(counts, "skipped") + totalOf(counts, "failed") + totalOf(counts, "cancelled");
  const label = ` ${good + bad}/${total}`;
  const cells = Math.min(60, width - label.length);
  if (cells < 4 || total === 0) return cutToWidth(label.trim(), width);
  const ended = Math.floor((cells * (good + bad)) / total);
  const green = Math.min(ended, Math.round((cells * good) / total));
  return `${paint("green", "█".repeat(green))}${paint("yellow", "▓".repeat(ended - green))}${paint("dim", "░".repeat(cells - ended))}${label}`;
}

function decisionLines({ decisions }: ProgressState, width: number, most: number, paint: Paint): string[] {
  if (most === 0) return [];
  const last = decisions.slice(-most).map((event) => ({ event, ...eventWords(event) }));
  const longest = Math.max(...last.map((words) => displayWidth(words.subject)), 0);
  const subject = Math.min(longest, Math.max(8, Math.floor(width / 3)));
  return last.map(({ event, subject: name, verb, text, style }) => {
    const clock = width < WIDTH_OF_CLOCKS ? "" : `${clockOf(event.at)} `;
    const start = `${clock}${padToWidth(cutToWidth(name, subject), subject)} `;
    const room = width - displayWidth(start) - 7;
    if (room < 10) return cutToWidth(`${name} ${verb}`, width);
    return `${paint("dim", start)}${paint(style, padToWidth(cutToWidth(verb, 6), 6))} ${cutToWidth(text, room)}`;
  });
}

function waitingLine({ run, now }: ProgressState, width: number, paint: Paint): string[] {
  if (isFinalRun(run.status)) return [];
  if (run.stopping) return [paint("red", cutToWidth(`stopping: ${run.stopping.reason}`, width))];
  return run.waiting ? [paint("yellow", cutToWidth(`waiting: ${waitingText(run.waiting, now)}`, width))] : [];
}
