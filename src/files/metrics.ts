import { parse } from "csv-parse/sync";
import { cutText } from "../core/message.ts";

/** A larger file is no summary of a job; it is skipped. */
export const MAX_METRICS_BYTES = 2 ** 20;
const MAX_VALUES = 100;
const MAX_DEPTH = 10;
const MAX_NAME = 200;
const MAX_TEXT = 500;

export type MetricValue = number | string | boolean;
type Entry = readonly [name: string, value: MetricValue];

/**
 * The values of a metrics file, by name: JSON (nested names joined with dots), JSON lines (the last one), CSV or TSV
 * (the first row, named by the header). What cannot be parsed gives nothing.
 */
export function parseMetrics(path: string, text: string): Entry[] {
  try {
    return entriesOf(path, text.replace(/^\uFEFF/, "")).filter(([name]) => isName(name));
  } catch {
    return []; // a metric is for looking at; a broken file is no failure of the job
  }
}

/** Several files' values as one record, at most 100; of two with one name the first stands. */
export function mergeMetrics(files: readonly (readonly Entry[])[]): Record<string, MetricValue> {
  const merged = new Map<string, MetricValue>();
  for (const [name, value] of files.flat()) {
    if (merged.size < MAX_VALUES && !merged.has(name)) merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function entriesOf(path: string, text: string): Entry[] {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  switch (extension) {
    case "json":
      return flatten(parseJson(text), "", 0);
    case "jsonl":
    case "ndjson":
      return flatten(parseJson(text.trimEnd().split("\n").at(-1) ?? ""), "", 0);
    case "csv":
      return firstRow(text, ",");
    case "tsv":
    case "tab":
    case "txt":
      return firstRow(text, "\t");
    default:
      return [];
  }
}

/** A string, also one that does not end (or it would be tried from each of its quotes), or a number that JSON has not. */
const STRING_OR_NOT_FINITE = /"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\bInfinity\b|\bNaN\b/gs;

/** JSON, also with `NaN` in it, as `json.dump` of Python writes: one value that is none takes no others away. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(
      text.replace(STRING_OR_NOT_FINITE, (found) => (found[0] === '"' ? found : `"${found}"`)),
    );
  }
}

function flatten(value: unknown, name: string, depth: number): Entry[] {
  // No store keeps an infinity, and 1e400 is one.
  if (typeof value === "number" && !Number.isFinite(value)) return name === "" ? [] : [[name, String(value)]];
  if (typeof value === "number" || typeof value === "boolean") return name === "" ? [] : [[name, value]];
  if (typeof value === "string") return name === "" ? [] : [[name, cutText(value, MAX_TEXT)]];
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > MAX_DEPTH) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, name === "" ? key : `${name}.${key}`, depth + 1),
  );
}

function firstRow(text: string, delimiter: string): Entry[] {
  const options = { delimiter, to: 2, relax_column_count: true, skip_empty_lines: true };
  // Tab-separated reports of this field do not quote, and may hold a lone quotation mark.
  const rows: string[][] = parse(text, { ...options, ...(delimiter === "\t" ? { quote: null } : {}) });
  const [header, row] = rows;
  if (!header || !row || (delimiter === "\t" && header.length < 2)) return [];
  return header.flatMap((name, at): Entry[] => {
    const cell = row[at]?.trim() ?? "";
    return cell === "" ? [] : [[name.trim(), scalarOf(cell)]];
  });
}

/** A number where the cell is one; `007` is a name, not seven. */
function scalarOf(cell: string): number | string {
  const isNumber = /^[+-]?(?:0|[1-9]\d*|(?=\.))(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(cell) && /\d/.test(cell);
  return isNumber && Number.isFinite(Number(cell)) ? Number(cell) : cutText(cell, MAX_TEXT);
}

/** Firestore refuses names like `__x__`, and empty ones; one of them would spoil the whole commit. */
const isName = (name: string): boolean => name !== "" && name.length <= MAX_NAME && !/^__.*__$/.test(name);
