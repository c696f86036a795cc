import type { JobState, StatusEvent, TaskState } from "../model.ts";
import { randomInteger } from "./chance.ts";
import { inWorld, type JobLife } from "./life.ts";
import { durationText } from "./stamp.ts";
import { jobEventText, taskEventText } from "./texts.ts";

/** Events are not guaranteed to be in order (facts/batch.md 1.3); where the story says so, they are not. */
function addEvent(life: JobLife, events: StatusEvent[], event: StatusEvent): void {
  if (!life.notes.story.unorderedEvents) events.push(event);
  else events.splice(randomInteger(life.world.chance, 0, events.length + 1), 0, event);
}

function addJobEvent(life: JobLife, type: string, description: string): void {
  const { job } = life.record;
  const eventTime = life.world.stamp();
  job.status.statusEvents ??= [];
  addEvent(life, job.status.statusEvents, { type, description, eventTime });
  job.updateTime = eventTime;
  life.world.records.touch();
}

/** Noise about quota and capacity; the job goes on. */
export const tellOperation = (life: JobLife, text: string): void =>
  addJobEvent(life, "OPERATIONAL_INFO", text);

export const hasEnded = (state: JobState): boolean =>
  state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";

/** Moves a job, writes the event (`why` follows it without a space) and tells who listens. */
export function moveJob(life: JobLife, to: JobState, why = ""): void {
  const { record, notes, world } = life;
  const from = record.job.status.state;
  record.job.status.state = to;
  addJobEvent(life, "STATUS_CHANGED", jobEventText(record, from, to) + why);
  if (to === "RUNNING") notes.runningSince = world.chance.now();
  if (notes.runningSince !== null) {
    record.job.status.runDuration = durationText(world.chance.now() - notes.runningSince);
  }
  if (hasEnded(to)) notes.runningSince = null;
  world.listener.jobChanged(record, to);
}

/** Moves a task; `exitCode` only for FAILED. A SUCCEEDED event carries no taskExecution (facts/batch.md 1.3). */
export function moveTask(
  life: JobLife,
  index: number,
  to: TaskState,
  exitCode: number | null = null,
): string {
  const task = life.record.tasks[index]!;
  const from = task.status.state;
  const place = life.notes.places[index] ?? "";
  const description = taskEventText(from, to, place, exitCode);
  task.status.state = to;
  task.status.statusEvents ??= [];
  addEvent(life, task.status.statusEvents, {
    type: "STATUS_CHANGED",
    description,
    eventTime: life.world.stamp(),
    ...(exitCode === null ? {} : { taskExecution: { exitCode } }),
    taskState: to,
  });
  recount(life, from, to);
  life.world.listener.taskChanged(life.record, index, to);
  return description;
}

/** A change that the service writes no event for: back to PENDING before a retry, UNEXECUTED at the job's end. */
export function putTask(life: JobLife, index: number, to: TaskState): void {
  const task = life.record.tasks[index]!;
  const from = task.status.state;
  task.status.state = to;
  recount(life, from, to);
}

function recount(life: JobLife, from: TaskState, to: TaskState): void {
  life.counts.set(from, (life.counts.get(from) ?? 1) - 1);
  life.counts.set(to, (life.counts.get(to) ?? 0) + 1);
  showCounts(life);
  life.world.records.touch();
}

/** Counts become visible after their lag, and then all that came together; at once without a lag. */
export function showCounts(life: JobLife): void {
  const lag = life.notes.story.countsLagMs ?? life.world.latencies.countsLagMs;
  if (lag <= 0) return publishCounts(life);
  life.countsTimer ??= inWorld(life.world, lag, () => {
    life.countsTimer = null;
    publishCounts(life);
  });
}

export function publishCounts(life: JobLife): void {
  const group = life.record.job.status.taskGroups?.["group0"];
  if (group === undefined) return;
  group.counts = Object.fromEntries(
    [...life.counts].filter(([, count]) => count > 0).map(([state, count]) => [state, String(count)]),
  );
  life.world.records.touch();
}
