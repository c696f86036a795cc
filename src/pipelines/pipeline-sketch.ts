import { z } from "zod";
import { Pipeline, Step } from "../core/pipeline.ts";
import { Rule } from "../core/rule.ts";

const MOST_STEPS = 100;
/** Longer ones are refused by the schema; they are not even compiled. */
const LONGEST_PATTERN = 500;

/**
 * A pipeline that is wrong somewhere, as far as it can be read: so that an unknown `needs` is named together with a
 * misspelt memory, not one error after the other. Steps keep their places; a field that is wrong is left out.
 */
export function pipelineSketch(value: unknown): Pipeline {
  const steps = stepsOf(value);
  const known = steps.length > 0 && steps.length <= MOST_STEPS;
  return {
    pipeline: "sketch",
    params: sketch(Pipeline.shape.params, fieldOf(value, "params"), {}),
    references: {},
    limits: { failed_jobs: 0.5, failed_samples: 0.5 },
    preset: "default",
    rules: known ? sketch(z.array(Rule), fieldOf(value, "rules"), []) : [],
    steps: known ? steps.map(stepSketch) : [],
  };
}

function stepSketch(value: unknown, index: number): Step {
  const id = fieldOf(value, "id");
  const per = Step.shape.per.safeParse(fieldOf(value, "per"));
  return {
    id: typeof id === "string" && id !== "" ? id : `(step ${index + 1})`,
    per: per.data ?? "sample",
    needs: sketch(Step.shape.needs, fieldOf(value, "needs"), []),
    script: "",
    resources: { cpu: 1, memory: "1GiB" },
    // Whether {sample} belongs into a path depends on `per`: with that unknown, nothing is said of paths.
    outputs: per.success ? sketch(Step.shape.outputs, fieldOf(value, "outputs"), []) : [],
    metrics: per.success ? sketch(Step.shape.metrics, fieldOf(value, "metrics"), []) : [],
    optional: false,
    rules: sketch(z.array(Rule), fieldOf(value, "rules"), []),
    failures: {},
  };
}

function sketch<T>(schema: z.ZodType<T>, value: unknown, otherwise: T): T {
  const read = schema.safeParse(value);
  return read.success ? read.data : otherwise;
}

export interface PlacedPattern {
  readonly path: readonly (string | number)[];
  readonly pattern: string;
}

/** Every log pattern of a pipeline, valid or not: of its rules, its steps' rules and its steps' failures. */
export function listPatterns(value: unknown): PlacedPattern[] {
  const steps = stepsOf(value).slice(0, MOST_STEPS);
  return [
    ...rulePatterns(fieldOf(value, "rules"), ["rules"]),
    ...steps.flatMap((step, index) => [
      ...rulePatterns(fieldOf(step, "rules"), ["steps", index, "rules"]),
      ...failurePatterns(fieldOf(step, "failures"), ["steps", index, "failures"]),
    ]),
  ];
}

type Path = readonly (string | number)[];

const rulePatterns = (rules: unknown, base: Path): PlacedPattern[] =>
  (Array.isArray(rules) ? rules.slice(0, 100) : []).flatMap((rule: unknown, index) =>
    textsAt(fieldOf(fieldOf(rule, "when"), "log"), [...base, index, "when", "log"]),
  );

const failurePatterns = (failures: unknown, base: Path): PlacedPattern[] =>
  Object.entries(isRecord(failures) ? failures : {})
    .slice(0, 50)
    .flatMap(([name, failure]) => textsAt(fieldOf(failure, "log"), [...base, name, "log"]));

function textsAt(value: unknown, path: Path): PlacedPattern[] {
  if (typeof value === "string") return value.length > LONGEST_PATTERN ? [] : [{ path, pattern: value }];
  const list: unknown[] = Array.isArray(value) ? value.slice(0, 100) : [];
  return list.flatMap((item, at) => (typeof item === "string" ? textsAt(item, [...path, at]) : []));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fieldOf = (value: unknown, key: string): unknown =>
  isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;

function stepsOf(value: unknown): unknown[] {
  const steps = fieldOf(value, "steps");
  return Array.isArray(steps) ? steps : [];
}
