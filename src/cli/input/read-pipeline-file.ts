import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ID_PATTERN, type Pipeline } from "../../core/pipeline.ts";
import { didYouMean } from "../../core/spelling.ts";
import { type LocatedProblem, renderProblems } from "../../pipelines/problem.ts";
import { readPipeline } from "../../pipelines/read-pipeline.ts";
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

/** A pipeline by its file's path, or by its name in the configured folder; read, not yet accepted. */
export async function openPipelineFile(
  given: string,
  { cwd, folder }: { readonly cwd: string; readonly folder: string | null },
): Promise<PipelineFile> {
  const direct = resolve(cwd, given);
  const path = existsSync(direct) ? direct : inFolder(given, folder);
  if (path === null) throw new UsageError(noSuchPipeline(given, folder));
  const source = path === direct ? given : path;
  const text = await readTextFile(path, source, "pipeline");
  return { source, ...readPipeline(text, { source }) };
}

function inFolder(name: string, folder: string | null): string | null {
  if (folder === null || !ID_PATTERN.test(name)) return null;
  return ENDINGS.map((ending) => join(folder, `${name}.${ending}`)).find((path) => existsSync(path)) ?? null;
}

function noSuchPipeline(given: string, folder: string | null): string {
  const nothing = `there is no file ${given}`;
  if (folder === null || !ID_PATTERN.test(given)) return nothing;
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
