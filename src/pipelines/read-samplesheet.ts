import { columnVariable, SAMPLE_COLUMN, sampleEnvironment } from "../core/environment.ts";
import { nearest } from "../core/spelling.ts";
import { inOrder, type LocatedProblem, locatedProblem, show } from "./problem.ts";
import { readTable, type TableRow } from "./read-table.ts";
import { sampleNameProblem } from "./sample-name.ts";

export type SheetRow = Readonly<Record<string, string>>;

/** Samples in the order of their first row; each row has every column of the sheet, `sample` among them. */
export interface SheetSample {
  readonly sample: string;
  readonly rows: readonly SheetRow[];
}

export interface SampleSheet {
  /** Empty as soon as there is one problem. */
  readonly samples: readonly SheetSample[];
  /** As written in the first line. */
  readonly columns: readonly string[];
  readonly problems: readonly LocatedProblem[];
}

export const MOST_COLUMNS = 500;
export const MOST_ROWS = 100_000;
/** Characters; a process takes no longer variable than 128 KiB, name included. */
const LONGEST_VARIABLE = 100_000;
/** Characters of all variables of one sample together; beyond it no process starts (E2BIG). */
const MOST_ENVIRONMENT = 500_000;

/**
 * Reads a sample sheet, CSV or (when its first line has tabs) TSV: a line of column names, `sample` among them, then one
 * row for each set of files; rows of one sample belong together, as lanes do. Names every problem with its line. Never throws.
 */
export function readSamplesheet(text: string, { source }: { source: string }): SampleSheet {
  const table = readTable(text, MOST_ROWS + 1);
  const [header, ...rows] = table.rows;
  if (table.problem) return failed([], [at(table.problem, "", table.problem.message)]);
  if (!header)
    return failed(
      [],
      [
        at(
          { line: 1 },
          "",
          `${source} is empty: its first line names the columns, such as sample,fastq_1,fastq_2`,
        ),
      ],
    );
  const columns = header.cells;
  const problems = [...headerProblems(header), ...sizeProblems(header, rows, source)];
  if (problems.length > 0) return failed(columns, problems);
  const inRows = [...rowProblems(columns, rows), ...sampleProblems(columns, rows)];
  if (inRows.length > 0) return failed(columns, inRows);
  const samples = groupBySample(columns, rows);
  const tooLong = samples.flatMap((sample) => environmentProblems(sample, rows, columns));
  return tooLong.length > 0 ? failed(columns, tooLong) : { samples, columns, problems: [] };
}

const failed = (columns: readonly string[], problems: readonly LocatedProblem[]): SampleSheet => ({
  samples: [],
  columns,
  problems: inOrder(problems),
});

const at = (place: { line: number }, column: string, message: string): LocatedProblem =>
  locatedProblem(column === "" ? [] : [column], message, { line: place.line, column: 1 });

function headerProblems(header: TableRow): LocatedProblem[] {
  const columns = header.cells;
  if (columns.length > MOST_COLUMNS)
    return [at(header, "", `${columns.length} columns; at most ${MOST_COLUMNS}`)];
  const seen = new Map<string, string>();
  const problems = columns.flatMap((column, index) => {
    const found = columnProblem(column, index, seen);
    return found === null ? [] : [at(header, column, found)];
  });
  if (columns.includes(SAMPLE_COLUMN)) return problems;
  if (columns.length === 1) return [at(header, "", missingSample(columns))];
  return [at(header, "", missingSample(columns)), ...problems];
}

function columnProblem(column: string, index: number, seen: Map<string, string>): string | null {
  if (column === "") return `column ${index + 1} has no name (a separator too many at the end of the line?)`;
  const earlier = seen.get(column.toUpperCase());
  seen.set(column.toUpperCase(), column);
  if (earlier === column) return `the column ${show(column)} is there twice`;
  if (earlier !== undefined)
    return `the columns ${show(earlier)} and ${show(column)} are both seen as ${column.toUpperCase()}`;
  if (column === SAMPLE_COLUMN || column.toLowerCase() === SAMPLE_COLUMN) return null;
  const { reason } = columnVariable(column);
  return reason === null ? null : `${show(column)} cannot be a column: ${reason}`;
}

