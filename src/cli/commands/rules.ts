import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import type { Preset } from "../../core/pipeline.ts";
import type { Rule } from "../../core/rule.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import type { PipelinePlaces } from "../input/read-pipeline-file.ts";
import { renderRules } from "../render/rules.ts";
import { readSettings, withRun } from "../session.ts";

/** Here and not from `core/pipeline.ts`, which is loaded only when a command needs it; a test compares them. */
export const PRESET_NAMES: readonly Preset[] = ["default", "nf-core", "frugal", "patient"];

export const addRules: AddCommand = (program, bind) => {
  program
    .command("rules [run-or-file]")
    .summary("print the rules in force")
    .description(
      "print the rules in force for a run or a pipeline, or a preset's; the first that matches decides",
    )
    .addOption(new Option("--preset <name>", "this table").choices(PRESET_NAMES))
    .addHelpText("after", example("bioagent rules rnaseq.yaml"))
    .action(bind(rules));
};

async function rules(
  context: Context,
  given: string | undefined,
  options: { readonly preset?: Preset },
): Promise<number> {
  if (given !== undefined && options.preset !== undefined)
    throw new UsageError("give a run, a file or --preset, only one of them");
  const table =
    given === undefined ? await ofPreset(options.preset ?? "default") : await ofGiven(context, given);
  if (context.json) printJson(context, { rules: table });
  else printLines(context, renderRules(table, context));
  return EXIT.done;
}

async function ofPreset(preset: Preset): Promise<Rule[]> {
  const { presetRules } = await import("../../core/default-rules.ts");
  return presetRules(preset);
}

async function ofGiven(context: Context, given: string): Promise<readonly Rule[]> {
  const config = await readSettings(context);
  const { bucketText, isInBucket } = await import("../bucket-text.ts");
  const places = { cwd: context.cwd, folder: config.pipelines, bucketText: bucketText(context, config) };
  const isHere = isInBucket(given) || existsSync(resolve(context.cwd, given));
  if (!isHere && !(await isNamed(given, places)))
    return withRun(context, given, "read", async (runId, store) => (await store.readRun(runId))!.rules);
  const { acceptPipeline, openPipelineFile } = await import("../input/read-pipeline-file.ts");
  const { ruleTable } = await import("../../core/default-rules.ts");
  return ruleTable(acceptPipeline(await openPipelineFile(given, places)));
}

/** Whether the configured folder has a pipeline of this name. */
async function isNamed(name: string, places: PipelinePlaces): Promise<boolean> {
  const { folder } = places;
  if (!folder.startsWith("gs://"))
    return [".yaml", ".yml", ".json"].some((end) => existsSync(resolve(folder, name + end)));
  const { findInBucket } = await import("../input/read-pipeline-file.ts");
  return (await findInBucket(name, places)) !== null;
}
