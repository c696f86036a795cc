import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { StartInput } from "../../app/start.ts";
import { withReferences, withResources } from "../../core/pipeline.ts";
import type { ExecutorKind } from "../../core/status.ts";
import { isInBucket } from "../bucket-text.ts";
import { UsageError } from "../failure.ts";
import { readPairs, readParams } from "./pairs.ts";
import { acceptPipeline, openPipelineFile, type PipelinePlaces } from "./read-pipeline-file.ts";
import { readSamples, type SampleOptions } from "./read-samples.ts";
import { readSettingsOptions } from "./settings.ts";

/** What `bioagent run` is given. */
export interface RequestOptions extends SampleOptions {
  readonly input?: string;
  readonly output?: string;
  readonly executor?: ExecutorKind;
  readonly name?: string;
  readonly param?: readonly string[];
  readonly label?: readonly string[];
  readonly set?: readonly string[];
  readonly reference?: string;
  readonly description?: string;
  readonly notify?: readonly string[];
  readonly region?: string;
}

export interface RequestPlaces extends PipelinePlaces {
  /** Where jobs run when the command line does not say. */
  readonly executor: ExecutorKind;
  /** Reference names of the configuration; the pipeline's own win. */
  readonly references?: Readonly<Record<string, string>>;
}

/** The request of a command line, with every path absolute. A `UsageError` names everything that is wrong in it. */
export async function readRequest(
  file: string,
  options: RequestOptions,
  places: RequestPlaces,
): Promise<StartInput> {
  const { cwd } = places;
  const read = acceptPipeline(await openPipelineFile(file, places));
  const whole = withReferences(read, places.references ?? {});
  const given = await readSamples(options, places);
  const { set, problems: badSettings } = readSettingsOptions(
    options.set ?? [],
    whole.steps.map((step) => step.id),
  );
  const params = readParams(options.param ?? [], whole.params);
  const labels = readPairs("--label", options.label ?? []);
  const input =
    options.input === undefined
      ? defaultInput(given.folder, options.executor ?? places.executor, cwd)
      : place(options.input, cwd);
  const problems = [
    ...badSettings,
    ...params.problems,
    ...labels.problems,
    ...inputProblems(input, options.input),
  ];
  if (problems.length > 0) throw new UsageError("the command line is not valid", problems);
  return {
    pipeline: withResources(whole, set),
    samples: given.samples,
    input,
    output: place(options.output ?? "results", cwd),
    reference: referenceOf(options.reference, whole.references, cwd),
    executor: options.executor ?? null,
    region: options.region ?? null,
    name: options.name ?? null,
    description: options.description ?? null,
    params: params.values,
    labels: labels.values,
    notify: options.notify ?? [],
  };
}

/** Where the sheet lies; processes of this machine work on its folders only, wherever the sheet came from. */
const defaultInput = (folder: string, executor: ExecutorKind, cwd: string): string =>
  isInBucket(folder) && executor === "local" ? cwd : folder;

/** An address in a bucket as it is, a path made absolute: another process, elsewhere, must find it too. */
const place = (text: string, cwd: string): string => {
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(text)) return text;
  // Empty is not "here": the start says what is missing.
  return text.trim() === "" ? "" : resolve(cwd, text);
};

/** A name stays one; a path becomes absolute. */
function referenceOf(
  given: string | undefined,
  known: Readonly<Record<string, string>>,
  cwd: string,
): string | null {
  if (given === undefined) return null;
  return given in known || !given.includes("/") ? given : place(given, cwd);
}

function inputProblems(input: string, given: string | undefined): string[] {
  if (given === undefined || /^[a-z][a-z0-9+.-]*:\/\//.test(input)) return [];
  if (input === "") return ["--input is empty: name a folder, or gs://bucket/folder"];
  if (!existsSync(input)) return [`--input ${given}: there is no such folder`];
  return statSync(input).isDirectory() ? [] : [`--input ${given} is a file; name the folder that it lies in`];
}
