import { pathText } from "../core/pipeline.ts";

export { pathText } from "../core/pipeline.ts";
/** What is wrong in a file that a person wrote, and exactly where. Lines and columns count from 1. */
export interface LocatedProblem {
  /** `steps[2].needs[0]`; empty for the whole file. */
  readonly path: string;
  /** One line, for a person who knows their tools and not our schema. */
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** An error is a few lines, never a page. */
const MOST_LINES = 12;
const MOST_MESSAGE = 400;

/** `file.yaml:12:7  steps[0].resources.memory  message`, one line for each problem, at most 12 lines in all. */
export function renderProblems(source: string, problems: readonly LocatedProblem[]): string {
  const lines = problems.map(({ path, message, line, column }) =>
    [`${oneLine(source, 200)}:${line}:${column}`, path, message].filter((part) => part !== "").join("  "),
  );
  return limitLines(lines).join("\n");
}

/** At most 12 lines; the last one counts those that are left out. */
export function limitLines(lines: readonly string[]): string[] {
  if (lines.length <= MOST_LINES) return [...lines];
  const shown = lines.slice(0, MOST_LINES - 1);
  return [...shown, `... and ${lines.length - shown.length} more`];
}

/** A problem in one line of bounded length, whatever was read. */
export const locatedProblem = (
  path: readonly (string | number)[],
  message: string,
  place: { readonly line: number; readonly column: number },
): LocatedProblem => ({
  path: oneLine(pathText(path), 200),
  message: oneLine(message, MOST_MESSAGE),
  line: place.line,
  column: place.column,
});

/** In the order of the file, each said once. */
export function inOrder(problems: readonly LocatedProblem[]): LocatedProblem[] {
  const seen = new Set<string>();
  return problems
    .filter((problem) => {
      const key = JSON.stringify(problem);
      return seen.has(key) ? false : seen.add(key);
    })
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** A value as a person recognises it, never longer than a glance. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "an empty value";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

function oneLine(text: string, most: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 3)}...` : line;
}
