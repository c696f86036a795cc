import type { z } from "zod";
import { InvalidRequest } from "../app/deps.ts";
import type { StartInput } from "../app/start.ts";
import { type Pipeline, withReferences, withResources } from "../core/pipeline.ts";
import type { Resources } from "../core/resources.ts";
import { didYouMean } from "../core/spelling.ts";
import { readPipeline } from "../pipelines/read-pipeline.ts";
import type { App } from "../wire.ts";
import { findPipeline } from "./pipeline-folder.ts";
import { type FoundSamples, samplesOf, samplesOfSheet } from "./request-samples.ts";
import {
  Place,
  type ResourceChange,
  type ResourceChanges,
  type ResumeBody,
  type StartBody,
} from "./run-request.ts";

type Problem = { readonly path: string; readonly message: string };

/** What a start needs, read from its body; throws `InvalidRequest` with every problem of pipeline, samples and places. */
export async function startInput(app: Pick<App, "config" | "deps">, body: StartBody): Promise<StartInput> {
  const found = await pipelineOf(app, body.pipeline);
  const samples = await requestedSamples(app, body);
  const change = found.pipeline ? changeResources(found.pipeline, body.set) : null;
  const problems = [
    ...found.problems,
    ...samples.problems,
    ...(change?.problems ?? []),
    ...referenceProblems(body),
    ...sizeProblems(body, samples),
  ];
  if (problems.length > 0 || !change) throw new InvalidRequest(problems);
  const { input, output, reference, executor, region, description, name, params, labels, notify } = body;
  return {
    pipeline: withReferences(change.pipeline, app.config.references),
    samples: samples.samples,
    input: input ?? null,
    output,
    reference: reference ?? null,
    executor: executor ?? null,
    region: region ?? null,
    description: description ?? null,
    name: name ?? null,
    ...(params ? { params } : {}),
    ...(labels ? { labels } : {}),
    ...(notify ? { notify } : {}),
    hold: body.plan_only ?? false,
  };
}

/** What a resumption changes; throws `InvalidRequest` with every problem of the pipeline. */
export async function resumeInput(
  app: Pick<App, "config" | "deps">,
  { pipeline, params, name, output }: z.infer<typeof ResumeBody>,
): Promise<Partial<Pick<StartInput, "pipeline" | "params" | "name" | "output">>> {
  const found = pipeline === undefined ? null : await pipelineOf(app, pipeline);
  if (found && !found.pipeline) throw new InvalidRequest(found.problems);
  return {
    ...(found?.pipeline ? { pipeline: withReferences(found.pipeline, app.config.references) } : {}),
    ...(params ? { params } : {}),
    ...(name ? { name } : {}),
    ...(output ? { output } : {}),
  };
}

type FoundPipeline = { readonly pipeline: Pipeline | null; readonly problems: readonly Problem[] };

async function pipelineOf(
  { config, deps }: Pick<App, "config" | "deps">,
  given: StartBody["pipeline"],
): Promise<FoundPipeline> {
  if (typeof given === "string") {
    const { pipeline, problems } = await findPipeline(config.pipelines, given, deps.files);
    return { pipeline, problems: problems.map((message) => ({ path: "pipeline", message })) };
  }
  if (!config.allowInline) {
    const message = "this server takes pipelines by name only (BIOAGENT_ALLOW_INLINE=true allows whole ones)";
    return { pipeline: null, problems: [{ path: "pipeline", message }] };
  }
  const { pipeline, problems } = readPipeline(JSON.stringify(given), { source: "the pipeline" });
  return {
    pipeline,
    problems: problems.map(({ path, message }) => ({ path: inside("pipeline", path), message })),
  };
}

const inside = (outer: string, path: string): string =>
  path === "" ? outer : path.startsWith("[") ? outer + path : `${outer}.${path}`;

async function requestedSamples(
  { config, deps }: Pick<App, "config" | "deps">,
  body: StartBody,
): Promise<FoundSamples> {
  if (!body.samplesheet) return samplesOf(body.samples ?? []);
  if (body.samples === undefined)
    return samplesOfSheet(body.samplesheet, {
      allowFiles: config.allowInline === true,
      files: deps.files,
    });
  const message = "give samples or a samplesheet, not both";
  return { samples: [], problems: [{ path: "samplesheet", message }] };
}

function referenceProblems({ reference }: StartBody): Problem[] {
  if (!reference?.includes("/") || Place.safeParse(reference).success) return [];
  return [
    { path: "reference", message: "write a reference's name, an absolute path, or gs://bucket/folder" },
  ];
}

/** Bytes of what stands on the run's own document; no store holds a document of more than 1 MiB. */
const MOST_RUN_BYTES = 900 * 2 ** 10;

function sizeProblems({ pipeline, params, labels }: StartBody, { samples }: FoundSamples): Problem[] {
  const names = samples.map(({ sample }) => sample);
  const bytes = Buffer.byteLength(JSON.stringify([pipeline, params, labels, names]));
  if (bytes <= MOST_RUN_BYTES) return [];
  const message = `pipeline, params, labels and the names of ${names.length} samples have ${Math.ceil(bytes / 2 ** 10)} KiB; a run holds ${MOST_RUN_BYTES / 2 ** 10} KiB: split it`;
  return [{ path: names.length > 100 ? "samples" : "pipeline", message }];
}

function changeResources(
  pipeline: Pipeline,
  changes: z.infer<typeof ResourceChanges> = {},
): { pipeline: Pipeline; problems: Problem[] } {
  const problems = unknownSteps(
    changes,
    pipeline.steps.map((step) => step.id),
  );
  const defined = Object.fromEntries(
    Object.entries(changes).map(([step, change]) => [step, definedOnly(change)]),
  );
  return { pipeline: withResources(pipeline, defined), problems };
}

/** A step that is not there would silently change nothing. */
export const unknownSteps = (
  changes: Readonly<Record<string, unknown>>,
  steps: readonly string[],
): Problem[] =>
  Object.keys(changes)
    .filter((step) => !steps.includes(step))
    .map((step) => ({
      path: `set.${step}`,
      message: `there is no step ${JSON.stringify(step)}${didYouMean(step, steps)}`,
    }));

export const definedOnly = (change: z.infer<typeof ResourceChange>): Partial<Resources> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
