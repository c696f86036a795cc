import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { findJob } from "../find-job.ts";
import { wholeNumber } from "../input/parsers.ts";
import { withRun } from "../session.ts";

interface LogsOptions {
  readonly attempt?: number;
  readonly lines?: number;
}

export const addLogs: AddCommand = (program, bind) => {
  program
    .command("logs <run> <job>")
    .description("print the log of a job's last attempt")
    .option("--attempt <number>", "of this attempt", wholeNumber(1, 999))
    .option("--lines <number>", "only the last so many lines", wholeNumber(1, 1_000_000))
    .addHelpText("after", example("bioagent logs castle-river align-sample02 --lines 50"))
    .action(bind(logs));
};

async function logs(context: Context, reference: string, key: string, options: LogsOptions): Promise<number> {
  const { readLog } = await import("../../app/queries.ts");
  return withRun(context, reference, "read", async (runId, store, app) => {
    const job = await findJob(store, runId, key);
    const log = await readLog(app.deps, runId, job.key, options);
    const attempt = options.attempt ?? job.attempts.at(-1)?.attempt;
    if (context.json) printJson(context, { run_id: runId, job: job.key, attempt, log });
    else context.terminal.out(log === "" || log.endsWith("\n") ? log : `${log}\n`);
    return EXIT.done;
  });
}
