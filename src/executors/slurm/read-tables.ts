import { exitStatus, noRecord, type SlurmRecord, slurmBytes, slurmSeconds } from "./slurm-record.ts";
import { fullState, isStateText } from "./slurm-states.ts";

type Columns = Readonly<Record<string, string>>;

/** The lines of `sacct -P`, `sacct` or `squeue`, with or without their header; an empty list when it is none. */
export function readTable(text: string): SlurmRecord[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const rows = lines.some((line) => line.includes("|")) ? delimited(lines) : aligned(lines);
  return rows.flatMap((columns) => recordOf(columns) ?? []);
}

const HEADER = /(?:^|[|\s])(?:State|StateCompact|ST|ExitCode)(?:[|\s]|$)/i;

function delimited(lines: readonly string[]): Columns[] {
  const cells = lines.map((line) => line.split("|").map((cell) => cell.trim()));
  const header = HEADER.test(lines[0]!) && !cells[0]!.some(isStateText) ? cells[0]! : null;
  if (header) return cells.slice(1).map((row) => named(header, row));
  return cells.map(guessed);
}

const named = (header: readonly string[], row: readonly string[]): Columns =>
  Object.fromEntries(header.map((name, at) => [name.toLowerCase(), row[at] ?? ""]));

/** Without a header, cells are known by their form; the exit code follows the state. */
function guessed(cells: readonly string[]): Columns {
  const state = cells.findIndex(isStateText);
  if (state < 0) return {};
  const code =
    cells.slice(state + 1).find((cell) => exitStatus(cell)) ?? cells.find((cell) => exitStatus(cell));
  const id = [cells[0]!].find((cell) => JOB_ID.test(cell));
  // Prose may name a state too: a record begins with a number, has an exit code, or is the state alone.
  if (id === undefined && code === undefined && cells.length > 1) return {};
  return { state: cells[state]!, exitcode: code ?? "", jobid: id ?? "" };
}

const JOB_ID = /^\d+(?:_(?:\d+|\[.*\]))?(?:\+\d+)?(?:\.[\w+-]+)?\+?$/;

/** Columns by the dashes under their header, else by the header's words, else by their form. */
function aligned(lines: readonly string[]): Columns[] {
  const dashes = lines.findIndex((line) => /^\s*-{2,}(?:\s+-{2,})*\s*$/.test(line));
  if (dashes > 0) {
    const cut = (line: string): string[] =>
      [...lines[dashes]!.matchAll(/-+/g)].map(({ index, 0: bar }) =>
        line.slice(index, index + bar.length).trim(),
      );
    const header = cut(lines[dashes - 1]!);
    return lines.slice(dashes + 1).map((line) => named(header, cut(line)));
  }
  const words = (line: string): string[] => line.trim().split(/\s+/);
  const header = HEADER.test(lines[0] ?? "") && !words(lines[0]!).some(isStateText) ? words(lines[0]!) : null;
  if (header) return lines.slice(1).map((line) => named(header, joinCancelled(words(line))));
  return lines.map((line) => guessed(joinCancelled(words(line))));
}

/** `CANCELLED by 0` is one cell, and a squeue reason in brackets is one too. */
function joinCancelled(words: readonly string[]): string[] {
  const at = words.findIndex((word, index) => word.startsWith("CANCELLED") && words[index + 1] === "by");
  const joined =
    at < 0 ? [...words] : [...words.slice(0, at), words.slice(at, at + 3).join(" "), ...words.slice(at + 3)];
  const bracket = joined.findIndex((word) => word.startsWith("("));
  return bracket < 0 ? joined : [...joined.slice(0, bracket), joined.slice(bracket).join(" ")];
}

const NEVER = new Set(["unknown", "none", "none assigned", "n/a", ""]);

function recordOf(columns: Columns): SlurmRecord | null {
  const raw = columns["state"] || columns["statecompact"] || columns["st"] || null;
  const code = exitStatus(columns["exitcode"]);
  if (raw === null && code === null) return null;
  const state = raw === null ? null : fullState(raw);
  const id = columns["jobid"] || null;
  // A line without a state and without a number is no record, whatever columns it seems to have.
  if (state === null && code === null && !(id && JOB_ID.test(id))) return null;
  const cpu = Number(columns["alloccpus"] || columns["reqcpus"] || columns["ncpus"] || 0) || null;
  return {
    ...noRecord,
    id,
    state,
    raw,
    code,
    reason: reasonOf(columns),
    cpu,
    memory: slurmBytes(columns["reqmem"], cpu),
    timeLimit: slurmSeconds(columns["timelimit"]),
    elapsed: slurmSeconds(columns["elapsed"]),
    peakMemory: slurmBytes(columns["maxrss"], null),
    started: startedOf(columns),
  };
}

function startedOf(columns: Columns): boolean | null {
  const nodes = columns["nodelist"]?.toLowerCase();
  const start = columns["start"]?.toLowerCase();
  if (nodes === "none assigned" || start === "unknown" || start === "none") return false;
  return start && !NEVER.has(start) ? true : null;
}

const reasonOf = (columns: Columns): string | null =>
  columns["reason"] || /^\((.+)\)$/.exec(columns["nodelist(reason)"] ?? "")?.[1] || null;
