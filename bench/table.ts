import type { Row, Spread } from "./row.ts";
import { median } from "./row.ts";

const HEADS = ["what", "measured", "reference", "ratio", "budget", "holds?"];

/** The rows as a Markdown table, which is also one for the eye. */
export function renderTable(rows: readonly Row[]): string {
  const cells = [HEADS, ...rows.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = cells.map(line);
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
}

function cellsOf(row: Row): string[] {
  const { reference } = row;
  return [
    row.what,
    saySpread(row.measured),
    reference === null
      ? ""
      : typeof reference === "string"
        ? reference
        : `${reference.name}: ${saySpread(reference)}`,
    row.ratio === null ? "" : `${sayNumber(row.ratio)} x`,
    row.budget ?? "",
    row.holds === null ? "" : row.holds ? "yes" : row.soft ? "no (time)" : "NO",
  ];
}

/** `5.2 s (4.9 - 6.1)`: the middle, and the smallest and largest where it was done several times. */
function saySpread({ unit, values }: Spread): string {
  const middle = `${sayNumber(median(values))} ${unit}`.trim();
  if (values.length === 1) return middle;
  return `${middle} (${sayNumber(Math.min(...values))} - ${sayNumber(Math.max(...values))})`;
}

function sayNumber(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}
