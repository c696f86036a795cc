import type { JobRecord } from "../model.ts";

/** A wait for capacity, told by `OPERATIONAL_INFO` events while it lasts. */
export interface Hold {
  readonly at: "QUEUED" | "SCHEDULED";
  readonly kind: "quota" | "stock_out";
  readonly forMs: number;
  /** The quota's name, or the zone; null: a likely one. */
  readonly what: string | null;
}

/** A task is ended from outside with a reserved code. */
export interface Strike {
  readonly exitCode: number;
  /** SCHEDULED: the task is still PENDING and the job never runs. */
  readonly at: "SCHEDULED" | "RUNNING";
  readonly afterMs: number;
  /** Which attempt of the task, from 1; 0 for every one. */
  readonly attempt: number;
  /** Which task; null for all. */
  readonly task: number | null;
}

/** What the scenario has in store for one job, fixed when it is admitted. Plain JSON: it is saved with the job. */
export interface Story {
  readonly holds: readonly Hold[];
  readonly strikes: readonly Strike[];
  readonly providerCancel: {
    readonly at: "QUEUED" | "SCHEDULED" | "RUNNING";
    readonly afterMs: number;
  } | null;
  /** The job fails while SCHEDULED, with no task ever made; `text` replaces the service's words. */
  readonly zeroTasks: { readonly text: string | null } | null;
  readonly unorderedEvents: boolean;
  /** Null: the emulator's own. */
  readonly countsLagMs: number | null;
  readonly hiddenTasksMs: number | null;
}

/** A job to which nothing happens. */
export const PLAIN_STORY: Story = {
  holds: [],
  strikes: [],
  providerCancel: null,
  zeroTasks: null,
  unorderedEvents: false,
  countsLagMs: null,
  hiddenTasksMs: null,
};

/** Tells the story of a job at its admission; a scenario counts there which job it is. */
export type StoryTeller = (record: JobRecord) => Story;
