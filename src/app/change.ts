import type { LoadedJob } from "../core/job.ts";
import type { Params, Pipeline } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import { didYouMean } from "../core/spelling.ts";
import { isFinalJob, isFinalRun } from "../core/status.ts";
import { cancelRun, type RetrySelection, reopenJob, reopenRun } from "../core/stop.ts";
import { reopenedNotices, startedNotices } from "../core/tell.ts";
import type { Commit } from "../ports.ts";
import { audienceOf, Conflict, type Deps, InvalidRequest, NotFound } from "./deps.ts";
import { type SampleRows, type StartInput, startRun } from "./start.ts";

/** The one run that an id, a name or a unique prefix means. */
export async function findRun(deps: Pick<Deps, "store">, reference: string): Promise<string> {
  const ids = await deps.store.resolve(reference);
  if (ids.length === 1) return ids[0]!;
  if (ids.length === 0)
    throw new NotFound(`there is no run ${JSON.stringify(reference)}; bioagent list shows them`);
  throw new NotFound(`${JSON.stringify(reference)} may be ${ids.join(", ")}; give more of it`);
}

/** One commit of a change; most tell nobody. */
type Change = Omit<Commit, "notices"> & Partial<Pick<Commit, "notices">>;

const MOST_RACES = 20;

/** Changes a run, on what is then true, until no race is lost. `null` from `change` changes nothing. */
async function changeRun(
  deps: Deps,
  runId: string,
  change: (run: Run, jobs: ReadonlyMap<string, LoadedJob>) => Change[] | null,
): Promise<Run> {
  for (let race = 0; race < MOST_RACES; race++) {
    const loaded = await deps.store.load(runId, 0, "whole");
    if (!loaded) throw new NotFound(`there is no run ${runId}`);
    const commits = change(loaded.run, new Map(loaded.jobs.map((job) => [job.key, job])));
    if (commits === null) return loaded.run;
    const done = await commitAll(deps, loaded.run, commits);
    if (done) return done;
  }
  throw new Conflict(`run ${runId} changes too fast; try again`);
}

async function commitAll(deps: Deps, before: Run, commits: readonly Change[]): Promise<Run | null> {
  let run = before;
  for (const part of commits) {
    const result = await deps.store.commit({
      ...part,
      run: { ...part.run, rev: run.rev },
      notices: part.notices ?? [],
    });
    if (result.kind === "conflict") return null;
    run = { ...part.run, rev: result.rev };
  }
  return run;
}

/** Asks for the end of a run; it is `cancelled` when every attempt has really ended. A final run is refused. */
export function cancel(deps: Deps, runId: string, by: string | null): Promise<Run> {
  return changeRun(deps, runId, (run) => {
    if (isFinalRun(run.status))
      throw new Conflict(`run ${runId} has already ended: ${run.status} (${run.outcome})`);
    const change = cancelRun(run, by, deps.now());
    return change && [{ ...change, jobs: [] }];
  });
}

/** Lets a run that was only planned begin. */
export function approve(deps: Deps, runId: string, by: string | null): Promise<Run> {
  return changeRun(deps, runId, (run) => {
    if (isFinalRun(run.status)) throw new Conflict(`run ${runId} has already ended: ${run.status}`);
    if (!run.held) return null;
    const now = deps.now();
    const over = run.planned >= run.summary.total_jobs;
    const next: Run = {
      ...run,
      held: false,
      status: over && !run.stopping ? "running" : run.status,
      started_at: over ? now : run.started_at,
      next_poll_at: now,
      event_count: run.event_count + 1,
    };
    const event = {
      seq: run.event_count,
      at: now,
      type: "run.approved" as const,
      job: null,
      attempt: null,
      data: { by },
    };
    const notices = next.status === "running" ? startedNotices(next, audienceOf(deps), now) : [];
    return [{ run: next, jobs: [], events: [event], notices }];
  });
}

/** Jobs of one commit of a reopening. */
const JOBS_PER_COMMIT = 180;

/** Opens a final run again for the selected jobs. What they are is refused when it selects nothing. */
export function retry(deps: Deps, runId: string, selection: RetrySelection, by: string | null): Promise<Run> {
  let opened: Opened | null = null;
  return changeRun(deps, runId, (run, jobs) => {
    // A pass between two of our commits has won a race: what we have not reached yet follows in the same round.
    if (opened && run.round === opened.round) return restOfRetry(run, jobs, opened, selection);
    if (!isFinalRun(run.status))
      throw new Conflict(`run ${runId} is still ${run.status}; only an ended run is retried`);
    refuseUnknownSteps(run, selection);
    const at = deps.now();
    const change = reopenRun(run, jobs, selection, by, at);
    if (!change)
      throw new Conflict(`nothing in run ${runId} matches: there is no such job that ended without success`);
    opened = { round: change.run.round, at, keys: new Set(change.jobs.map((job) => job.key)) };
    const [first, ...rest] = reopenCommits(change, jobs);
    const unplanned = change.run.summary.total_jobs - change.run.planned;
    const notices = reopenedNotices(change.run, change.jobs.length + unplanned, audienceOf(deps), at);
    return [{ ...first!, notices }, ...rest];
  });
}