function missingSample(columns: readonly string[]): string {
  const near = columns.length <= MOST_COLUMNS ? nearest(SAMPLE_COLUMN, columns) : null;
  const semicolons = columns.length === 1 && columns[0]!.includes(";");
  const advice = semicolons
    ? "; cells are separated by commas or tabs, not by semicolons"
    : near === null
      ? ""
      : `; is it ${show(near)}? write it as sample`;
  const found = columns.slice(0, 8).join(", ") + (columns.length > 8 ? ", ..." : "");
  return `there is no column "sample"; the columns are ${found}${advice}`;
}

function sizeProblems(header: TableRow, rows: readonly TableRow[], source: string): LocatedProblem[] {
  if (rows.length === 0)
    return [at(header, "", `${source} has no rows: each line after the first is one sample`)];
  return rows.length > MOST_ROWS ? [at(rows[MOST_ROWS]!, "", `more than ${MOST_ROWS} rows`)] : [];
}

function rowProblems(columns: readonly string[], rows: readonly TableRow[]): LocatedProblem[] {
  const seen = new Map<string, number>();
  return rows.flatMap((row) => {
    const { cells } = row;
    if (cells.length !== columns.length) {
      return [
        at(
          row,
          "",
          `the row has ${count(cells.length, "cell")}, the first line ${count(columns.length, "column")}`,
        ),
      ];
    }
    const key = cells.join("\u0000");
    const twin = seen.get(key);
    seen.set(key, row.line);
    if (twin !== undefined)
      return [at(row, "", `the same row as line ${twin}: its files would be used twice`)];
    return cells.flatMap((cell, index) =>
      /[\u0000-\u001f\u007f]/.test(cell)
        ? [at(row, columns[index]!, "a cell has no line ends, tabs or control characters")]
        : [],
    );
  });
}

function sampleProblems(columns: readonly string[], rows: readonly TableRow[]): LocatedProblem[] {
  const index = columns.indexOf(SAMPLE_COLUMN);
  const seen = new Map<string, string>();
  return rows.flatMap((row) => {
    const sample = row.cells[index] ?? "";
    const twin = seen.get(sample.toLowerCase());
    if (twin === sample) return [];
    const problem = sampleNameProblem(sample, twin);
    if (twin === undefined) seen.set(sample.toLowerCase(), sample);
    return problem === null ? [] : [at(row, SAMPLE_COLUMN, problem)];
  });
}

function groupBySample(columns: readonly string[], rows: readonly TableRow[]): SheetSample[] {
  const index = columns.indexOf(SAMPLE_COLUMN);
  const groups = new Map<string, SheetRow[]>();
  for (const { cells } of rows) {
    const sample = cells[index]!;
    const group = groups.get(sample) ?? [];
    group.push(Object.fromEntries(columns.map((column, cell) => [column, cells[cell]!])));
    groups.set(sample, group);
  }
  return [...groups].map(([sample, grouped]) => ({ sample, rows: grouped }));
}

function environmentProblems(
  { sample, rows }: SheetSample,
  table: readonly TableRow[],
  columns: readonly string[],
): LocatedProblem[] {
  if (textLength(rows) <= LONGEST_VARIABLE) return [];
  const values = Object.entries(sampleEnvironment(rows));
  const place = () => table.find((row) => row.cells[columns.indexOf(SAMPLE_COLUMN)] === sample)!;
  const long = values.filter(([, value]) => value.length > LONGEST_VARIABLE);
  if (long.length > 0) {
    return long.map(([name]) =>
      at(
        place(),
        "",
        `the values of sample ${sample} are too long for the variable ${name}: at most ${LONGEST_VARIABLE} characters`,
      ),
    );
  }
  const all = values.reduce((sum, [name, value]) => sum + name.length + value.length + 2, 0);
  return all <= MOST_ENVIRONMENT
    ? []
    : [
        at(
          place(),
          "",
          `the values of sample ${sample} are too long together: at most ${MOST_ENVIRONMENT} characters`,
        ),
      ];
}

const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? "" : "s"}`;

/** At least as long as any of the variables that these rows make. */
const textLength = (rows: readonly SheetRow[]): number =>
  rows.reduce((sum, row) => Object.values(row).reduce((length, cell) => length + cell.length + 1, sum), 0);
