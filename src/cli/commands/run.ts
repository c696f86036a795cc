import { Option } from "commander";
import type { StartInput } from "../../app/start.ts";
import type { Config } from "../../config.ts";
import { count } from "../../core/count.ts";
import type { Run } from "../../core/run.ts";
import { EXECUTOR_KINDS } from "../../core/status.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { follow } from "../follow.ts";
import { collect } from "../input/parsers.ts";
import type { RequestOptions } from "../input/request.ts";
import { addModeOptions, type Mode, type ModeOptions, modeOf } from "../mode.ts";
import { oneLine } from "../render/width.ts";
import { readSettings, refuseRemote, type Session, withApp } from "../session.ts";
import { userName } from "../user.ts";

interface RunOptions extends RequestOptions, ModeOptions {
  readonly dryRun?: boolean;
  readonly planOnly?: boolean;
}

export const addRun: AddCommand = (program, bind) => {
  const command = program
    .command("run <file>")
    .summary("start a pipeline over samples")
    .description("start a pipeline: a file, or a name in the configured folder of pipelines")
    .option("--samples <a,b,c>", "samples by name")
    .option("--samplesheet <file>", "samples as CSV or TSV, with a column named sample")
    .option("--input <dir>", "folder or gs:// address of the input; default: the sheet's folder, or here")
    .option("--output <dir>", "folder or gs:// address; the run gets its own folder in it (default: results)")
    .addOption(new Option("--executor <kind>", "where jobs run").choices(EXECUTOR_KINDS))
    .option("--name <slug>", "a name for the run, instead of four words")
    .option("--param <name=value>", "a parameter of the pipeline (several times)", collect)
    .option("--label <name=value>", "a label to find it by (several times)", collect)
    .option("--set <step.field=value>", "resources: cpu memory disk time spot (several times)", collect)
    .option("--reference <name>", "a reference of the pipeline, or a path")
    .option("--description <text>", "what it is, for people")
    .option("--notify <channel>", "tell this channel of the end, too (several times)", collect)
    .option("--region <name>", "where in the cloud");
  addModeOptions(command)
    .option("--dry-run", "show jobs, resources and commands; create nothing")
    .option("--plan-only", "plan all jobs, and wait for bioagent approve")
    .addHelpText(
      "after",
      example("bioagent run rnaseq.yaml --samples a,b --input reads --set star_align.memory=64GiB"),
    )
    .action(bind(run));
};

async function run(context: Context, file: string, options: RunOptions): Promise<number> {
  const mode = modeOf(options, ["dryRun", "planOnly"]);
  const config = await readSettings(context);
  if (config.url !== null) return runThere(context, file, options, { mode, config, url: config.url });
  const { readRequest } = await import("../input/request.ts");
  const { bucketText } = await import("../bucket-text.ts");
  const { pipelines, references } = config;
  const request = await readRequest(file, options, {
    ...{ cwd: context.cwd, folder: pipelines, references, executor: config.executor },
    bucketText: bucketText(context, config),
  });
  const input: StartInput = { ...request, requestedBy: userName(), hold: options.planOnly === true };
  if (options.dryRun) {
    const { dryRun } = await import("../dry-run.ts");
    return dryRun(context, config, input);
  }
  if (options.planOnly) return withApp(context, { config }, (app) => planOnly(context, app, input));
  if (mode === "detach") return withApp(context, { config }, (app) => detach(context, app, input));
  return follow(context, { mode, allowSkips: options.allowSkips === true, config }, (app) =>
    begin(context, app, input),
  );
}

/** The same on a deployed API, which reads, plans and drives it. */
async function runThere(
  context: Context,
  file: string,
  options: RunOptions,
  { mode, config, url }: { readonly mode: Mode; readonly config: Config; readonly url: string },
): Promise<number> {
  if (options.dryRun) refuseRemote(config, "run --dry-run");
  const [{ readRunBody }, { bucketText }] = await Promise.all([
    import("../remote/run-body.ts"),
    import("../bucket-text.ts"),
  ]);
  const { hostname } = new URL(url);
  const body = await readRunBody(file, options, {
    cwd: context.cwd,
    bucketText: bucketText(context, config),
    sameMachine: ["localhost", "127.0.0.1", "[::1]"].includes(hostname),
  });
  const beginThere = async (app: Session): Promise<Run> => say(context, await app.remote!.start(body));
  if (!options.planOnly && mode !== "detach")
    return follow(context, { mode, allowSkips: options.allowSkips === true, config }, beginThere);
  return withApp(context, { config }, async (app) => {
    const { run_id: id, name, status } = await beginThere(app);
    if (context.json) printJson(context, { run_id: id, name, status });
    else if (options.planOnly) context.terminal.out(`Nothing of it begins before: bioagent approve ${id}\n`);
    else context.terminal.out(`It goes on by itself: bioagent watch ${id}\n`);
    return EXIT.done;
  });
}

async function begin(context: Context, app: Session, input: StartInput): Promise<Run> {
  const { startRun } = await import("../../app/start.ts");
  const { run: started } = await startRun(app.deps, input);
  return say(context, started);
}

function say(context: Context, started: Run): Run {
  if (!context.json) context.terminal.out(`${startLine(started)}\n`);
  for (const note of started.notes) context.terminal.err(`bioagent: note: ${oneLine(note)}\n`);
  return started;
}

/** `Run 2026-02-27_rnaseq_001 (castle-river-mountain-forest) started: 25 jobs, executor local, output ...` */
export const startLine = (run: Run): string =>
  `Run ${run.run_id} (${run.name}) started: ${count(run.summary.total_jobs, "job")}, executor ${run.executor}, output ${oneLine(run.config.output)}`;

async function detach(context: Context, app: Session, input: StartInput): Promise<number> {
  const started = await begin(context, app, input);
  const { run_id: id, name, status } = started;
  if (context.json) printJson(context, { run_id: id, name, status });
  else
    context.terminal.out(
      `It goes on with every tick: bioagent watch ${id}, bioagent tick, or bioagent serve\n`,
    );
  return EXIT.done;
}

async function planOnly(context: Context, app: Session, input: StartInput): Promise<number> {
  const started = await begin(context, app, input);
  const { tickRun } = await import("../../app/tick.ts");
  const planned = await tickRun(app.deps, app.cache, started.run_id);
  if (!planned) throw new UsageError(`run ${started.run_id} is not in the store any more`);
  const { run_id: id, name, status } = planned;
  if (context.json) printJson(context, { run_id: id, name, status });
  else
    context.terminal.out(
      `${count(planned.planned, "job")} planned (bioagent jobs ${id}); nothing begins before: bioagent approve ${id}\n`,
    );
  return EXIT.done;
}
