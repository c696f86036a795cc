import { type Advance, advance } from "../core/advance.ts";
import { chunk } from "../core/chunk.ts";
import { type Job, type LoadedJob, lastAttempt } from "../core/job.ts";
import type { Observation } from "../core/observation.ts";
import type { Run } from "../core/run.ts";
import { type ExecutorKind, isFinalAttempt, isFinalJob, isFinalRun } from "../core/status.ts";
import type { AttemptRef } from "../ports.ts";
import { act } from "./act.ts";
import { EVERY_RUN, MOST_RUNS } from "./active-runs.ts";
import { audienceOf, type Deps } from "./deps.ts";
import { planChunk } from "./plan.ts";
import { capacities, messageOf, probe } from "./probe.ts";
import type { KnownRun, RunsCache } from "./runs-cache.ts";
import { sweepOrphans } from "./sweep-orphans.ts";

/** Lost races in one pass before it is left to the next one. */
const MOST_RACES = 8;

export interface TickOptions {
  /**
   * Ids of the attempts that somebody has hinted at: only these are asked for, and nothing is cancelled that was to be cancelled
   * before. All else is as in any pass; the full look is left to the sweep.
   */
  readonly hinted?: ReadonlySet<string>;
}

/**
 * One pass over one run: load, observe, verify, advance, commit, act, record. Whatever of it crashes, repeats or overlaps
 * with another, the state stays valid, and the next pass goes on. Returns the run as it is afterwards, or null if there is none.
 */
export async function tickRun(
  deps: Deps,
  cache: RunsCache,
  runId: string,
  { hinted }: TickOptions = {},
): Promise<Run | null> {
  const begun = deps.now();
  const known = await planned(deps, cache, runId);
  if (!known) return null;
  if (isFinalRun(known.run.status)) {
    cache.forget(runId);
    return known.run;
  }
  await forgetEnded(deps, known, await pass(deps, cache, known, () => probe(deps, known, hinted)));
  if (!isFinalRun(known.run.status)) {
    const answers = await act(deps, known, hinted && { cancelsSince: begun });
    if (answers.length > 0)
      await forgetEnded(deps, known, await pass(deps, cache, known, async () => answers));
  }
  if (isFinalRun(known.run.status)) cache.forget(runId);
  return known.run;
}

/**
 * Attempts that a process which stays has recorded before there are slots for them. They are submitted with all others; an
 * executor that says what is free answers `later` to what does not fit.
 */
const AHEAD = 32;

export interface PassedOn {
  readonly known: KnownRun;
  readonly answers: Observation[];
  /** What the pass changed; `forgetEnded` tidies up after it, which may take its time. */
  readonly changed: readonly Job[];
}

/**
 * One pass of a process that stays until the run ends. What executors answer is not committed by itself but left to its
 * next pass, with what is seen then: `answers` go in with the next call. Dying in between loses nothing, since the executors
 * know what they took. `submit: false`: it will not come again, so nothing more is handed out.
 */
export async function passOn(
  deps: Deps,
  cache: RunsCache,
  runId: string,
  { answers, submit }: { answers: readonly Observation[]; submit: boolean },
): Promise<PassedOn | null> {
  const known = await planned(deps, cache, runId);
  if (!known) return null;
  const look = async () => [...answers, ...(await probe(deps, known))];
  const changed = await pass(deps, cache, known, look, submit ? AHEAD : 0);
  const isOver = isFinalRun(known.run.status);
  if (isOver) cache.forget(runId);
  return { known, changed, answers: isOver || !submit ? [] : await act(deps, known) };
}

/** The run with its planning done, or as far as it may go. */
async function planned(deps: Deps, cache: RunsCache, runId: string): Promise<KnownRun | null> {
  let known = await cache.refresh(deps.store, runId);
  while (
    known &&
    known.run.status === "planning" &&
    !known.run.stopping &&
    known.run.planned < known.run.summary.total_jobs
  ) {
    const done = await planChunk(deps, known.run, known.jobs);
    if (done === "conflict") known = await cache.refresh(deps.store, runId);
    else cache.committed(done.run, done.jobs);
  }
  return known;
}

