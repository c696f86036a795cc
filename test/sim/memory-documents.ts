import { isDeepStrictEqual } from "node:util";
import type { Event } from "../../src/core/event.ts";
import type { Job, LoadedJob } from "../../src/core/job.ts";
import { headOf } from "../../src/stores/head.ts";

export interface JobForms {
  readonly job: Job;
  readonly whole: LoadedJob;
  readonly head: LoadedJob;
}

/** A job as each way of loading gives it. */
export const formsOf = (job: Job): JobForms => ({
  job,
  whole: Object.freeze({ ...job, whole: true }),
  head: freeze(headOf(job)),
});

/** The history with these events; another event under a number that is taken is a bug. */
export function appended(
  id: string,
  before: ReadonlyMap<number, Event>,
  added: readonly Event[],
): Map<number, Event> {
  const events = new Map(before);
  for (const event of added) {
    const there = events.get(event.seq);
    if (there && !isDeepStrictEqual(there, event)) {
      throw new Error(
        `event ${event.seq} of run ${id} is there already with another content; history is append-only`,
      );
    }
    events.set(event.seq, event);
  }
  return events;
}

/** The job as it is stored. Refuses a projection, and another run's job. */
export function storable(job: Job & { readonly whole?: boolean }, id: string, rev: number): Job {
  const { whole, ...fields } = job;
  if (whole === false)
    throw new Error(`job ${job.key} of run ${id} is a projection; load it whole to change it`);
  if (job.run_id !== id) throw new Error(`job ${job.key} belongs to run ${job.run_id}, not to ${id}`);
  return { ...fields, rev };
}

/** Through JSON, as every store keeps it. */
export const frozenCopy = <T>(document: T): T => freeze(JSON.parse(JSON.stringify(document)) as T);

/** So that nobody changes a stored document by accident. */
function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
