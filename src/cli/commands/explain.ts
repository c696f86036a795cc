import { resolve } from "node:path";
import { text as readStream } from "node:stream/consumers";
import { Option } from "commander";
import type { Preset } from "../../core/pipeline.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { renderExplanation } from "../render/explanation.ts";
import { PRESET_NAMES } from "./rules.ts";

export const addExplain: AddCommand = (program, bind) => {
  program
    .command("explain <file>")
    .summary("tell why a Batch job or a Slurm record failed")
    .description(
      "tell why a Batch job, a task list or a Slurm record failed, and what the rules would do (- reads stdin)",
    )
    .addOption(new Option("--preset <name>", "by these rules").choices(PRESET_NAMES).default("default"))
    .addHelpText("after", example("gcloud batch jobs describe my-job --format json | bioagent explain -"))
    .action(bind(explainFile));
};

async function explainFile(
  context: Context,
  file: string,
  options: { readonly preset: Preset },
): Promise<number> {
  const [{ explain }, { createPatterns }, { readDocument }, { readTextFile }] = await Promise.all([
    import("../../app/explain.ts"),
    import("../../pipelines/patterns.ts"),
    import("../../pipelines/read-document.ts"),
    import("../input/read-file.ts"),
  ]);
  const text =
    file === "-"
      ? await readStream(process.stdin)
      : await readTextFile(resolve(context.cwd, file), file, "the document");
  const explanation = explain(text, {
    preset: options.preset,
    patterns: createPatterns(),
    readYaml: (yaml) => {
      const document = readDocument(yaml);
      return document.readable ? document.value : null;
    },
  });
  if (context.json) printJson(context, explanation);
  else printLines(context, renderExplanation(explanation, context.paint));
  return EXIT.done;
}
