import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Config } from "../../config.ts";
import { count } from "../../core/count.ts";
import { ID_PATTERN, type Pipeline } from "../../core/pipeline.ts";
import type { BucketText } from "../bucket-text.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { acceptPipeline, openPipelineFile, type PipelineFile } from "../input/read-pipeline-file.ts";
import { renderTable } from "../render/table.ts";
import { readSettings } from "../session.ts";

export const addPipelines: AddCommand = (program, bind) => {
  const command = program
    .command("pipelines")
    .summary("put pipelines where they are found by name, and list them")
    .description("put pipelines where the API and `run NAME` find them (setting pipelines), and list them")
    .addHelpText("after", example("bioagent pipelines push rnaseq.yaml && bioagent pipelines list"));
  command
    .command("push <file...>")
    .description("check pipelines, and put them there under their names; one that is not valid stops all")
    .addHelpText("after", example("bioagent pipelines push rnaseq.yaml qc.yaml"))
    .action(bind(push));
  command
    .command("list")
    .description("list the pipelines that are found by name")
    .addHelpText("after", example("bioagent pipelines list --json"))
    .action(bind(list));
};

const ENDINGS = [".yaml", ".yml", ".json"];

interface Place {
  readonly config: Config;
  readonly read: BucketText;
  readonly write: (uri: string, text: string) => Promise<void>;
  /** Names of the files there. */
  readonly names: () => Promise<string[]>;
  readonly uriOf: (name: string) => string;
}

async function withPlace<T>(context: Context, body: (place: Place) => Promise<T>): Promise<T> {
  const config = await readSettings(context);
  const { pipelines } = config;
  const isBucket = pipelines.startsWith("gs://");
  const { openScratch } = await import("../scratch.ts");
  const app = await openScratch(context, config, {});
  try {
    return await body({
      config,
      read: (uri) => app.deps.files.read(uri),
      write: (uri, text) => app.deps.files.write(uri, text),
      names: () => (isBucket ? inBucket(config) : inFolder(pipelines)),
      uriOf: (name) => (isBucket ? `${pipelines.replace(/\/+$/, "")}/${name}` : join(pipelines, name)),
    });
  } finally {
    await app.close();
  }
}

async function inFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function inBucket({ pipelines, gcp }: Config): Promise<string[]> {
  const [{ openBucketText }, { openAccessToken }] = await Promise.all([
    import("../../google/bucket-text.ts"),
    import("../../google/access-token.ts"),
  ]);
  return openBucketText({ accessToken: openAccessToken(), emulator: gcp.storageEmulator }).list(pipelines);
}

interface Pushed {
  readonly file: string;
  readonly pipeline: Pipeline;
  readonly uri: string;
  readonly text: string;
}

async function push(context: Context, files: readonly string[]): Promise<number> {
  return withPlace(context, async (place) => {
    const there = await place.names();
    // All are checked before the first is written.
    const checked: Pushed[] = [];
    for (const file of files) checked.push(await check(context, place, there, file));
    const names = checked.map(({ pipeline }) => pipeline.pipeline);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new UsageError(`pipeline ${twice} is given twice`);
    for (const { uri, text } of checked) await place.write(uri, text);
    if (context.json)
      printJson(context, {
        pipelines: checked.map(({ pipeline, uri }) => ({ name: pipeline.pipeline, uri })),
      });
    else
      printLines(
        context,
        checked.map(
          ({ pipeline, uri }) => `${pipeline.pipeline} (${count(pipeline.steps.length, "step")}): ${uri}`,
        ),
      );
    return EXIT.done;
  });
}

async function check(
  context: Context,
  place: Place,
  there: readonly string[],
  file: string,
): Promise<Pushed> {
  const { readTextFile } = await import("../input/read-file.ts");
  const { resolve } = await import("node:path");
  const text = await readTextFile(resolve(context.cwd, file), file, "pipeline");
  const { readPipeline } = await import("../../pipelines/read-pipeline.ts");
  const pipeline = acceptPipeline({ source: file, ...readPipeline(text, { source: file }) });
  const ending = extname(file) === ".json" ? ".json" : ".yaml";
  const name = pipeline.pipeline + ending;
  const other = ENDINGS.map((each) => pipeline.pipeline + each).find(
    (each) => each !== name && there.includes(each),
  );
  if (other !== undefined)
    throw new UsageError(`${place.uriOf(other)} is there already; remove it, or push a file with its ending`);
  return { file, pipeline, text, uri: place.uriOf(name) };
}

interface Listed {
  readonly name: string;
  readonly uri: string;
  /** Null when the file is no valid pipeline; `problem` then says so. */
  readonly steps: readonly string[] | null;
  readonly problem: string | null;
}

async function list(context: Context): Promise<number> {
  return withPlace(context, async (place) => {
    const found = (await place.names()).filter(isPipelineFile).sort();
    const listed = await Promise.all(found.map((name) => look(context, place, name)));
    if (context.json) printJson(context, { pipelines: listed });
    else if (listed.length === 0) printLines(context, [`no pipelines in ${place.config.pipelines}`]);
    else printLines(context, table(context, listed));
    return EXIT.done;
  });
}

const isPipelineFile = (name: string): boolean =>
  ENDINGS.includes(extname(name)) && ID_PATTERN.test(basename(name, extname(name)));

async function look(context: Context, place: Place, file: string): Promise<Listed> {
  const uri = place.uriOf(file);
  const name = basename(file, extname(file));
  const read: PipelineFile = await openPipelineFile(uri, {
    cwd: context.cwd,
    folder: place.config.pipelines,
    bucketText: place.read,
  });
  const { pipeline, problems } = read;
  if (pipeline === null) return { name, uri, steps: null, problem: problems[0]?.message ?? "not valid" };
  const steps = pipeline.steps.map(({ id }) => id);
  const problem =
    pipeline.pipeline === name
      ? null
      : `it is pipeline ${pipeline.pipeline}, which its file must be named after`;
  return { name, uri, steps, problem };
}

const table = (context: Context, listed: readonly Listed[]): string[] =>
  renderTable(
    [{ title: "pipeline" }, { title: "steps", shrink: true }, { title: "where" }],
    listed.map(({ name, uri, steps, problem }) => [name, problem ?? steps?.join(" ") ?? "", uri]),
    context,
  );
