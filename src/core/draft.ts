import { type Board, countJobs, recount } from "./board.ts";
import type { Event, EventType } from "./event.ts";
import type { Job, LoadedJob } from "./job.ts";
import type { Notice } from "./notice.ts";
import type { Observation } from "./observation.ts";
import type { Largest } from "./resources.ts";
import type { Run } from "./run.ts";
import type { ExecutorKind } from "./status.ts";

/** What an executor can take, as far as the core must know. */
export interface CoreCapacity {
  readonly largest: Largest;
  readonly free: { readonly cpu: number; readonly memory: number } | null;
}

/** Who can be told. */
export interface Audience {
  /** Whom each channel reaches; a channel that is absent has one recipient, named after it. */
  readonly recipients: ReadonlyMap<string, readonly string[]>;
  /** Channels that show the run as it goes (see `Channel.follows`). */
  readonly followers: ReadonlySet<string>;
}

/**
 * The new state of one run while it is being worked out. Inside `advance` it is changed in place;
 * what was given stays as it was.
 */
export interface Draft extends Audience {
  run: Run;
  readonly before: Run;
  readonly now: string;
  readonly board: Board;
  readonly capacity: ReadonlyMap<ExecutorKind, CoreCapacity>;
  /** Attempts of one job, whatever the rules say. */
  readonly mostAttempts: number;
  /** Attempts that may be recorded beyond what is free. */
  readonly ahead: number;
  readonly events: Event[];
  readonly notices: Notice[];
  /** Attempts that are given up as lost; observed like any other end. */
  readonly lost: Observation[];
  /** Every job as it stands now, changed or not. */
  readonly jobs: Map<string, LoadedJob>;
  readonly changed: Set<string>;
  /** Jobs that must be changed and are only known as projections: load them whole, and ask again. */
  readonly missing: Set<string>;
}

export function openDraft(input: {
  run: Run;
  jobs: ReadonlyMap<string, LoadedJob>;
  capacity: Draft["capacity"];
  recipients: Draft["recipients"];
  followers?: Draft["followers"] | undefined;
  mostAttempts: number;
  ahead?: number;
  now: string;
}): Draft {
  return {
    run: { ...input.run },
    before: input.run,
    now: input.now,
    board: countJobs(input.run.pipeline_spec, input.run.round, input.jobs.values()),
    capacity: input.capacity,
    recipients: input.recipients,
    followers: input.followers ?? new Set(),
    mostAttempts: input.mostAttempts,
    ahead: input.ahead ?? 0,
    events: [],
    notices: [],
    lost: [],
    jobs: new Map(input.jobs),
    changed: new Set(),
    missing: new Set(),
  };
}

/** Changes a job; a projection is only noted as missing, and the change is made for the sake of what follows. */
export function change(draft: Draft, key: string, fields: Partial<Job>): LoadedJob {
  const before = draft.jobs.get(key)!;
  if (!before.whole) draft.missing.add(key);
  const after = { ...before, ...fields };
  recount(draft.board, before, after);
  draft.jobs.set(key, after);
  draft.changed.add(key);
  return after;
}

/** Adds a line to the run's history. */
export function record(draft: Draft, type: EventType, job: Job | null, data: Record<string, unknown>): void {
  draft.events.push({
    seq: draft.run.event_count,
    at: draft.now,
    type,
    job: job?.key ?? null,
    attempt: job?.attempts.at(-1)?.attempt ?? null,
    data,
  });
  draft.run.event_count += 1;
}
