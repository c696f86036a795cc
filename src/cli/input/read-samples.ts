import { dirname, resolve } from "node:path";
import type { SampleRows } from "../../app/start.ts";
import { renderProblems } from "../../pipelines/problem.ts";
import { readSampleList } from "../../pipelines/read-sample-list.ts";
import { readSamplesheet } from "../../pipelines/read-samplesheet.ts";
import { UsageError } from "../failure.ts";
import { readTextFile } from "./read-file.ts";

export interface SampleOptions {
  readonly samples?: string;
  readonly samplesheet?: string;
}

export interface GivenSamples {
  readonly samples: readonly SampleRows[];
  /** Where the files that cells name are looked for unless `--input` says so. */
  readonly folder: string;
}

/** The samples of `--samples` or of `--samplesheet`; none when neither is given. */
export async function readSamples(options: SampleOptions, cwd: string): Promise<GivenSamples> {
  const { samples: list, samplesheet } = options;
  if (list !== undefined && samplesheet !== undefined)
    throw new UsageError("--samples and --samplesheet exclude each other: give one");
  if (list !== undefined) return acceptList(readSampleList(list), cwd);
  if (samplesheet === undefined) return { samples: [], folder: cwd };
  if (samplesheet.startsWith("gs://"))
    throw new UsageError(`--samplesheet ${samplesheet}: a sheet in a bucket is not read here; give a file`);
  const path = resolve(cwd, samplesheet);
  const text = await readTextFile(path, samplesheet, "the sample sheet");
  return accept(samplesheet, readSamplesheet(text, { source: samplesheet }), dirname(path));
}

type Read = ReturnType<typeof readSampleList>;

function accept(source: string, sheet: Read, folder: string): GivenSamples {
  if (sheet.problems.length === 0) return { samples: sheet.samples, folder };
  throw new UsageError(
    `the sample sheet ${source} is not valid`,
    renderProblems(source, sheet.problems).split("\n"),
  );
}

function acceptList(list: Read, folder: string): GivenSamples {
  const [first, ...more] = list.problems.map(({ message }) => message);
  if (first === undefined) return { samples: list.samples, folder };
  if (more.length === 0) throw new UsageError(`--samples: ${first}`, [first]);
  throw new UsageError("--samples is not valid", [first, ...more]);
}
