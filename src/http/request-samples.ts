import { readFile, stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { SampleRows } from "../app/start.ts";
import { type LocatedProblem, pathText } from "../pipelines/problem.ts";
import { readSampleNames } from "../pipelines/read-sample-list.ts";
import { readSamplesheet } from "../pipelines/read-samplesheet.ts";
import { AdapterError, type Files } from "../ports.ts";

/** One row of a request's samples: its name, and what else the sheet would have in its columns. */
export type SampleRow = Readonly<Record<string, string>>;

export interface FoundSamples {
  readonly samples: readonly SampleRows[];
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

const wrong = (path: string, message: string): FoundSamples => ({
  samples: [],
  problems: [{ path, message }],
});

/** Names, or rows as a sample sheet has them: the same rules as for a list or a sheet in a file. */
export function samplesOf(given: readonly (string | SampleRow)[]): FoundSamples {
  const names = given.filter((sample) => typeof sample === "string");
  if (given.length === 0) return { samples: [], problems: [] };
  if (names.length === given.length) return samplesOfNames(names);
  if (names.length > 0)
    return wrong("samples", "names and rows are mixed; give all as names, or all as { sample, ... }");
  return samplesOfRows(given as readonly SampleRow[]);
}

function samplesOfNames(names: readonly string[]): FoundSamples {
  const { samples, problems } = readSampleNames(names);
  return {
    samples,
    problems: problems.map(({ column, message }) => ({ path: pathText(["samples", column - 1]), message })),
  };
}

/** As a sheet in a file: one reader holds every rule of columns, cells and names. */
function samplesOfRows(rows: readonly SampleRow[]): FoundSamples {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  const csv = lines.map((cells) => cells.map(quoted).join(",")).join("\n");
  const sheet = readSamplesheet(csv, { source: "samples" });
  return { samples: sheet.samples, problems: sheet.problems.map(placeInRows) };
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** Line 1 is the columns' names; line n is row n - 2. Cells have no line ends, so that this holds. */
function placeInRows({ line, path, message }: LocatedProblem): { path: string; message: string } {
  const place = line > 1 ? pathText(["samples", line - 2]) : "samples";
  return { path: path === "" || line === 1 ? place : `${place}.${path}`, message };
}

const MOST_SHEET_BYTES = 50 * 2 ** 20;

/** A sheet in a bucket, or in a file of this machine where the server lets callers name its files at all. */
export async function samplesOfSheet(
  uri: string,
  { allowFiles, files }: { readonly allowFiles: boolean; readonly files: Pick<Files, "read"> },
): Promise<FoundSamples> {
  const inBucket = uri.startsWith("gs://");
  if (!inBucket && !allowFiles)
    return wrong("samplesheet", "this server reads no files of its own machine; send the rows as samples");
  if (!inBucket && !isAbsolute(uri))
    return wrong("samplesheet", "the path must be absolute: it is read on the server");
  const text = inBucket ? await readSheetObject(uri, files) : await readSheetFile(uri);
  if (typeof text !== "string") return wrong("samplesheet", text.problem);
  const sheet = readSamplesheet(text, { source: "the sheet" });
  return {
    samples: sheet.samples,
    problems: sheet.problems.map(({ line, path, message }) => ({
      path: "samplesheet",
      message: `line ${line}${path ? `, ${path}` : ""}: ${message}`,
    })),
  };
}

/** What waiting mends is the server's trouble; everything else is said to whoever named the sheet. */
async function readSheetObject(
  uri: string,
  files: Pick<Files, "read">,
): Promise<string | { problem: string }> {
  try {
    return (await files.read(uri)) ?? { problem: `there is no object ${uri}` };
  } catch (error) {
    if (error instanceof AdapterError && !error.retryable) return { problem: error.message };
    throw error;
  }
}

async function readSheetFile(path: string): Promise<string | { problem: string }> {
  try {
    const fact = await stat(path);
    if (!fact.isFile()) return { problem: "it is not a file" };
    if (fact.size > MOST_SHEET_BYTES) return { problem: "the sheet is larger than 50 MiB" };
    return await readFile(path, "utf8");
  } catch (error) {
    return { problem: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})` };
  }
}
