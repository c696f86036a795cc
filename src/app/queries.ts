import type { Attempt, Job } from "../core/job.ts";
import { lastAttempt } from "../core/job.ts";
import { type Deps, NotFound } from "./deps.ts";

export interface LogWanted {
  /** The latest, unless given. */
  readonly attempt?: number | undefined;
  /** The last so many; all that is kept, unless given. */
  readonly lines?: number | undefined;
}

/** What an attempt of a job has printed: from its executor, or the tail that was kept when the executor has it no more. */
export async function readLog(deps: Deps, runId: string, key: string, wanted: LogWanted): Promise<string> {
  const [job] = await deps.store.readJobs(runId, [key]);
  if (!job) throw new NotFound(`run ${runId} has no job ${JSON.stringify(key)}`);
  const attempt = attemptOf(job, wanted.attempt);
  const executor = deps.executors.get(attempt.executor);
  const region = (await deps.store.readRun(runId))?.config.region ?? null;
  const ref = { run_id: runId, job: key, region, attempt };
  const kept = await executor?.log(ref, { lines: wanted.lines ?? null });
  const log = kept ?? tailOf(attempt, wanted.lines);
  if (log !== null) return log;
  throw new NotFound(`no log of attempt ${attempt.attempt} of ${key} is kept in run ${runId} (any more)`);
}

function attemptOf(job: Job, number: number | undefined): Attempt {
  const found =
    number === undefined ? lastAttempt(job) : job.attempts.find((attempt) => attempt.attempt === number);
  if (found) return found;
  const reused = job.reused_from && `; its outputs are those of ${job.reused_from.run_id}`;
  if (job.attempts.length === 0)
    throw new NotFound(`job ${job.key} has not been submitted${reused ?? " yet"}; it is ${job.status}`);
  const numbers = job.attempts.map((attempt) => attempt.attempt).join(", ");
  throw new NotFound(`job ${job.key} has no attempt ${number}; there is ${numbers}`);
}

function tailOf({ log_tail }: Attempt, lines: number | undefined): string | null {
  if (log_tail === null || lines === undefined) return log_tail;
  const all = log_tail.replace(/\n$/, "").split("\n");
  return `${all.slice(-lines).join("\n")}\n`;
}
