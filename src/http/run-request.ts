import { z } from "zod";
import { SAMPLE_COLUMN } from "../core/environment.ts";
import { Params } from "../core/pipeline.ts";
import { Resources } from "../core/resources.ts";
import { EXECUTOR_KINDS } from "../core/status.ts";
import { show } from "../pipelines/problem.ts";

/** Where something lies: the server's own folder is nobody's business, so that no path is relative to it. */
const placeIn = (text: z.ZodString) =>
  text
    .max(1000)
    .refine((place) => place.startsWith("/") || /^gs:\/\/[a-z0-9][a-z0-9._-]{1,221}\/?/.test(place), {
      error: "write an absolute path, or gs://bucket/folder",
    })
    .refine((place) => !place.split("/").includes(".."), { error: 'a path has no ".."' })
    .refine((place) => !/[\u0000-\u001f\u007f]/.test(place), { error: "a path has no control characters" });
export const Place = placeIn(z.string());

const A_PIPELINE =
  'send the name of a pipeline, such as "rnaseq", or a whole one as an object, where the server allows it';
const A_PLACE = "send where outputs go: an absolute path, or gs://bucket/folder";

const plain = (most: number) =>
  z
    .string()
    .max(most)
    .refine((words) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(words), {
      error: "a text has no control characters",
    });

const Row = z
  .record(plain(200), plain(100_000))
  .refine((row) => (row[SAMPLE_COLUMN] ?? "").trim() !== "", {
    error: 'a row names its sample: { "sample": "sample01", ... }',
  })
  .refine((row) => Object.entries(row).every((cell) => cell.every((part) => !/[\t\n]/.test(part))), {
    error: "a cell has no line ends or tabs",
  });

/** Resources to change: what is left out stays as it is. Built from the bare fields, without their defaults. */
export const ResourceChange = z
  .strictObject({
    ...Resources.shape,
    cpu: Resources.shape.cpu.unwrap(),
    memory: Resources.shape.memory.unwrap(),
  })
  .partial();

export const ResourceChanges = z
  .record(z.string(), ResourceChange)
  .meta({ description: "resources by step, instead of the pipeline's" });

const labelled = (most: number) =>
  z.record(z.string(), z.string()).refine((labels) => Object.keys(labels).length <= most, {
    error: `at most ${most} labels`,
  });

const StartFields = z.strictObject({
  pipeline: z
    .union([z.string().max(1000), z.record(z.string(), z.unknown())], {
      error: ({ input }) =>
        input === undefined ? `is missing: ${A_PIPELINE}` : `${show(input)} is no pipeline: ${A_PIPELINE}`,
    })
    .meta({ description: "a pipeline's name, or a whole one where the server allows it" }),
  samples: z
    .array(z.union([plain(1000), Row]))
    .max(100_000)
    .optional()
    .meta({ description: "names, or rows as of a sample sheet" }),
  samplesheet: plain(1000).nullish().meta({ description: "instead of samples: a sheet in CSV or TSV" }),
  input: Place.nullish(),
  output: placeIn(
    z.string({ error: ({ input }) => (input === undefined ? `is missing: ${A_PLACE}` : undefined) }),
  ).meta({ description: "the run gets a folder of its own in it" }),
  reference: plain(1000)
    .nullish()
    .meta({ description: "a name that the pipeline or server knows, or a path" }),
  executor: z.enum(EXECUTOR_KINDS).nullish(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,60}$/)
    .nullish(),
  description: plain(2000).nullish(),
  name: plain(63).nullish(),
  params: Params.optional(),
  labels: labelled(50).optional(),
  notify: z.array(z.string().max(40)).max(20).optional(),
  set: ResourceChanges.optional(),
  plan_only: z.boolean().optional(),
});

/** The body of `POST /v1/runs`. Which samples a run needs its pipeline says; without one they are asked for at once, not at the next try. */
export const StartBody = StartFields.refine((body) => !lacksPipelineAndSamples(body), {
  path: ["samples"],
  error:
    'are missing: send names, ["s1", "s2"], or rows, [{ "sample": "s1", ... }], or a samplesheet, unless every step of the pipeline is per run',
  when: () => true,
});
export type StartBody = z.infer<typeof StartBody>;

function lacksPipelineAndSamples(body: unknown): boolean {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  return !["pipeline", "samples", "samplesheet"].some((field) => field in body);
}

/** The body of `POST /v1/runs/{id}/resume`: what shall be otherwise than in the run that is resumed. */
export const ResumeBody = z.strictObject({
  pipeline: StartBody.shape.pipeline.optional(),
  params: Params.optional(),
  name: plain(63).nullish(),
  output: Place.nullish(),
});
