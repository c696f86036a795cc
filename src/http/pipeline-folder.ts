import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ID_PATTERN, type Pipeline } from "../core/pipeline.ts";
import { show } from "../pipelines/problem.ts";
import { readPipeline } from "../pipelines/read-pipeline.ts";
import type { Files } from "../ports.ts";

export interface FoundPipeline {
  /** Null as soon as there is one problem. */
  readonly pipeline: Pipeline | null;
  readonly problems: readonly string[];
}

const ENDINGS = ["yaml", "yml", "json"];

/**
 * The pipeline of this name in the configured folder, here or in a bucket. The name is an id, so no path is ever made
 * of anything else.
 */
export async function findPipeline(
  folder: string,
  name: string,
  files: Pick<Files, "read">,
): Promise<FoundPipeline> {
  if (!ID_PATTERN.test(name)) {
    return wrong(`${show(name)} is not a pipeline's name: lower case letters, digits and _, at most 30`);
  }
  const inBucket = folder.startsWith("gs://");
  for (const ending of ENDINGS) {
    const file = `${name}.${ending}`;
    const text = inBucket
      ? await files.read(`${folder.replace(/\/+$/, "")}/${file}`)
      : await readIfThere(join(folder, file));
    if (text !== null) return readNamed(text, name, file);
  }
  return wrong(
    `there is no pipeline ${name} on this server; BIOAGENT_PIPELINES names the folder it looks in`,
  );
}

const wrong = (...problems: string[]): FoundPipeline => ({ pipeline: null, problems });

function readNamed(text: string, name: string, source: string): FoundPipeline {
  const { pipeline, problems } = readPipeline(text, { source });
  if (pipeline === null) {
    return wrong(
      ...problems.map(({ line, column, path, message }) =>
        [`${source}:${line}:${column}`, path, message].filter((part) => part !== "").join("  "),
      ),
    );
  }
  if (pipeline.pipeline === name) return { pipeline, problems: [] };
  return wrong(`${source} is pipeline ${pipeline.pipeline}; the file must have its name`);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}
