import type { Run } from "../../core/run.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { follow } from "../follow.ts";
import { collect } from "../input/parsers.ts";
import { addModeOptions, type ModeOptions, modeOf } from "../mode.ts";
import type { ResumeChange } from "../resume-change.ts";
import { refuseRemote, requireStore, type Session, withApp, withRun } from "../session.ts";
import { startLine } from "./run.ts";

interface ResumeOptions extends ModeOptions {
  readonly why?: boolean;
  readonly param?: readonly string[];
  readonly set?: readonly string[];
  readonly name?: string;
}

export const addResume: AddCommand = (program, bind) => {
  const command = program
    .command("resume <run> [file]")
    .summary("start a new run that takes over what would be the same")
    .description(
      "start a new run of the same samples that takes over every job whose result would be the same",
    )
    .option("--why", "only tell which jobs would be taken over, and why the others not")
    .option("--param <name=value>", "another value of a parameter (several times)", collect)
    .option("--set <step.field=value>", "resources: cpu memory disk time spot (several times)", collect)
    .option("--name <slug>", "a name for the new run");
  addModeOptions(command)
    .addHelpText("after", example("bioagent resume castle-river rnaseq.yaml --why"))
    .action(bind(resume));
};

async function resume(
  context: Context,
  reference: string,
  file: string | undefined,
  options: ResumeOptions,
): Promise<number> {
  const mode = modeOf(options, ["why"]);
  const config = await requireStore(context, reference);
  const { readResumeChange } = await import("../resume-change.ts");
  const changeFor = (run: Run): Promise<ResumeChange> =>
    readResumeChange(context, config, run, file, options);
  if (options.why) {
    refuseRemote(config, "resume --why");
    const { resumeWhy } = await import("../resume-why.ts");
    return withRun(context, reference, "read", async (runId, _store, app) =>
      resumeWhy(context, config, app, runId, changeFor),
    );
  }
  const keepsPipeline = file === undefined && !options.set;
  const begin = (app: Session) => start(context, app, reference, { changeFor, keepsPipeline });
  if (mode !== "detach")
    return follow(context, { mode, allowSkips: options.allowSkips === true, config }, begin);
  return withApp(context, { config }, async (app) => {
    const { run_id, name, status } = await begin(app);
    if (context.json) printJson(context, { run_id, name, status });
    return EXIT.done;
  });
}

async function start(
  context: Context,
  app: Session,
  reference: string,
  it: { readonly changeFor: (run: Run) => Promise<ResumeChange>; readonly keepsPipeline: boolean },
): Promise<Run> {
  const change = await import("../../app/change.ts");
  const runId = await change.findRun(app.deps, reference);
  const before = await app.deps.store.readRun(runId);
  if (!before) throw new UsageError(`run ${runId} is not in the store any more`);
  const changes = await it.changeFor(before);
  const { pipeline, params, name } = changes;
  const { run } = app.remote
    ? { run: await app.remote.resume(runId, { params, name, ...(it.keepsPipeline ? {} : { pipeline }) }) }
    : await change.resume(app.deps, runId, changes);
  if (!context.json) context.terminal.out(`${startLine(run)}\n`);
  return run;
}
