import { count } from "../../core/count.ts";
import type { LocatedProblem } from "../../pipelines/problem.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import type { SamplePlaces } from "../input/read-samples.ts";
import { readSettings } from "../session.ts";

interface ValidateOptions {
  readonly samplesheet?: string;
}

export const addValidate: AddCommand = (program, bind) => {
  program
    .command("validate <file>")
    .summary("name every problem of a pipeline, with line and column")
    .description("name every problem of a pipeline, with line and column; nothing is run")
    .option("--samplesheet <file>", "check this sample sheet, too")
    .addHelpText("after", example("bioagent validate rnaseq.yaml --samplesheet samples.csv"))
    .action(bind(validate));
};

interface Finding extends LocatedProblem {
  readonly file: string;
}

async function validate(context: Context, file: string, options: ValidateOptions): Promise<number> {
  const config = await readSettings(context);
  const { openPipelineFile } = await import("../input/read-pipeline-file.ts");
  const { bucketText } = await import("../bucket-text.ts");
  const places = { cwd: context.cwd, folder: config.pipelines, bucketText: bucketText(context, config) };
  const read = await openPipelineFile(file, places);
  const sheet = options.samplesheet === undefined ? null : await readSheet(options.samplesheet, places);
  const problems = [...findings(read.source, read.problems), ...(sheet?.problems ?? [])];
  const warnings = findings(read.source, read.warnings);
  const valid = problems.length === 0;
  if (context.json) printJson(context, { valid, problems, warnings });
  else {
    await say(context, problems, warnings);
    if (valid) context.terminal.out(`valid: ${summary(read.pipeline!, sheet?.samples ?? null)}\n`);
  }
  return valid ? EXIT.done : EXIT.usage;
}

const findings = (file: string, problems: readonly LocatedProblem[]): Finding[] =>
  problems.map((problem) => ({ file, ...problem }));

async function readSheet(
  given: string,
  places: SamplePlaces,
): Promise<{ samples: number; problems: Finding[] }> {
  const { readSheetText } = await import("../input/read-samples.ts");
  const { readSamplesheet } = await import("../../pipelines/read-samplesheet.ts");
  const text = await readSheetText(given, places);
  const sheet = readSamplesheet(text, { source: given });
  return { samples: sheet.samples.length, problems: findings(given, sheet.problems) };
}

async function say(
  context: Context,
  problems: readonly Finding[],
  warnings: readonly Finding[],
): Promise<void> {
  const { limitLines, renderProblems } = await import("../../pipelines/problem.ts");
  const lines = problems.map((problem) => renderProblems(problem.file, [problem]));
  const mild = warnings.map((problem) => `warning: ${renderProblems(problem.file, [problem])}`);
  for (const line of limitLines([...lines, ...mild])) context.terminal.err(`${line}\n`);
}

interface Counted {
  readonly pipeline: string;
  readonly steps: readonly unknown[];
  readonly params: Readonly<Record<string, unknown>>;
}

function summary({ pipeline, steps, params }: Counted, samples: number | null): string {
  const parts = [pipeline, count(steps.length, "step"), count(Object.keys(params).length, "parameter")];
  return [...parts, ...(samples === null ? [] : [count(samples, "sample")])].join(", ");
}
