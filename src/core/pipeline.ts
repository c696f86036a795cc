import { z } from "zod";
import { Resources } from "./resources.ts";
import { ExitCodes, Rule } from "./rule.ts";
import { FAILURE_CLASSES } from "./status.ts";

export const PRESETS = ["default", "nf-core", "frugal", "patient"] as const;
export type Preset = (typeof PRESETS)[number];

export const ID_PATTERN = /^[a-z][a-z0-9_]{0,29}$/;
export const SAMPLE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const Id = z.string().regex(ID_PATTERN, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is not an id: lower case letters, digits and _, starting with a letter, at most 30`,
});

/** A path inside the output folder, with `*`, `**`, `?` and `{sample}`. */
const OutputPath = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (path) =>
      !path.startsWith("/") && !path.split("/").some((part) => part === ".." || part === "." || part === ""),
    {
      error: (issue) =>
        `${JSON.stringify(issue.input)} must be a path inside OUTPUT_DIR, without "..", "." or empty parts`,
    },
  )
  .refine((path) => !/[\u0000-\u001f\u007f]/.test(path), { error: "a path has no control characters" })
  .refine((path) => !path.startsWith(".bioagent"), {
    error: ".bioagent is where BioAgent keeps its manifests",
  });

const Output = z
  .union([OutputPath, z.strictObject({ path: OutputPath, allow_empty: z.boolean().default(false) })], {
    error: "an output is a path, or { path: ..., allow_empty: true }",
  })
  .transform((value) => (typeof value === "string" ? { path: value, allow_empty: false } : value));
export type Output = z.infer<typeof Output>;

const FailureEvidence = z.strictObject({
  exit_code: z.array(ExitCodes).max(50).optional(),
  log: z.array(z.string().min(1).max(500)).max(50).optional(),
});

export const Step = z.strictObject({
  id: Id,
  description: z.string().max(500).optional(),
  /** `sample`: one job for each sample; `run`: one job. */
  per: z.enum(["sample", "run"]).default("sample"),
  needs: z.array(z.string()).max(50).default([]),
  image: z.string().min(1).max(500).optional(),
  script: z.string().min(1).max(100_000),
  /** The interpreter, `bash -euo pipefail` unless given; the script's file is its last argument. */
  shell: z.string().min(1).max(200).optional(),
  resources: Resources.prefault({}),
  outputs: z.array(Output).max(100).default([]),
  /** Files like outputs, whose JSON, CSV or TSV numbers are shown; an absent one is no failure. */
  metrics: z.array(OutputPath).max(20).default([]),
  /** Its end, whatever it is, neither holds up nor fails the sample. */
  optional: z.boolean().default(false),
  max_parallel: z.number().int().positive().max(100_000).optional(),
  rules: z.array(Rule).max(50).default([]),
  /** Exit codes and log patterns of this step's own tools, by failure class. */
  failures: z.partialRecord(z.enum(FAILURE_CLASSES), FailureEvidence).default({}),
});
export type Step = z.infer<typeof Step>;

const share = z.number().gt(0).max(1);
export const Limits = z.strictObject({
  /** The run is aborted when more than this share of all its jobs have used up their attempts. */
  failed_jobs: share.default(0.5),
  /** ... or of the samples of one step that is neither optional nor per run. */
  failed_samples: share.default(0.5),
});
export type Limits = z.infer<typeof Limits>;

const ParamName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,59}$/, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is not a parameter name: letters, digits and _, starting with a letter`,
});
const ParamValue = z.union([
  z
    .string()
    .max(10_000)
    .regex(/^[^\u0000]*$/),
  z.number(),
  z.boolean(),
]);
export const Params = z.record(ParamName, ParamValue);
export type Params = z.infer<typeof Params>;

/** A pipeline's own form. What one field cannot see by itself is checked by `pipelineProblems`. */
export const Pipeline = z.strictObject({
  pipeline: Id,
  description: z.string().max(2000).optional(),
  params: Params.default({}),
  /** Reference names and where they lie: `GRCh38: gs://refs/GRCh38`. */
  references: z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/), z.string().min(1).max(1000))
    .default({}),
  max_parallel: z.number().int().positive().max(100_000).optional(),
  limits: Limits.prefault({}),
  preset: z.enum(PRESETS).default("default"),
  rules: z.array(Rule).max(100).default([]),
  steps: z.array(Step).min(1).max(100),
});
export type Pipeline = z.infer<typeof Pipeline>;
/** A pipeline as a person writes it: defaults not filled in. */
export type PipelineInput = z.input<typeof Pipeline>;

/** What is wrong in a document, and where: `path` as in zod (`["steps", 0, "id"]`). */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** `["steps", 2, "needs"]` as `steps[2].needs`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** The step of this id; a bug if there is none, because every caller holds a validated pipeline. */
export function stepOf(pipeline: Pipeline, id: string): Step {
  const step = pipeline.steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`pipeline ${pipeline.pipeline} has no step ${id}`);
  return step;
}

/** Steps, each after those that it needs, otherwise in the order given. Steps of a circle are left out. */
export function topological({ steps }: Pipeline): Step[] {
  const done = new Set<string>();
  const ids = new Set(steps.map((step) => step.id));
  const sorted: Step[] = [];
  for (let grown = true; grown; ) {
    grown = false;
    for (const step of steps) {
      if (done.has(step.id) || !step.needs.every((need) => done.has(need) || !ids.has(need))) continue;
      done.add(step.id);
      sorted.push(step);
      grown = true;
    }
  }
  return sorted;
}

/** The pipeline with more reference names under those that it gives itself. */
export const withReferences = (
  pipeline: Pipeline,
  references: Readonly<Record<string, string>>,
): Pipeline => ({
  ...pipeline,
  references: { ...references, ...pipeline.references },
});

/** The pipeline with these resources, by step, in place of its own. */
export const withResources = (
  pipeline: Pipeline,
  changes: Readonly<Record<string, Partial<Resources>>>,
): Pipeline => ({
  ...pipeline,
  steps: pipeline.steps.map((step) => {
    // A step may be called like something that every object has: `constructor`.
    const change = Object.hasOwn(changes, step.id) ? changes[step.id] : {};
    return { ...step, resources: { ...step.resources, ...change } };
  }),
});