/** What a retry in several commits has set out to do. */
interface Opened {
  readonly round: number;
  readonly at: string;
  readonly keys: ReadonlySet<string>;
}

function restOfRetry(
  run: Run,
  jobs: ReadonlyMap<string, LoadedJob>,
  { at, keys }: Opened,
  selection: RetrySelection,
): Change[] | null {
  const isLeft = (job: LoadedJob) =>
    keys.has(job.key) && isFinalJob(job.status) && (job.completed_at ?? "") <= at;
  const left = [...jobs.values()].filter(isLeft).map((job) => reopenJob(job, selection));
  if (left.length === 0) return null;
  const open: Run = isFinalRun(run.status)
    ? { ...run, status: "running", outcome: null, stopping: null, completed_at: null, next_poll_at: at }
    : run;
  return reopenCommits({ run: open, jobs: left, events: [] }, jobs);
}

function refuseUnknownSteps(run: Run, { set = {} }: RetrySelection): void {
  const unknown = Object.keys(set).filter((step) => !run.steps.includes(step));
  if (unknown.length === 0) return;
  throw new InvalidRequest(
    unknown.map((step) => ({
      path: `set.${step}`,
      message: `run ${run.run_id} has no step ${JSON.stringify(step)}${didYouMean(step, run.steps)}`,
    })),
  );
}

/**
 * In commits that each leave a valid state. A crash between two of them leaves a run that is open for the first jobs;
 * once it has ended, the same retry opens it for the others.
 */
function reopenCommits(
  change: NonNullable<ReturnType<typeof reopenRun>>,
  before: ReadonlyMap<string, LoadedJob>,
): Change[] {
  const commits: Change[] = [];
  let { summary } = change.run;
  for (let at = 0; at < change.jobs.length; at += JOBS_PER_COMMIT) {
    const jobs = change.jobs.slice(at, at + JOBS_PER_COMMIT);
    summary = { ...summary, pending: summary.pending + jobs.length };
    for (const job of jobs) summary[before.get(job.key)!.status] -= 1;
    commits.push({ run: { ...change.run, summary }, jobs, events: at === 0 ? change.events : [] });
  }
  return commits;
}

/** A new run of the same samples that takes over every job whose result would be the same and still lies there. */
export async function resume(
  deps: Deps,
  runId: string,
  change: Partial<Pick<StartInput, "pipeline" | "params" | "name" | "requestedBy" | "requestKey" | "output">>,
): Promise<{ run: Run; repeated: boolean }> {
  const run = await deps.store.readRun(runId);
  if (!run) throw new NotFound(`there is no run ${runId}`);
  if (!isFinalRun(run.status))
    throw new Conflict(`run ${runId} is still ${run.status}; cancel it, or wait for its end`);
  const parent = run.config.output.slice(0, -`${run.run_id}/`.length);
  return startRun(deps, {
    pipeline: run.pipeline_spec,
    samples: await allSamples(deps, run),
    input: run.config.input,
    output: parent,
    reference: run.config.reference,
    executor: run.executor,
    region: run.config.region,
    notify: ownChannels(deps, run),
    description: run.description,
    params: givenParams(run, change.pipeline ?? run.pipeline_spec),
    labels: run.labels,
    queue: run.queue,
    ...change,
    resumedFrom: run.run_id,
  });
}

/** Parameters that were given, not defaulted: an edited pipeline may have other defaults, or fewer parameters. */
const givenParams = ({ config, pipeline_spec }: Run, { params }: Pipeline): Params =>
  Object.fromEntries(
    Object.entries(config.params).filter(
      ([name, value]) => name in params && value !== pipeline_spec.params[name],
    ),
  );

/** The channels that the run was given with `--notify`, besides what the configuration says. */
function ownChannels(deps: Deps, run: Run): string[] {
  const configured = new Set(deps.subscriptions.map((subscription) => JSON.stringify(subscription)));
  const own = run.subscriptions.filter((subscription) => !configured.has(JSON.stringify(subscription)));
  const known = (channel: string) => deps.channels.has(channel) || deps.brokenChannels.has(channel);
  return [...new Set(own.flatMap(({ to }) => to))].filter(known);
}

async function allSamples(deps: Deps, run: Run): Promise<SampleRows[]> {
  const samples: SampleRows[] = [];
  for (let page = 0; ; page++) {
    const found = await deps.store.readSheet(run.run_id, page);
    if (!found) return samples;
    samples.push(...found.samples);
  }
}
