import { readRows } from "../app/sheet.ts";
import { type StartInput, startRun } from "../app/start.ts";
import { submissionOf } from "../app/submission.ts";
import type { Config } from "../config.ts";
import { jobKey } from "../core/ids.ts";
import { type Job, nextAttempt } from "../core/job.ts";
import { stepOf } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import { fillPattern } from "../core/verify.ts";
import type { App } from "../wire.ts";
import { type Context, printJson, printLines } from "./context.ts";
import { EXIT } from "./failure.ts";
import { type DryCommand, type DryJob, renderDryRun } from "./render/dry-run.ts";
import { planAll, withScratch } from "./scratch.ts";

/** Shows what a start would do: every job, and of each step the command of its first sample. Creates nothing. */
export async function dryRun(context: Context, config: Config, input: StartInput): Promise<number> {
  return withScratch(context, config, async (app) => {
    const { run: started } = await startRun(app.deps, { ...input, hold: true });
    const { run, jobs } = await planAll(app, started);
    const shown = [...jobs.values()].map((job) => dryJob(run, job));
    const commands = await firstCommands(app, run, jobs);
    if (context.json)
      printJson(context, {
        pipeline: run.pipeline,
        executor: run.executor,
        jobs: shown,
        commands,
        notes: run.notes,
      });
    else printLines(context, renderDryRun({ run, jobs: shown, commands, output: input.output }, context));
    return EXIT.done;
  });
}

function dryJob(run: Run, job: Job): DryJob {
  const step = stepOf(run.pipeline_spec, job.step);
  return {
    key: job.key,
    step: job.step,
    sample: job.sample,
    needs: step.needs.map((id) => {
      const need = stepOf(run.pipeline_spec, id);
      if (need.per === "run") return id;
      return job.sample === null ? `${id}-*` : jobKey(id, job.sample);
    }),
    resources: job.resources,
    image: step.image ?? null,
    inputs: job.inputs,
    outputs: step.outputs.map((output) => fillPattern(output.path, job.sample)),
  };
}

async function firstCommands(app: App, run: Run, jobs: ReadonlyMap<string, Job>): Promise<DryCommand[]> {
  const commands: DryCommand[] = [];
  for (const step of run.pipeline_spec.steps) {
    const job = [...jobs.values()].find((each) => each.step === step.id);
    if (!job) continue;
    const rows = job.sample === null ? [] : await readRows(app.deps, run, job.sample);
    const { shell, script, environment } = submissionOf(
      run,
      jobs,
      job,
      nextAttempt(job, NEVER_LOOKED_AT),
      rows,
    );
    commands.push({ job: job.key, shell: [...shell], environment, script });
  }
  return commands;
}

/** When the attempt was recorded: it is only shown. */
const NEVER_LOOKED_AT = "1970-01-01T00:00:00Z";
