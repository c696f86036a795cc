import { attemptBaseOf, jobIdentity, jobKey } from "./ids.ts";
import { attemptId, type Job, UNTOUCHED } from "./job.ts";
import { type Params, type Pipeline, type Problem, type Step, topological } from "./pipeline.ts";
import { type Largest, tooBig } from "./resources.ts";
import type { Run } from "./run.ts";

/** One place on the two axes of a run. */
export interface Slot {
  readonly step: Step;
  readonly sample: string | null;
}

/** How many jobs a pipeline makes of so many samples. */
export const jobCount = (pipeline: Pipeline, samples: number): number =>
  pipeline.steps.reduce((sum, step) => sum + (step.per === "sample" ? samples : 1), 0);

/** The jobs number `from` to `from + count - 1`, in the fixed order of planning: steps topologically, samples as given. */
export function slots(pipeline: Pipeline, samples: readonly string[], from: number, count: number): Slot[] {
  const found: Slot[] = [];
  let start = 0;
  for (const step of topological(pipeline)) {
    const size = step.per === "sample" ? samples.length : 1;
    const first = Math.max(from - start, 0);
    const last = Math.min(from + count - start, size);
    for (let at = first; at < last; at++)
      found.push({ step, sample: step.per === "sample" ? samples[at]! : null });
    start += size;
  }
  return found;
}

/** Keys that would be equal, also when only the case differs: job folders must not meet on any disk. */
export function equalKeys(samples: readonly string[]): [string, string][] {
  const seen = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (const sample of samples) {
    const other = seen.get(sample.toLowerCase());
    if (other !== undefined) pairs.push([other, sample]);
    seen.set(sample.toLowerCase(), sample);
  }
  return pairs;
}

/** Steps that ask for more than the executor has at all. */
export function stepsTooBig(pipeline: Pipeline, largest: Largest): Problem[] {
  return pipeline.steps.flatMap((step, index) =>
    tooBig(step.resources, largest).map((text) => ({
      path: ["steps", index, "resources"],
      message: `step ${step.id} ${text}`,
    })),
  );
}

/** A value of a job's input, with what changes when its content does (null: a plain value, no file). */
export interface Input {
  readonly value: string;
  readonly generation: string | null;
}

/** Builds the planned job of one slot. */
export function planJob(
  run: Run,
  slot: Slot,
  it: {
    inputs: Readonly<Record<string, Input>>;
    upstream: readonly string[];
    storeUid: string;
    hash: (text: string) => string;
  },
): Job {
  const key = jobKey(slot.step.id, slot.sample);
  const base = attemptBaseOf(run.run_id, key, it.hash(jobIdentity(it.storeUid, run.run_id, key)).slice(0, 8));
  return {
    run_id: run.run_id,
    pipeline: run.pipeline,
    key,
    job_id: attemptId(base, 1),
    step: slot.step.id,
    sample: slot.sample,
    inputs: Object.fromEntries(Object.entries(it.inputs).map(([name, input]) => [name, input.value])),
    resources: slot.step.resources,
    executor: run.executor,
    fingerprint: it.hash(JSON.stringify(fingerprintParts(run, slot, it))),
    ...UNTOUCHED,
  };
}

/** What a job's result depends on, by name; `resume --why` compares them. */
export function fingerprintParts(
  run: Run,
  { step, sample }: Slot,
  it: { inputs: Readonly<Record<string, Input>>; upstream: readonly string[] },
): Record<string, unknown> {
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(step.script);
  return {
    script: step.script,
    shell: step.shell ?? null,
    image: step.image ?? null,
    outputs: step.outputs,
    sample,
    params: usedParams(run.config.params, uses),
    reference: uses("REFERENCE") ? referencePath(run) : null,
    "reference name": uses("REFERENCE_NAME") ? run.config.reference : null,
    // A cell that names a file counts by what is in it, wherever it lies; any other cell by its text.
    inputs: Object.fromEntries(
      Object.entries(it.inputs).map(([name, input]) => [name, input.generation ?? input.value]),
    ),
    upstream: [...it.upstream].sort(),
  };
}

function usedParams(params: Params, uses: (name: string) => boolean): Params {
  return Object.fromEntries(Object.entries(params).filter(([name]) => uses(paramVariable(name))));
}

export const paramVariable = (name: string): string => `PARAM_${name.toUpperCase()}`;

/** What `REFERENCE` holds: the path the pipeline gives the name, or the text as it was given. */
export function referencePath(run: Pick<Run, "config" | "pipeline_spec">): string | null {
  const name = run.config.reference;
  return name === null ? null : (run.pipeline_spec.references[name] ?? name);
}
