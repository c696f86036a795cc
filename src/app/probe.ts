import type { CoreCapacity } from "../core/draft.ts";
import { type LoadedJob, lastAttempt } from "../core/job.ts";
import type { Observation } from "../core/observation.ts";
import { stepOf } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import { type ExecutorKind, isFinalAttempt, isFinalJob } from "../core/status.ts";
import { fillPattern } from "../core/verify.ts";
import type { AttemptRef, Executor } from "../ports.ts";
import type { Deps } from "./deps.ts";
import type { KnownRun } from "./runs-cache.ts";

export interface LiveAttempt {
  readonly ref: AttemptRef;
  readonly job: LoadedJob;
}

/** The attempts that have not ended, as far as we know. */
export function liveAttempts({ run, jobs }: KnownRun): LiveAttempt[] {
  const live: LiveAttempt[] = [];
  for (const job of jobs.values()) {
    const attempt = lastAttempt(job);
    if (!attempt || isFinalAttempt(attempt.status) || isFinalJob(job.status)) continue;
    live.push({ ref: { run_id: run.run_id, job: job.key, region: run.config.region, attempt }, job });
  }
  return live;
}

/**
 * What the executors say of the live attempts (`hinted`: of those among them), with outputs looked up and patterns searched.
 * Unknown is not failed; an attempt that was not asked for stays as it is.
 */
export async function probe(
  deps: Deps,
  known: KnownRun,
  hinted?: ReadonlySet<string>,
): Promise<Observation[]> {
  const all = liveAttempts(known);
  const live = hinted ? all.filter(({ ref }) => hinted.has(ref.attempt.id)) : all;
  const byExecutor = Map.groupBy(live, ({ ref }) => ref.attempt.executor);
  if (hinted) for (const { ref } of live) deps.executors.get(ref.attempt.executor)?.hint?.(ref);
  const seen = await Promise.all(
    [...byExecutor].map(([kind, entries]) =>
      observeAll(
        deps,
        kind,
        entries.map(({ ref }) => ref),
      ),
    ),
  );
  const jobs = new Map(live.map(({ ref, job }) => [ref.attempt.id, job]));
  return verify(deps, known.run, jobs, withMatches(deps, known.run, seen.flat()));
}

async function observeAll(
  deps: Deps,
  kind: ExecutorKind,
  refs: readonly AttemptRef[],
): Promise<Observation[]> {
  const executor = deps.executors.get(kind);
  const unreachable = (detail: string): Observation[] =>
    refs.map(({ attempt }) => ({
      attempt: attempt.id,
      status: null,
      waiting: { reason: "executor_unreachable", detail },
    }));
  if (!executor) return unreachable(`executor ${kind} is not configured here`);
  try {
    return await executor.observe(refs);
  } catch (error) {
    return unreachable(messageOf(error));
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The user's own patterns: those of the rules in force and of the step. */
function withMatches(deps: Deps, run: Run, observations: readonly Observation[]): Observation[] {
  const patterns = [
    ...run.rules.flatMap((rule) => rule.when.log ?? []),
    ...run.pipeline_spec.steps.flatMap((step) =>
      Object.values(step.failures).flatMap((declared) => declared?.log ?? []),
    ),
  ];
  return observations.map((observation) =>
    observation.status === "failed" && observation.log_tail
      ? { ...observation, matches: deps.patterns.matching(patterns, observation.log_tail) }
      : observation,
  );
}

/** One listing for all that exited 0; when it fails, they wait for verification, and nothing else changes. */
async function verify(
  deps: Deps,
  run: Run,
  jobs: ReadonlyMap<string, LoadedJob>,
  observations: Observation[],
): Promise<Observation[]> {
  const done = observations.filter(
    (observation) => observation.status === "succeeded" && jobs.has(observation.attempt),
  );
  if (done.length === 0) return observations;
  const wanted = done.map(({ attempt: id }) => {
    const job = jobs.get(id)!;
    const metrics = stepOf(run.pipeline_spec, job.step).metrics.map((path) => fillPattern(path, job.sample));
    return { job: job.key, attempt: lastAttempt(job)!.attempt, id, metrics };
  });
  try {
    const found = await deps.files.verify(run.config.output, wanted);
    return observations.map((seen) =>
      found.has(seen.attempt) ? { ...seen, verification: found.get(seen.attempt)! } : seen,
    );
  } catch (error) {
    deps.warn(`outputs of ${run.run_id} could not be looked up, which changes nothing: ${messageOf(error)}`);
    const waiting = { reason: "verification", detail: messageOf(error) } as const;
    return observations.map((seen) => (done.includes(seen) ? { ...seen, waiting } : seen));
  }
}

/** What every executor that the run uses can take now; one that cannot be asked is left out, and gets nothing. */
export async function capacities(
  deps: Deps,
  kinds: Iterable<ExecutorKind>,
): Promise<Map<ExecutorKind, CoreCapacity>> {
  const found = new Map<ExecutorKind, CoreCapacity>();
  for (const kind of new Set(kinds)) {
    const capacity = await readCapacity(deps, deps.executors.get(kind));
    if (capacity) found.set(kind, capacity);
  }
  return found;
}

async function readCapacity(deps: Deps, executor: Executor | undefined): Promise<CoreCapacity | null> {
  try {
    const capacity = await executor?.capacity();
    if (!capacity) return null;
    const most = Math.min(
      capacity.largest.memory ?? Number.POSITIVE_INFINITY,
      deps.caps.memoryBytes ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(most) ? { ...capacity, largest: { ...capacity.largest, memory: most } } : capacity;
  } catch (error) {
    deps.warn(`executor ${executor?.kind} could not say what it can take: ${messageOf(error)}`);
    return null;
  }
}
