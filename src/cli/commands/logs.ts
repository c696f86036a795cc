import type { Attempt, Job } from "../../core/job.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
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
  return withRun(context, reference, async (runId, store, app) => {
    const job = await findJob(store, runId, key);
    const attempt = attemptOf(job, options.attempt);
    const executor = app.deps.executors.get(attempt.executor);
    const ref = { run_id: runId, job: job.key, attempt };
    const kept = await executor?.log(ref, { lines: options.lines ?? null });
    const text = kept ?? lastLines(attempt.log_tail, options.lines);
    if (text === null) throw new Error(`${job.key} attempt ${attempt.attempt} has no log (any more)`);
    if (context.json) {
      const { id, attempt: number } = attempt;
      printJson(context, { run_id: runId, job: job.key, attempt: number, id, log: text });
    } else context.terminal.out(text === "" || text.endsWith("\n") ? text : `${text}\n`);
    return EXIT.done;
  });
}

function attemptOf(job: Job, wanted: number | undefined): Attempt {
  const attempt =
    wanted === undefined ? job.attempts.at(-1) : job.attempts.find((each) => each.attempt === wanted);
  if (attempt) return attempt;
  const { attempts, key, run_id } = job;
  if (wanted !== undefined && attempts.length > 0)
    throw new UsageError(`${key} has no attempt ${wanted}; the last one is ${attempts.at(-1)!.attempt}`);
  const reused = job.reused_from;
  throw new Error(
    reused
      ? `${key} did not run: its outputs are those of ${reused.job} in run ${reused.run_id}`
      : `${key} in run ${run_id} has not been tried (yet)`,
  );
}

/** What the store keeps of it, when its executor has no more. */
function lastLines(tail: string | null, lines: number | undefined): string | null {
  if (tail === null || lines === undefined) return tail;
  return tail.trimEnd().split("\n").slice(-lines).join("\n");
}
