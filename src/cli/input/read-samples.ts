import { dirname, resolve } from "node:path";
import type { SampleRows } from "../../app/start.ts";
import { renderProblems } from "../../pipelines/problem.ts";
import { readSampleList } from "../../pipelines/read-sample-list.ts";
import { readSamplesheet } from "../../pipelines/read-samplesheet.ts";
import { type BucketText, isInBucket } from "../bucket-text.ts";
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

export interface SamplePlaces {
  readonly cwd: string;
  readonly bucketText: BucketText;
}

/** The samples of `--samples` or of `--samplesheet`; none when neither is given. */
export async function readSamples(options: SampleOptions, places: SamplePlaces): Promise<GivenSamples> {
  const { cwd } = places;
  const { samples: list, samplesheet } = options;
  if (list !== undefined && samplesheet !== undefined)
    throw new UsageError("--samples and --samplesheet exclude each other: give one");
  if (list !== undefined) return acceptList(readSampleList(list), cwd);
  if (samplesheet === undefined) return { samples: [], folder: cwd };
  const text = await readSheetText(samplesheet, places);
  const folder = isInBucket(samplesheet) ? folderOf(samplesheet) : dirname(resolve(cwd, samplesheet));
  return accept(samplesheet, readSamplesheet(text, { source: samplesheet }), folder);
}

/** The text of a sample sheet, in a file or in a bucket. */
export async function readSheetText(given: string, { cwd, bucketText }: SamplePlaces): Promise<string> {
  if (!isInBucket(given)) return readTextFile(resolve(cwd, given), given, "the sample sheet");
  const text = await bucketText(given);
  if (text === null)
    throw new UsageError(`the sample sheet ${given} cannot be read: there is no such object`);
  return text;
}

const folderOf = (uri: string): string => uri.slice(0, uri.lastIndexOf("/") + 1);

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
