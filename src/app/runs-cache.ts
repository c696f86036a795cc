import { attemptBase, type Job, type LoadedJob, lastAttempt } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import { isFinalAttempt, isFinalRun } from "../core/status.ts";
import type { RunStore } from "../ports.ts";

/** A run and its jobs as this process knows them. */
export interface KnownRun {
  run: Run;
  readonly jobs: Map<string, LoadedJob>;
}

/** What this process knows of runs, so that a pass reads only what others have changed since. */
export class RunsCache {
  readonly #known = new Map<string, KnownRun>();
  /** Revisions that the ledger was told of. */
  readonly #told = new Map<string, number>();
  /** Keys of a run's jobs by what their attempt ids begin with; made when it is first asked for. */
  readonly #keys = new WeakMap<KnownRun, Map<string, string>>();
  readonly #most: number;

  constructor(most = 200) {
    this.#most = most;
  }

  /** The run as it is now: known jobs, brought up to date by those with a newer revision. Null: no such run. */
  async refresh(store: RunStore, runId: string): Promise<KnownRun | null> {
    const known = this.#known.get(runId);
    const loaded = await store.load(runId, known?.run.rev ?? 0, "heads");
    if (!loaded) {
      this.#known.delete(runId);
      return null;
    }
    // What an earlier process left is in the ledger already, or is when the run changes next: only changes are news.
    if (!known && !this.#told.has(runId)) this.#told.set(runId, loaded.run.rev);
    const fresh = known ?? { run: loaded.run, jobs: new Map<string, LoadedJob>() };
    fresh.run = loaded.run;
    for (const job of loaded.jobs) fresh.jobs.set(job.key, job);
    this.#keep(runId, fresh);
    return fresh;
  }

  /** After a commit of our own: no need to read it back. */
  committed(run: Run, jobs: readonly Job[]): void {
    const known = this.#known.get(run.run_id);
    if (!known) return;
    known.run = run;
    for (const job of jobs) known.jobs.set(job.key, { ...job, rev: run.rev, whole: true });
  }

  /** Jobs that a pass wants to change, whole. */
  async loadWhole(store: RunStore, known: KnownRun, keys: readonly string[]): Promise<void> {
    for (const job of await store.readJobs(known.run.run_id, keys))
      known.jobs.set(job.key, { ...job, whole: true });
  }

  /** Those of the runs that are not as they were when this was last asked: an idle run is no news to anybody. */
  news(runs: readonly Run[]): Run[] {
    const fresh = runs.filter(({ run_id, rev }) => this.#told.get(run_id) !== rev);
    for (const { run_id, rev, status } of fresh) {
      if (isFinalRun(status)) this.#told.delete(run_id);
      else this.#told.set(run_id, rev);
    }
    return fresh;
  }

  /**
   * Whether a look at the attempt could tell this process anything: false where it knows that the attempt has ended, or that the
   * run has no such job. It may be behind the store: whoever goes by it needs a sweep besides.
   */
  mayBeNews(runId: string, id: string): boolean {
    const known = this.#known.get(runId);
    if (!known) return true;
    const { run, jobs } = known;
    const base = attemptBase(id);
    const job = jobs.get(this.#keysOf(known).get(base) ?? "");
    if (!job) return run.planned < run.summary.total_jobs;
    const last = lastAttempt(job);
    if (!last || last.id === id) return !last || !isFinalAttempt(last.status);
    return Number(id.slice(base.length + "-a".length)) > last.attempt;
  }

  #keysOf(known: KnownRun): Map<string, string> {
    const found = this.#keys.get(known);
    if (found?.size === known.jobs.size) return found;
    const made = new Map([...known.jobs].map(([key, { job_id }]) => [attemptBase(job_id), key]));
    this.#keys.set(known, made);
    return made;
  }

  forget(runId: string): void {
    this.#known.delete(runId);
  }

  #keep(runId: string, known: KnownRun): void {
    this.#known.delete(runId);
    this.#known.set(runId, known);
    if (this.#known.size > this.#most) this.#known.delete(this.#known.keys().next().value!);
  }
}
