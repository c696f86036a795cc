import { cp, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type AddCommand, type Context, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { collect, wholeNumber } from "../input/parsers.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { readSettings } from "../session.ts";

interface DevOptions {
  readonly port: number;
  readonly every: number;
  readonly directory: string;
  readonly project: string;
  readonly bucket: readonly string[];
  readonly scenario?: string;
}

export const addDev: AddCommand = (program, bind) => {
  program
    .command("dev")
    .summary("a cloud in a box: emulators, functions and a ticker in one terminal")
    .description(
      "run the cloud functions here, on emulators of Firestore, Storage and Batch, until it is stopped",
    )
    .option("--port <number>", "of the API; 0 takes a free one", wholeNumber(0, 65_535), 8080)
    .option("--every <seconds>", "between two polls", wholeNumber(1, 3600), 5)
    .option("--directory <dir>", "where buckets lie and jobs work", "bioagent/dev")
    .option("--project <id>", "the project's id", "bioagent-dev")
    .option("--bucket <name=dir>", "copy a folder into a bucket at the start (several times)", collect, [])
    .option("--scenario <file>", "faults of the Batch emulator: YAML or JSON")
    .addHelpText("after", example("bioagent dev --bucket reads=examples/fastq-qc/reads"))
    .action(bind(dev));
};

/** The functions as they are deployed, or their source in a checkout. */
const FUNCTIONS = join(
  import.meta.dirname,
  import.meta.filename.endsWith(".ts") ? "../../../functions/index.ts" : "../../../functions/index.js",
);

async function dev(context: Context, options: DevOptions): Promise<number> {
  await readSettings(context); // the functions would only say so later, each in its log
  const { BUCKET, openCloud } = await import("../../../infra/cloud/open-cloud.ts");
  const { keptBuckets } = await import("../../../infra/cloud/kept-buckets.ts");
  const directory = resolve(context.cwd, options.directory);
  const kept = await keptBuckets(directory); // before anything is copied there
  await copyIntoBuckets(context, directory, options.bucket);
  const cloud = await openCloud({
    directory,
    functions: FUNCTIONS,
    cwd: context.cwd,
    port: options.port,
    every: options.every * 1000,
    scenario: options.scenario === undefined ? undefined : resolve(context.cwd, options.scenario),
    projectId: options.project,
    environment: context.variables,
    print: (part, line) => context.terminal.err(`${part.padEnd(7)} ${line}\n`),
  });
  const { url } = cloud.functions.api;
  if (context.json)
    context.terminal.out(
      `${JSON.stringify({ url, batch: cloud.batchRest, buckets: cloud.buckets, kept, variables: cloud.variables })}\n`,
    );
  else
    printLines(context, [
      `A cloud in a box; Ctrl-C stops it. Buckets are folders of ${cloud.buckets}`,
      ...sayKept(cloud.buckets, kept),
      `  start a run   BIOAGENT_URL=${url} bioagent run FILE --samplesheet FILE.csv --input gs://reads --output gs://${BUCKET}/results --wait`,
      `  its jobs      CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH=${cloud.batchRest} CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true gcloud batch jobs list --project ${cloud.projectId}`,
    ]);
  const interrupt = listenForInterrupt(context.endNow);
  await new Promise<void>((done) => interrupt.signal.addEventListener("abort", () => done(), { once: true }));
  await cloud.close();
  interrupt.stop();
  return EXIT.done;
}

/** What an earlier cloud in this folder has left, whose store is gone with it; nothing where none was. */
const sayKept = (buckets: string, kept: readonly string[]): string[] =>
  kept.length === 0
    ? []
    : [
        `Runs of an earlier start are forgotten; files remain in ${buckets}: ${kept.map((name) => `gs://${name}`).join(", ")}`,
      ];

async function copyIntoBuckets(context: Context, directory: string, given: readonly string[]): Promise<void> {
  for (const text of given) {
    const [, name, folder] = /^([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])=(.+)$/.exec(text) ?? [];
    if (!name || !folder)
      throw new UsageError(`--bucket ${text}: write NAME=DIR, with a bucket's name such as reads`);
    const bucket = join(directory, "buckets", name);
    await mkdir(bucket, { recursive: true });
    await cp(resolve(context.cwd, folder), bucket, { recursive: true }).catch((error: unknown) => {
      throw new UsageError(`--bucket ${text}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
