import type { Job } from "../../core/job.ts";
import type { Run } from "../../core/run.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { findJob } from "../find-job.ts";
import { statusWords } from "../render/status-words.ts";
import { renderRemedies, renderWhy } from "../render/why.ts";
import { withRun } from "../session.ts";

export const addWhy: AddCommand = (program, bind) => {
  program
    .command("why <run> [job]")
    .summary("tell why jobs did not succeed, and what to type")
    .description("tell why jobs did not succeed: attempts, evidence, decisions, log, and what to type")
    .addHelpText("after", example("bioagent why castle-river align-sample02"))
    .action(bind(why));
};

async function why(context: Context, reference: string, key: string | undefined): Promise<number> {
  return withRun(context, reference, "read", async (runId, store) => {
    const { run, jobs } = (await store.load(runId, 0, "whole"))!;
    const chosen = key === undefined ? troubled(jobs) : [await findJob(store, runId, key)];
    if (context.json) printJson(context, { run_id: runId, jobs: chosen });
    else printLines(context, lines(context, run, chosen));
    return EXIT.done;
  });
}

/** What did not succeed, causes before what only followed; of a run that goes on, also what failed once. */
function troubled(jobs: readonly Job[]): Job[] {
  const rank = (job: Job): number => (job.exhausted ? 0 : job.attempts.some((each) => each.class) ? 1 : 2);
  return jobs
    .filter((job) => job.status !== "succeeded" && (job.decisions.length > 0 || job.waiting !== null))
    .sort((a, b) => rank(a) - rank(b));
}

const MOST_JOBS = 20;

function lines(context: Context, run: Run, jobs: readonly Job[]): string[] {
  const head = [`${run.run_id}: ${statusWords(run)}`];
  if (run.stopping) head.push(`stopped: ${run.stopping.reason}`);
  if (jobs.length === 0) return [...head, "no job failed, was skipped or cancelled"];
  const causes = jobs.filter((job) => job.blocked_by === null);
  const shown = causes.slice(0, MOST_JOBS);
  const followers = jobs.filter((job) => job.blocked_by !== null);
  const short = jobs.length === 1 ? followers : [];
  return [
    ...head,
    ...[...shown, ...short].flatMap((job) => ["", ...renderWhy(job, context.paint)]),
    ...(causes.length > shown.length
      ? ["", `... and ${causes.length - shown.length} more: bioagent jobs ${run.run_id}`]
      : []),
    ...(short.length === 0 && followers.length > 0 ? ["", followersLine(followers)] : []),
    "",
    ...renderRemedies(run, jobs),
  ];
}

function followersLine(jobs: readonly Job[]): string {
  const shown = jobs.slice(0, 5).map((job) => `${job.key} (needs ${job.blocked_by})`);
  const more = jobs.length > shown.length ? `, and ${jobs.length - shown.length} more` : "";
  return `Not run, because what they need did not succeed: ${shown.join(", ")}${more}`;
}
