import { type Audience, type CoreCapacity, type Draft, openDraft } from "./draft.ts";
import type { Event } from "./event.ts";
import { settleRun } from "./finish.ts";
import type { Job, LoadedJob } from "./job.ts";
import { cancelOpen, launch, skipBlocked } from "./launch.ts";
import { stopIfDoomed } from "./limits.ts";
import type { Notice } from "./notice.ts";
import type { Observation } from "./observation.ts";
import { observe } from "./observe.ts";
import type { Run } from "./run.ts";
import { type ExecutorKind, isFinalRun } from "./status.ts";
import { tellFollowers, tellProgress, tellStalled, tellWaiting } from "./tell.ts";
import { enforceDeadlines } from "./wait.ts";

export interface AdvanceInput {
  readonly run: Run;
  /** Every planned job of the run; projections will do for those that do not change. */
  readonly jobs: ReadonlyMap<string, LoadedJob>;
  readonly observations: readonly Observation[];
  /** An executor that is absent could not be asked: nothing is submitted to it. */
  readonly capacity: ReadonlyMap<ExecutorKind, CoreCapacity>;
  /** See `Audience`. */
  readonly recipients: Audience["recipients"];
  readonly followers?: Audience["followers"];
  /** Attempts of one job at most, whatever the rules say; a cap that protects the bill. */
  readonly mostAttempts: number;
  /**
   * Attempts that may be recorded beyond what is free now, so that whoever stays beside the executor can hand them out as
   * slots become free, without a commit in between. Only of steps in which a job has succeeded: the canary stays cheap. 0 unless given.
   */
  readonly ahead?: number;
  readonly now: string;
}

export interface Advance {
  readonly run: Run;
  /** The jobs that changed, whole. */
  readonly jobs: Job[];
  readonly events: Event[];
  readonly notices: Notice[];
  /** False when the pass changed nothing at all: then nothing is written. */
  readonly changed: boolean;
  /** Keys of jobs that must be loaded whole before this pass can be made; then everything else here is void. */
  readonly missing: string[];
}

/**
 * The heart: what a run shall be, given what it is, what was seen, and now. Pure and total; a final run absorbs everything.
 * The cost is one light pass over the jobs, and the work of the changes.
 */
export function advance(input: AdvanceInput): Advance {
  const draft = openDraft(input);
  if (isFinalRun(input.run.status)) return close(draft);
  observe(draft, input.observations);
  enforceDeadlines(draft);
  observe(draft, draft.lost);
  stopIfDoomed(draft);
  if (draft.run.stopping) cancelOpen(draft);
  else skipBlocked(draft);
  if (draft.run.status === "running" && !draft.run.stopping) launch(draft);
  tellProgress(draft);
  settleRun(draft);
  tellWaiting(draft);
  tellStalled(draft);
  tellFollowers(draft);
  return close(draft);
}

function close(draft: Draft): Advance {
  return {
    run: draft.run,
    jobs: [...draft.changed].map((key) => withoutMark(draft.jobs.get(key)!)),
    events: draft.events,
    notices: draft.notices,
    changed: draft.changed.size > 0 || draft.events.length > 0 || differs(draft.before, draft.run),
    missing: [...draft.missing],
  };
}

function withoutMark({ whole: _whole, ...job }: LoadedJob): Job {
  return job;
}

/** Fields of the run that a pass may change without a job or an event. */
function differs(before: Run, after: Run): boolean {
  return (
    before.status !== after.status ||
    before.waiting?.reason !== after.waiting?.reason ||
    before.next_poll_at !== after.next_poll_at ||
    before.told_waiting.length !== after.told_waiting.length ||
    before.current_step !== after.current_step
  );
}