/** Decides and commits, again after each lost race, on what is then true. Returns the jobs that it changed. */
async function pass(
  deps: Deps,
  cache: RunsCache,
  known: KnownRun,
  look: () => Promise<Observation[]>,
  ahead = 0,
): Promise<readonly Job[]> {
  for (let race = 0; race < MOST_RACES && !isFinalRun(known.run.status); race++) {
    const observations = await look();
    const decision = await decide(deps, cache, known, { observations, ahead });
    if (!decision.pass.changed) break;
    if (await commit(deps, cache, known, decision)) return decision.pass.jobs;
    await cache.refresh(deps.store, known.run.run_id);
  }
  return [];
}

/** What a pass makes of a run, and the state it was made from: others may bring `known` up to date in between. */
interface Decided {
  readonly before: Run;
  readonly jobsBefore: ReadonlyMap<string, LoadedJob>;
  readonly pass: Advance;
}

async function decide(
  deps: Deps,
  cache: RunsCache,
  known: KnownRun,
  { observations, ahead }: { observations: readonly Observation[]; ahead: number },
): Promise<Decided> {
  const capacity = await capacities(deps, executorsOf(known));
  const audience = audienceOf(deps);
  const mostAttempts = deps.caps.attemptsPerJob;
  const now = deps.now();
  for (;;) {
    const before = known.run;
    const jobsBefore = new Map(known.jobs);
    const decided = advance({
      run: before,
      jobs: jobsBefore,
      observations,
      capacity,
      ...audience,
      mostAttempts,
      ahead,
      now,
    });
    if (decided.missing.length === 0) return { before, jobsBefore, pass: decided };
    await cache.loadWhole(deps.store, known, decided.missing);
  }
}

/** Where open jobs are, and where they go next: a rule may have moved a job that has no attempt there yet. */
function executorsOf({ run, jobs }: KnownRun): Set<ExecutorKind> {
  const kinds = new Set([run.executor]);
  for (const job of jobs.values()) {
    if (isFinalJob(job.status)) continue;
    kinds.add(job.executor);
    const last = lastAttempt(job);
    if (last) kinds.add(last.executor);
  }
  return kinds;
}

/** All of a pass, in as many commits as it takes. False after a lost race. */
async function commit(
  deps: Deps,
  cache: RunsCache,
  known: KnownRun,
  { before, jobsBefore, pass }: Decided,
): Promise<boolean> {
  let { rev } = before;
  for (const part of chunk(before, jobsBefore, pass)) {
    const result = await deps.store.commit({ ...part, run: { ...part.run, rev } });
    if (result.kind === "conflict") return false;
    rev = result.rev;
    cache.committed({ ...part.run, rev }, part.jobs);
    known.run = { ...part.run, rev };
  }
  return true;
}

/** Ends that are committed need not be kept by the executors any longer. */
export async function forgetEnded(deps: Deps, known: KnownRun, changed: readonly Job[]): Promise<void> {
  const refs: AttemptRef[] = [];
  for (const job of changed) {
    const ended = job.attempts.findLast((attempt) => isFinalAttempt(attempt.status));
    if (ended?.ended_at) refs.push({ run_id: known.run.run_id, job: job.key, attempt: ended });
  }
  for (const [kind, entries] of Map.groupBy(refs, ({ attempt }) => attempt.executor)) {
    try {
      await deps.executors.get(kind)?.forget(entries);
    } catch (error) {
      deps.warn(`executor ${kind} could not clean up after ${entries.length} attempts: ${messageOf(error)}`);
    }
  }
}

/** One pass over the runs that are due (`all`: over every active one). A run that throws is reported, and stops no other. */
export async function tickAll(
  deps: Deps,
  cache: RunsCache,
  which: "due" | "all",
): Promise<{ runs: Run[]; errors: string[] }> {
  const ids = await deps.store.activeRuns(which === "all" ? EVERY_RUN : deps.now(), MOST_RUNS);
  const runs: Run[] = [];
  const errors: string[] = [];
  for (const id of ids) {
    try {
      const run = await tickRun(deps, cache, id);
      if (run) runs.push(run);
    } catch (error) {
      errors.push(`run ${id}: ${messageOf(error)}`);
      cache.forget(id);
    }
  }
  for (const warning of await deps.ledger.record(cache.news(runs), deps.now())) deps.warn(warning);
  if (which === "all") await sweepOrphans(deps, cache);
  return { runs, errors };
}
