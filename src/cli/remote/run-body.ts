import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ID_PATTERN } from "../../core/pipeline.ts";
import { readDocument } from "../../pipelines/read-document.ts";
import { readPipeline } from "../../pipelines/read-pipeline.ts";
import { type BucketText, isInBucket } from "../bucket-text.ts";
import { UsageError } from "../failure.ts";
import { readPairs, readParams } from "../input/pairs.ts";
import { readTextFile } from "../input/read-file.ts";
import { acceptPipeline } from "../input/read-pipeline-file.ts";
import { readSamples } from "../input/read-samples.ts";
import type { RequestOptions } from "../input/request.ts";
import { readSettingsOptions } from "../input/settings.ts";

export interface RunBodyPlaces {
  readonly cwd: string;
  readonly bucketText: BucketText;
  /** The API is on this machine, so that it sees our folders. */
  readonly sameMachine: boolean;
}

type Given =
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "whole";
      readonly value: unknown;
      readonly steps: readonly string[];
      readonly params: Params;
    };
type Params = Readonly<Record<string, string | number | boolean>>;

/**
 * The body of `POST /v1/runs` for a command line: a file is sent whole, anything else is a name that the API looks up; rows of a sample
 * sheet are sent as they are. A `UsageError` names everything that can be seen to be wrong from here.
 */
export async function readRunBody(
  file: string,
  options: RequestOptions & { readonly planOnly?: boolean },
  places: RunBodyPlaces,
): Promise<Record<string, unknown>> {
  const given = await readGiven(file, places);
  const { samples } = await readSamples(options, places);
  const steps = given.kind === "whole" ? given.steps : namedSteps(options.set);
  const { set, problems: badSettings } = readSettingsOptions(options.set ?? [], steps);
  const params = readParams(options.param ?? [], given.kind === "whole" ? given.params : {});
  const labels = readPairs("--label", options.label ?? []);
  const input = readPlace("--input", options.input, places);
  const output = readPlace("--output", options.output, places);
  const problems = [
    ...badSettings,
    ...params.problems,
    ...labels.problems,
    ...input.problems,
    ...output.problems,
  ];
  if (options.output === undefined)
    problems.push("--output is needed: a folder that the API can write, such as gs://bucket/results");
  if (problems.length > 0) throw new UsageError("the command line is not valid", problems);
  return defined({
    pipeline: given.kind === "name" ? given.name : given.value,
    samples: samples.flatMap(({ sample, rows }) =>
      rows.length === 0 ? [{ sample }] : rows.map((row) => ({ ...row, sample })),
    ),
    input: input.place,
    output: output.place,
    reference: options.reference,
    executor: options.executor,
    region: options.region,
    name: options.name,
    description: options.description,
    params: some(params.values),
    labels: some(labels.values),
    set: some(set),
    notify: options.notify,
    plan_only: options.planOnly,
  });
}

async function readGiven(file: string, { cwd, bucketText }: RunBodyPlaces): Promise<Given> {
  const path = resolve(cwd, file);
  const text = isInBucket(file)
    ? await bucketText(file)
    : existsSync(path)
      ? await readTextFile(path, file, "pipeline")
      : null;
  if (text !== null) {
    const { steps, params } = acceptPipeline({ source: file, ...readPipeline(text, { source: file }) });
    const { value } = readDocument(text);
    return { kind: "whole", value, steps: steps.map(({ id }) => id), params };
  }
  if (ID_PATTERN.test(file)) return { kind: "name", name: file };
  throw new UsageError(`there is no file ${file}, and it is no pipeline's name`);
}

/** What steps a pipeline has that only the API knows, the API says. */
const namedSteps = (texts: readonly string[] = []): string[] => texts.map((text) => text.split(".")[0]!);

function readPlace(
  option: string,
  given: string | undefined,
  { cwd, sameMachine }: RunBodyPlaces,
): { readonly place: string | undefined; readonly problems: readonly string[] } {
  if (given === undefined || given.startsWith("gs://")) return { place: given, problems: [] };
  if (sameMachine) return { place: resolve(cwd, given), problems: [] };
  return {
    place: undefined,
    problems: [
      `${option} ${given}: a deployed API does not see this machine's folders; give gs://bucket/folder`,
    ],
  };
}

const some = <T extends object>(values: T): T | undefined =>
  Object.keys(values).length > 0 ? values : undefined;

const defined = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
