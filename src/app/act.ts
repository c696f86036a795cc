import type { Attempt, Job, LoadedJob } from "../core/job.ts";
import { lastAttempt } from "../core/job.ts";
import type { Observation } from "../core/observation.ts";
import type { Run } from "../core/run.ts";
import type { ExecutorKind } from "../core/status.ts";
import type { Executor, Submission, SubmitResult } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { liveAttempts, messageOf } from "./probe.ts";
import type { KnownRun } from "./runs-cache.ts";
import { readRows } from "./sheet.ts";
import { submissionOf } from "./submission.ts";

/**
 * What the state calls for, derived from the state and not from what changed: every recorded attempt is submitted, every
 * live one with a request is cancelled. So a crash before or within it loses nothing; the next pass does it again.
 * Returns what the executors answered, as observations.
 */
export async function act(deps: Deps, known: KnownRun): Promise<Observation[]> {
  const live = liveAttempts(known);
  const cancels = live.filter(({ ref }) => ref.attempt.cancel_requested_at !== null);
  const submits = live.filter(
    ({ ref }) => ref.attempt.status === "recorded" && ref.attempt.cancel_requested_at === null,
  );
  for (const [kind, entries] of Map.groupBy(cancels, ({ ref }) => ref.attempt.executor)) {
    await cancelAll(
      deps,
      kind,
      entries.map(({ ref }) => ref),
    );
  }
  const answers: Observation[] = [];
  for (const [kind, entries] of Map.groupBy(submits, ({ ref }) => ref.attempt.executor)) {
    answers.push(
      ...(await submitAll(
        deps,
        kind,
        known,
        entries.map(({ job }) => job),
      )),
    );
  }
  return answers;
}

async function cancelAll(
  deps: Deps,
  kind: ExecutorKind,
  refs: Parameters<Executor["cancel"]>[0],
): Promise<void> {
  try {
    await deps.executors.get(kind)?.cancel(refs);
  } catch (error) {
    deps.warn(
      `executor ${kind} could not cancel ${refs.length} attempts, they are tried again: ${messageOf(error)}`,
    );
  }
}

async function submitAll(
  deps: Deps,
  kind: ExecutorKind,
  known: KnownRun,
  jobs: readonly LoadedJob[],
): Promise<Observation[]> {
  const executor = deps.executors.get(kind);
  if (!executor) return [];
  const submissions = await Promise.all(jobs.map((job) => submission(deps, known.run, known.jobs, job)));
  try {
    const results = await executor.submit(submissions);
    return results.map(answerOf).filter((answer) => answer !== null);
  } catch (error) {
    deps.warn(
      `executor ${kind} could not take ${jobs.length} attempts, they are tried again: ${messageOf(error)}`,
    );
    return [];
  }
}

async function submission(
  deps: Deps,
  run: Run,
  jobs: ReadonlyMap<string, Job>,
  head: LoadedJob,
): Promise<Submission> {
  const job = head.whole ? head : ((await deps.store.readJobs(run.run_id, [head.key]))[0] ?? head);
  const attempt: Attempt = lastAttempt(head)!;
  const rows = job.sample === null ? [] : await readRows(deps, run, job.sample);
  return submissionOf(run, jobs, job, attempt, rows);
}

function answerOf(result: SubmitResult): Observation | null {
  switch (result.kind) {
    case "submitted":
      return { attempt: result.attempt, status: "submitted", handle: result.handle };
    case "later":
      return result.waiting && { attempt: result.attempt, status: null, waiting: result.waiting };
    case "refused":
      return {
        attempt: result.attempt,
        status: "failed",
        ran: false,
        verdict: result.class,
        evidence: [{ source: "event", text: result.text }],
      };
    default:
      return result satisfies never;
  }
}
