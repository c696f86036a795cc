import { InvalidArgumentError, Option } from "commander";
import { EXECUTOR_KINDS, type ExecutorKind, RUN_STATUSES, type RunStatus } from "../../core/status.ts";
import type { RunQuery } from "../../ports.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { readPairs } from "../input/pairs.ts";
import { collect, instant, wholeNumber } from "../input/parsers.ts";
import { renderRunList } from "../render/run-list.ts";
import { withStore } from "../session.ts";

interface ListOptions {
  readonly status?: readonly RunStatus[];
  readonly pipeline?: string;
  readonly executor?: ExecutorKind;
  readonly since?: string;
  readonly until?: string;
  readonly label?: readonly string[];
  readonly search?: string;
  readonly limit: number;
}

export const addList: AddCommand = (program, bind) => {
  program
    .command("list")
    .description("list runs, newest first")
    .option("--status <status>", `only these, comma-separated: ${RUN_STATUSES.join(" ")}`, statuses)
    .option("--pipeline <name>", "only runs of this pipeline")
    .addOption(new Option("--executor <kind>", "only runs on this executor").choices(EXECUTOR_KINDS))
    .option("--since <when>", "created at or after: a day, an instant, or how long ago (2d)", instant)
    .option("--until <when>", "created before", instant)
    .option("--label <name=value>", "only runs with this label (several times)", collect)
    .option("-q, --search <text>", "only runs with this text in id, name or description")
    .option("--limit <number>", "at most so many", wholeNumber(1, 1000), 20)
    .addHelpText("after", example("bioagent list --status failed --since 7d"))
    .action(bind(list));
};

function statuses(text: string): RunStatus[] {
  const words = text.split(",").map((word) => word.trim());
  const wrong = words.find((word) => !(RUN_STATUSES as readonly string[]).includes(word));
  if (wrong === undefined) return words as RunStatus[];
  throw new InvalidArgumentError(`${JSON.stringify(wrong)} is none of ${RUN_STATUSES.join(", ")}.`);
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const query = readQuery(options);
  const { renderRun } = await import("../../ledger/run-document.ts");
  return withStore(
    context,
    "read",
    async (store) => {
      const runs = (await store.queryRuns(query)).items;
      if (context.json) printJson(context, { runs: runs.map((run) => renderRun(run, [], { jobs: false })) });
      else if (runs.length === 0) printLines(context, ["no runs"]);
      else printLines(context, renderRunList(runs, { ...context, now: new Date().toISOString() }));
      return EXIT.done;
    },
    (message) => {
      if (context.json) printJson(context, { runs: [] });
      else printLines(context, [message]);
      return EXIT.done;
    },
  );
}

function readQuery(options: ListOptions): RunQuery {
  const { values, problems } = readPairs("--label", options.label ?? []);
  if (problems.length > 0) throw new UsageError("the command line is not valid", problems);
  const { status, pipeline, executor, since, until, search, limit } = options;
  return {
    ...{ status, pipeline, executor, since, until, limit },
    text: search,
    labels: Object.keys(values).length > 0 ? values : undefined,
  };
}
