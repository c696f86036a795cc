import { Option } from "commander";
import type { Job } from "../../core/job.ts";
import { FAILURE_CLASSES, type FailureClass, JOB_STATUSES, type JobStatus } from "../../core/status.ts";
import type { JobQuery, RunStore } from "../../ports.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { wholeNumber } from "../input/parsers.ts";
import { renderJobList } from "../render/job-list.ts";
import { withRun, withStore } from "../session.ts";

interface JobsOptions {
  readonly status?: JobStatus;
  readonly step?: string;
  readonly sample?: string;
  readonly class?: FailureClass;
  readonly exitCode?: number;
  readonly limit: number;
}

export const addJobs: AddCommand = (program, bind) => {
  program
    .command("jobs [run]")
    .description("list jobs of a run, or of all runs")
    .addOption(new Option("--status <status>", "only these").choices(JOB_STATUSES))
    .option("--step <id>", "only of this step")
    .option("--sample <name>", "only of this sample")
    .addOption(new Option("--class <class>", "any attempt failed with this class").choices(FAILURE_CLASSES))
    .option("--exit-code <code>", "any attempt ended with this exit code", wholeNumber(0, 99_999))
    .option("--limit <number>", "at most so many", wholeNumber(1, 100_000), 1000)
    .addHelpText("after", example("bioagent jobs --class oom --json"))
    .action(bind(jobs));
};

async function jobs(context: Context, reference: string | undefined, options: JobsOptions): Promise<number> {
  const { limit, status, step, sample, exitCode } = options;
  const query: JobQuery = { status, step, sample, class: options.class, exit_code: exitCode, limit };
  if (reference !== undefined) {
    return withRun(context, reference, "read", async (runId, store) =>
      print(context, await collectJobs(store, { ...query, run_id: runId }), false),
    );
  }
  return withStore(
    context,
    "read",
    async (store) => print(context, await collectJobs(store, query), true),
    (message) => {
      if (context.json) printJson(context, { jobs: [] });
      else printLines(context, [message]);
      return EXIT.done;
    },
  );
}

const PAGE = 500;

async function collectJobs(store: RunStore, query: JobQuery): Promise<Job[]> {
  const found: Job[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.queryJobs({
      ...query,
      cursor,
      limit: Math.min(PAGE, query.limit - found.length),
    });
    found.push(...page.items);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && found.length < query.limit);
  return found;
}

function print(context: Context, found: readonly Job[], showRun: boolean): number {
  if (context.json) printJson(context, { jobs: found });
  else if (found.length === 0) printLines(context, ["no jobs"]);
  else printLines(context, renderJobList(found, { ...context, showRun, now: new Date().toISOString() }));
  return EXIT.done;
}
