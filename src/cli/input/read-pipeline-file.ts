import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ID_PATTERN, type Pipeline } from "../../core/pipeline.ts";
import { didYouMean } from "../../core/spelling.ts";
import { type LocatedProblem, renderProblems } from "../../pipelines/problem.ts";
import { readPipeline } from "../../pipelines/read-pipeline.ts";
import { type BucketText, isInBucket } from "../bucket-text.ts";
import { UsageError } from "../failure.ts";
import { readTextFile } from "./read-file.ts";

export interface PipelineFile {
  /** As it is told to people. */
  readonly source: string;
  readonly pipeline: Pipeline | null;
  readonly problems: readonly LocatedProblem[];
  readonly warnings: readonly LocatedProblem[];
}

const ENDINGS = ["yaml", "yml", "json"];

export interface PipelinePlaces {
  readonly cwd: string;
  /** Where pipelines are found by name: a folder, or a `gs://` address. */
  readonly folder: string;
  readonly bucketText: BucketText;
}

/** A pipeline by its file's path or `gs://` address, or by its name in the configured folder; read, not yet accepted. */
export async function openPipelineFile(given: string, places: PipelinePlaces): Promise<PipelineFile> {
  const { source, text } = await find(given, places);
  return { source, ...readPipeline(text, { source }) };
}

interface Found {
  readonly source: string;
  readonly text: string;
}

async function find(given: string, places: PipelinePlaces): Promise<Found> {
  const { cwd, folder, bucketText } = places;
  if (isInBucket(given)) {
    const text = await bucketText(given);
    if (text === null) throw new UsageError(`there is no object ${given}`);
    return { source: given, text };
  }
  const direct = resolve(cwd, given);
  if (existsSync(direct)) return { source: given, text: await readTextFile(direct, given, "pipeline") };
  const named = isInBucket(folder) ? await findInBucket(given, places) : await findInFolder(given, folder);
  if (named === null) throw new UsageError(noSuchPipeline(given, folder));
  return named;
}

/** The pipeline of this name in the configured folder of a bucket, or null. */
export async function findInBucket(
  name: string,
  { folder, bucketText }: Omit<PipelinePlaces, "cwd">,
): Promise<Found | null> {
  if (!ID_PATTERN.test(name)) return null;
  for (const ending of ENDINGS) {
    const source = `${folder.replace(/\/+$/, "")}/${name}.${ending}`;
    const text = await bucketText(source);
    if (text !== null) return { source, text };
  }
  return null;
}

async function findInFolder(name: string, folder: string): Promise<Found | null> {
  const path = inFolder(name, folder);
  return path === null ? null : { source: path, text: await readTextFile(path, path, "pipeline") };
}

function inFolder(name: string, folder: string): string | null {
  if (!ID_PATTERN.test(name)) return null;
  return ENDINGS.map((ending) => join(folder, `${name}.${ending}`)).find((path) => existsSync(path)) ?? null;
}

function noSuchPipeline(given: string, folder: string): string {
  const nothing = `there is no file ${given}`;
  if (!ID_PATTERN.test(given)) return nothing;
  return `${nothing}, and no pipeline of that name in ${folder}${didYouMean(given, namesIn(folder))}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((file) => /^([a-z][a-z0-9_]*)\.(?:ya?ml|json)$/.exec(file)?.[1] ?? []);
  } catch {
    return []; // no such folder: no names to suggest
  }
}

/** The pipeline, or a `UsageError` with every problem, its line and column. */
export function acceptPipeline({ source, pipeline, problems }: PipelineFile): Pipeline {
  if (pipeline !== null) return pipeline;
  throw new UsageError(`pipeline ${source} is not valid`, renderProblems(source, problems).split("\n"));
}
