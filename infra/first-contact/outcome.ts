import type { Answer } from "./http.ts";
import { dig, listAt, textAt } from "./json.ts";

export interface Sighting {
  readonly state: string;
  /** Since the job was created. */
  readonly milliseconds: number;
}

/** What became of a probe's job. */
export interface Outcome {
  readonly id: string;
  readonly created: Answer;
  /** Each state once, when it was first seen. */
  readonly sightings: readonly Sighting[];
  /** As it was last read. */
  readonly job: unknown;
  /** As they were last read: at most the first page. */
  readonly tasks: readonly unknown[];
  /** The answers to the questions for the tasks, from the creation on, where they differ. */
  readonly taskAnswers: readonly Answer[];
  readonly kept: ReadonlyMap<string, Answer>;
  /** Why it tells nothing: it was refused, stopped by us, ... Null when it ran its course. */
  readonly trouble: string | null;
  /** All of it, for the record. */
  raw(): unknown;
}

export const FINAL_STATES: readonly string[] = ["SUCCEEDED", "FAILED", "CANCELLED"];

export const stateOf = (job: unknown): string => textAt(job, "status.state");
export const hasEnded = (job: unknown): boolean => FINAL_STATES.includes(stateOf(job));
export const eventsOf = (holder: unknown): readonly unknown[] => listAt(holder, "status.statusEvents");
export const eventTexts = (holder: unknown): string[] =>
  eventsOf(holder).map((event) => textAt(event, "description"));

/** How many tasks of each state the job's status counts; undefined where it does not say. */
export const countsOf = (job: unknown): unknown => dig(job, "status.taskGroups.group0.counts");

/** Exit codes in a task's own events, in the order given. */
export const exitCodesOf = (task: unknown): number[] =>
  eventsOf(task).flatMap((event) => {
    const code = dig(event, "taskExecution.exitCode");
    return typeof code === "number" ? [code] : [];
  });

/** `zones/Z/instances/N` from the text of an event; null when none names it. */
export function instanceOf(task: unknown): { readonly zone: string; readonly instance: string } | null {
  const texts = eventTexts(task).reverse();
  const match = texts
    .map((text) => /zones\/([^/\s]+)\/instances\/(\d+)/.exec(text))
    .find((found) => found !== null);
  return match ? { zone: match[1]!, instance: match[2]! } : null;
}

/** Tasks of hundreds are not worth keeping whole. */
const MOST_TASKS_KEPT = 8;

/** The record of an outcome. */
export function rawOutcome(outcome: Omit<Outcome, "raw">): unknown {
  return {
    id: outcome.id,
    created: outcome.created,
    sightings: outcome.sightings,
    job: outcome.job,
    tasks: outcome.tasks.slice(0, MOST_TASKS_KEPT),
    task_count_read: outcome.tasks.length,
    task_answers: outcome.taskAnswers.map((answer) => ({
      ...answer,
      body: answer.status === 200 ? "(tasks)" : answer.body,
    })),
    answers: Object.fromEntries(outcome.kept),
    trouble: outcome.trouble,
  };
}
