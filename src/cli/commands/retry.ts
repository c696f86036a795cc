import { Option } from "commander";
import { count } from "../../core/count.ts";
import type { Run } from "../../core/run.ts";
import { FAILURE_CLASSES, type FailureClass } from "../../core/status.ts";
import type { RetrySelection } from "../../core/stop.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { follow } from "../follow.ts";
import { collect } from "../input/parsers.ts";
import { readSettingsOptions } from "../input/settings.ts";
import { addModeOptions, type ModeOptions, modeOf } from "../mode.ts";
import { requireStore, type Session, withApp } from "../session.ts";
import { userName } from "../user.ts";

interface RetryOptions extends ModeOptions {
  readonly sample?: readonly string[];
  readonly job?: readonly string[];
  readonly class?: readonly FailureClass[];
  readonly failed?: boolean;
  readonly set?: readonly string[];
}

export const addRetry: AddCommand = (program, bind) => {
  const command = program
    .command("retry <run>")
    .summary("open an ended run again for what did not succeed")
    .description("open an ended run again for jobs that did not succeed, with new budgets")
    .option("--sample <name>", "only of this sample (several times)", collect)
    .option("--job <key>", "only this job (several times)", collect)
    .addOption(
      new Option("--class <class>", "only where an attempt failed so (several times)").argParser<
        FailureClass[]
      >(failureClass),
    )
    .option("--failed", "only what failed or was skipped by itself, not what was cancelled")
    .option("--set <step.field=value>", "new resources: cpu memory disk time spot (several times)", collect);
  addModeOptions(command)
    .addHelpText("after", example("bioagent retry castle-river --class oom --set star_align.memory=64GiB"))
    .action(bind(retry));
};

function failureClass(value: string, earlier: FailureClass[] | undefined): FailureClass[] {
  if (!(FAILURE_CLASSES as readonly string[]).includes(value))
    throw new UsageError(`--class ${value}: classes are ${FAILURE_CLASSES.join(", ")}`);
  return [...(earlier ?? []), value as FailureClass];
}

async function retry(context: Context, reference: string, options: RetryOptions): Promise<number> {
  const mode = modeOf(options);
  const config = await requireStore(context, reference);
  const begin = (app: Session) => reopen(context, app, reference, options);
  if (mode !== "detach")
    return follow(context, { mode, allowSkips: options.allowSkips === true, config }, begin);
  return withApp(context, { config }, async (app) => {
    const { run_id, name, status, round } = await begin(app);
    if (context.json) printJson(context, { run_id, name, status, round });
    return EXIT.done;
  });
}

async function reopen(
  context: Context,
  app: Session,
  reference: string,
  options: RetryOptions,
): Promise<Run> {
  const change = await import("../../app/change.ts");
  const runId = await change.findRun(app.deps, reference);
  const before = (await app.deps.store.readRun(runId))!;
  const selection = selectionOf(options, before.steps);
  const run = await (app.remote?.retry(runId, selection) ??
    change.retry(app.deps, runId, selection, userName()));
  if (!context.json) {
    const open = run.summary.pending;
    context.terminal.out(
      `Run ${runId} (${run.name}) is open again: round ${run.round}, ${count(open, "job")}\n`,
    );
  }
  return run;
}

function selectionOf(options: RetryOptions, steps: readonly string[]): RetrySelection {
  const { set, problems } = readSettingsOptions(options.set ?? [], steps);
  if (problems.length > 0) throw new UsageError("the command line is not valid", problems);
  return {
    samples: options.sample,
    jobs: options.job,
    classes: options.class,
    failed: options.failed,
    set: Object.keys(set).length > 0 ? set : undefined,
  };
}
