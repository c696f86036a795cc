import type { Chance, JobRecord, JobState, Records, TaskState } from "../model.ts";
import type { RunningTask, TaskRunner } from "../runner/runner.ts";
import { type Shape, shapeOf } from "./shape.ts";
import type { Story, StoryTeller } from "./story.ts";
import type { Timer, Timers } from "./timers.ts";

/** How long the service takes for what takes it time. Milliseconds. */
export interface Latencies {
  readonly queuedMs: number;
  readonly scheduledMs: number;
  /** From ASSIGNED to RUNNING. */
  readonly assignedMs: number;
  /** From a failure to the next attempt of the task. */
  readonly retryMs: number;
  /** How far the counts of a job's status lag behind its tasks. */
  readonly countsLagMs: number;
  /** How long tasks are 404 after they exist. */
  readonly hiddenTasksMs: number;
  readonly cancelMs: number;
  readonly deleteMs: number;
}

/** Short enough for tests; the real ones are minutes (facts/cloud-traps.md 15). */
export const QUICK: Latencies = {
  queuedMs: 20,
  scheduledMs: 30,
  assignedMs: 10,
  retryMs: 20,
  countsLagMs: 15,
  hiddenTasksMs: 20,
  cancelMs: 20,
  deleteMs: 20,
};

/** Who is told of state changes: Pub/Sub, in the service. */
export interface StateListener {
  jobChanged(record: JobRecord, state: JobState): void;
  taskChanged(record: JobRecord, index: number, state: TaskState): void;
}

/** What all jobs of one emulator share. */
export interface World {
  readonly records: Records;
  readonly chance: Chance;
  readonly timers: Timers;
  readonly latencies: Latencies;
  /** Latencies, the scenario's times and lasting tasks are divided by it; processes take the time they take. */
  readonly speed: number;
  readonly runner: TaskRunner;
  readonly listener: StateListener;
  readonly tellStory: StoryTeller;
  /** A new event time, later than the one before. */
  stamp(): string;
}

/** What the engine saves with a job, so that a restart goes on with it. */
export interface Notes {
  story: Story;
  /** Attempts begun, by task. */
  attempts: Record<string, number>;
  /** `zones/Z/instances/N`, by task. */
  places: Record<string, string>;
  /** For tasks that only last: when they end, and with what. */
  lasting: Record<string, { endsAt: number; exitCode: number }>;
  runningSince: number | null;
  /** The first task that failed for good, with its event. */
  failure: { index: number; text: string } | null;
  /** An operation waits for this job's end: who asked. */
  cancelledBy: "user" | "provider" | null;
}

/** A task between ASSIGNED and its end. */
export interface LiveTask {
  timers: Timer[];
  process: RunningTask | null;
  /** The code with which it is being ended from outside. */
  struck: number | null;
}

export const newLiveTask = (): LiveTask => ({ timers: [], process: null, struck: null });

/** A job that has not ended, in memory. */
export interface JobLife {
  readonly world: World;
  readonly record: JobRecord;
  readonly notes: Notes;
  readonly shape: Shape;
  readonly live: Map<number, LiveTask>;
  readonly counts: Map<TaskState, number>;
  /** Tasks that wait for a place; the next one is the last of them, so that 100,000 are taken one by one in no time. */
  readonly waiting: number[];
  readonly timers: Timer[];
  /** Set once the job is on its way out: whatever else comes late is dropped. */
  leaving: boolean;
  countsTimer: Timer | null;
  /** No task is live and none can begin: the job ends. */
  readonly whenIdle: () => void;
}

export const notesOf = (record: JobRecord): Notes => record.engine as unknown as Notes;

export function newNotes(story: Story): Notes {
  return {
    story,
    attempts: {},
    places: {},
    lasting: {},
    runningSince: null,
    failure: null,
    cancelledBy: null,
  };
}

export function createLife(world: World, record: JobRecord, end: (life: JobLife) => void): JobLife {
  const life: JobLife = {
    world,
    record,
    notes: notesOf(record),
    shape: shapeOf(record),
    live: new Map(),
    counts: new Map(),
    waiting: [],
    timers: [],
    leaving: false,
    countsTimer: null,
    whenIdle: () => end(life),
  };
  for (const task of record.tasks) {
    life.counts.set(task.status.state, (life.counts.get(task.status.state) ?? 0) + 1);
  }
  return life;
}

/** Emulated milliseconds from now. */
export const inWorld = (world: World, milliseconds: number, action: () => void): Timer =>
  world.timers.after(milliseconds / world.speed, action);

/** As `inWorld`, dropped when the job leaves. */
export function later(life: JobLife, milliseconds: number, action: () => void): void {
  life.timers.push(
    inWorld(life.world, milliseconds, () => {
      if (!life.leaving) action();
    }),
  );
}
