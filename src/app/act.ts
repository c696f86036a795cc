import type { Attempt, Job, LoadedJob } from "../core/job.ts";
import { lastAttempt } from "../core/job.ts";
import { takes } from "../core/launch.ts";
import type { Observation } from "../core/observation.ts";
import { topological } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import type { ExecutorKind } from "../core/status.ts";
import type { Executor, Submission, SubmitResult } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { capacities, type LiveAttempt, liveAttempts, messageOf } from "./probe.ts";
import type { KnownRun } from "./runs-cache.ts";
import { readRows } from "./sheet.ts";
import { submissionOf } from "./submission.ts";

/**
 * What the state calls for, derived from the state and not from what changed: every recorded attempt is submitted, every
 * live one with a request is cancelled. So a crash before or within it loses nothing; the next pass does it again.
 * Returns what the executors answered, as observations.
 */
export async function act(
  deps: Deps,
  known: KnownRun,
  /** Only cancels that were asked for at this instant or later: for passes that come every few seconds. */
  { cancelsSince = "" }: { readonly cancelsSince?: string } = {},
): Promise<Observation[]> {
  const live = liveAttempts(known);
  const cancels = live.filter(({ ref: { attempt } }) => isCancelled(attempt, cancelsSince));
  for (const [kind, entries] of Map.groupBy(cancels, ({ ref }) => ref.attempt.executor)) {
    await cancelAll(
      deps,
      kind,
      entries.map(({ ref }) => ref),
    );
  }
  return submitEach(deps, known, inTurn(known.run, live.filter(isToBeSubmitted)));
}

const isCancelled = ({ cancel_requested_at: at }: Attempt, since: string): boolean =>
  at !== null && at >= since;

/** Recorded attempts that wait to be submitted, in the order in which they shall be. */
export const waitingAttempts = (known: KnownRun): LiveAttempt[] =>
  inTurn(known.run, liveAttempts(known).filter(isToBeSubmitted));

const isToBeSubmitted = ({ ref: { attempt } }: LiveAttempt): boolean =>
  attempt.status === "recorded" && attempt.cancel_requested_at === null;

/** Later steps first, as they are recorded: a sample that is far along ends early. Of one step, what was recorded first. */
function inTurn({ pipeline_spec }: Run, entries: readonly LiveAttempt[]): LiveAttempt[] {
  const rank = new Map(topological(pipeline_spec).map(({ id }, at) => [id, at]));
  return entries.toSorted(
    (a, b) =>
      rank.get(b.job.step)! - rank.get(a.job.step)! ||
      compare(a.ref.attempt.recorded_at, b.ref.attempt.recorded_at),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Those of the waiting attempts that fit into what is free now, in their order. */
export async function fitting(deps: Deps, waiting: readonly LiveAttempt[]): Promise<LiveAttempt[]> {
  const room = await capacities(deps, new Set(waiting.map(({ ref }) => ref.attempt.executor)));
  const free = new Map([...room].map(([kind, capacity]) => [kind, capacity.free && { ...capacity.free }]));
  return waiting.filter(({ ref: { attempt } }) => {
    const left = free.get(attempt.executor);
    return left === null || (left !== undefined && takes(left, attempt.resources));
  });
}

/** Submits attempts that are recorded. Returns what the executors answered; nothing for what must be tried again. */
export async function submitEach(
  deps: Deps,
  known: KnownRun,
  entries: readonly LiveAttempt[],
): Promise<Observation[]> {
  const answers: Observation[] = [];
  for (const [kind, group] of Map.groupBy(entries, ({ ref }) => ref.attempt.executor)) {
    const jobs = group.map(({ job }) => job);
    answers.push(...(await submitAll(deps, kind, known, jobs)));
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

/** So many are read and handed over at a time: what an executor cannot take now need not be read. */
const AT_A_TIME = 500;
/** Milliseconds after which the rest is left to the next pass. */
const LONGEST_SUBMITTING = 60_000;

async function submitAll(
  deps: Deps,
  kind: ExecutorKind,
  known: KnownRun,
  jobs: readonly LoadedJob[],
): Promise<Observation[]> {
  const executor = deps.executors.get(kind);
  if (!executor) return [];
  const answers: Observation[] = [];
  const until = Date.parse(deps.now()) + LONGEST_SUBMITTING;
  for (let from = 0; from < jobs.length && Date.parse(deps.now()) < until; from += AT_A_TIME) {
    const part = jobs.slice(from, from + AT_A_TIME);
    const results = await submitPart(deps, executor, known, part);
    answers.push(...results.map(answerOf).filter((answer) => answer !== null));
    if (results.some((result) => result.kind === "later")) break;
  }
  return answers;
}

async function submitPart(
  deps: Deps,
  executor: Executor,
  known: KnownRun,
  jobs: readonly LoadedJob[],
): Promise<SubmitResult[]> {
  const submissions = await submissionsOf(deps, known, jobs);
  try {
    return await executor.submit(submissions);
  } catch (error) {
    const detail = messageOf(error);
    const what = `executor ${executor.kind} could not take ${jobs.length} attempts`;
    deps.warn(`${what}, they are tried again: ${detail}`);
    const waiting = { reason: "executor_unreachable", detail } as const;
    return submissions.map(({ attempt }) => ({ attempt: attempt.id, kind: "later", waiting }));
  }
}

async function submissionsOf(
  deps: Deps,
  { run, jobs: all }: KnownRun,
  heads: readonly LoadedJob[],
): Promise<Submission[]> {
  const unread = heads.filter(({ whole }) => !whole).map(({ key }) => key);
  const read = unread.length === 0 ? [] : await deps.store.readJobs(run.run_id, unread);
  const whole = new Map<string, Job>(read.map((job) => [job.key, job]));
  const submissions: Submission[] = [];
  for (const head of heads) {
    const job = whole.get(head.key) ?? head;
    const attempt: Attempt = lastAttempt(head)!;
    const rows = job.sample === null ? [] : await readRows(deps, run, job.sample);
    submissions.push(submissionOf(run, all, job, attempt, rows));
  }
  return submissions;
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
