import { CsvError, parse } from "csv-parse/sync";

export interface TableRow {
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

export interface Table {
  readonly rows: readonly TableRow[];
  readonly problem: { readonly line: number; readonly message: string } | null;
}

const MOST_BYTES = 50 * 2 ** 20;
/** Characters of one row; an unclosed quote would swallow the rest of the file. */
const LONGEST_ROW = 2 ** 20;
const MOST_CELLS = 5_000_000;

/** The rows of a CSV text, or TSV when its first line has tabs; blank rows left out; at most one more than `mostRows`. */
export function readTable(given: string, mostRows: number): Table {
  if (Buffer.byteLength(given) > MOST_BYTES) {
    return refused(1, `the sheet is larger than ${MOST_BYTES / 2 ** 20} MiB`);
  }
  const text = given.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const collected = new Rows();
  try {
    parse(text, {
      delimiter: firstLine(text).includes("\t") ? "\t" : ",",
      record_delimiter: "\n",
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: LONGEST_ROW,
      to: mostRows + 1,
      on_record: (record: string[], { lines }) => collected.add(record, lines),
    });
    return { rows: collected.rows, problem: null };
  } catch (error) {
    return refused(lineOf(error, collected.lastLine), sayCsvError(error));
  }
}

class Rows {
  readonly rows: TableRow[] = [];
  lastLine = 0;
  #cells = 0;

  /** `line` is the one that the record ends in; quoted cells may have line ends of their own. Nothing is kept in the parser. */
  add(cells: readonly string[], line: number): null {
    this.lastLine = line;
    this.#cells += cells.length;
    if (this.#cells > MOST_CELLS) throw new RangeError("too many cells");
    const inside = cells.reduce((sum, cell) => sum + (cell.split("\n").length - 1), 0);
    if (cells.some((cell) => cell !== "")) this.rows.push({ cells, line: Math.max(1, line - inside) });
    return null;
  }
}

const refused = (line: number, message: string): Table => ({ rows: [], problem: { line, message } });

function firstLine(text: string): string {
  const end = text.indexOf("\n", text.search(/\S/));
  return end === -1 ? text : text.slice(0, end);
}

/** Of a quote that swallowed the rest the parser tells the last line; it was opened after the last whole row. */
function lineOf(error: unknown, lastRow: number): number {
  const swallowed = error instanceof CsvError && SWALLOWING.includes(error.code);
  const line = error instanceof CsvError && !swallowed ? Number(error["lines"]) : lastRow + 1;
  return Number.isInteger(line) && line > 0 ? line : 1;
}
const SWALLOWING: readonly string[] = ["CSV_QUOTE_NOT_CLOSED", "CSV_MAX_RECORD_SIZE"];

const CSV_ERRORS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote (") is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE:
    'after the closing quote (") comes more text; a quote inside a cell is written twice ("")',
  INVALID_OPENING_QUOTE:
    'a quote (") inside a cell: put the whole cell into quotes and write the inner one twice ("")',
  CSV_MAX_RECORD_SIZE: "a row is longer than 1 MiB; is a quote not closed?",
};

const sayCsvError = (error: unknown): string =>
  (error instanceof RangeError ? `the sheet has more than ${MOST_CELLS} cells` : null) ??
  (error instanceof CsvError ? CSV_ERRORS[error.code] : null) ??
  "the sheet cannot be read as CSV or TSV";
