import { sheetTsv } from "../core/environment.ts";
import type { Attempt, Job } from "../core/job.ts";
import { samplesFor } from "../core/launch.ts";
import { stepOf } from "../core/pipeline.ts";
import { paramVariable, referencePath } from "../core/plan.ts";
import { mebibytesOf } from "../core/quantity.ts";
import type { Run } from "../core/run.ts";
import { fillPattern } from "../core/verify.ts";
import type { Submission } from "../ports.ts";

export const DEFAULT_SHELL: readonly string[] = ["bash", "-euo", "pipefail"];

/** Everything an executor needs to run this attempt. Names are not code: values reach the script as environment only. */
export function submissionOf(
  run: Run,
  jobs: ReadonlyMap<string, Job>,
  job: Job,
  attempt: Attempt,
  rows: readonly Readonly<Record<string, string>>[],
): Submission {
  const step = stepOf(run.pipeline_spec, job.step);
  return {
    run_id: run.run_id,
    job: job.key,
    region: run.config.region,
    attempt,
    step: step.id,
    sample: job.sample,
    script: step.script,
    shell: step.shell ? step.shell.trim().split(/\s+/) : DEFAULT_SHELL,
    image: step.image ?? null,
    environment: environment(run, job, attempt),
    files: {
      ...(job.sample === null ? { SAMPLES_FILE: lines(samplesFor({ run, jobs: jobs as never }, step)) } : {}),
      ...(job.sample === null ? {} : { SHEET: sheetTsv(rows) }),
    },
    outputs: step.outputs.map((output) => ({ ...output, path: fillPattern(output.path, job.sample) })),
    metrics: step.metrics.map((path) => fillPattern(path, job.sample)),
    input: run.config.input,
    output: run.config.output,
  };
}

const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join("");

function environment(run: Run, job: Job, attempt: Attempt): Record<string, string> {
  const { reference, params } = run.config;
  return {
    // Columns were refused at the start where their upper case is no safe name.
    ...Object.fromEntries(Object.entries(job.inputs).map(([column, value]) => [column.toUpperCase(), value])),
    ...(job.sample === null ? {} : { SAMPLE: job.sample }),
    ...(reference === null ? {} : { REFERENCE: referencePath(run)!, REFERENCE_NAME: reference }),
    ...Object.fromEntries(
      Object.entries(params).map(([name, value]) => [paramVariable(name), String(value)]),
    ),
    ATTEMPT: String(attempt.attempt),
    MEMORY_MIB: String(mebibytesOf(attempt.resources.memory)),
    CPUS: String(Math.max(1, Math.floor(attempt.resources.cpu))),
  };
}
