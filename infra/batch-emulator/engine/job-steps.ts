import { randomSuffix } from "./chance.ts";
import { moveJob, moveTask, publishCounts, putTask, showCounts, tellOperation } from "./events.ts";
import { inWorld, type JobLife, later, newLiveTask } from "./life.ts";
import { isPlaceable } from "./shape.ts";
import type { Hold } from "./story.ts";
import { fillPlaces, lastOn, stopTimers, strike } from "./task-steps.ts";
import {
  noAgentText,
  noMachineText,
  numberedName,
  quotaText,
  stockOutText,
  taskFailureText,
} from "./texts.ts";

/** How often the service repeats that it waits for capacity. */
const OPERATION_EVERY_MS = 60_000;

/** QUEUED: waits for admission, and for as long as the story holds it. */
export function queue(life: JobLife): void {
  planProviderCancel(life, "QUEUED");
  later(life, life.world.latencies.queuedMs + hold(life, "QUEUED"), () => schedule(life));
}

function schedule(life: JobLife): void {
  // What the scenario has in store for the job is told in the scenario's words.
  if (life.notes.story.zeroTasks === null && !isPlaceable(life.shape)) return failUnplaced(life);
  life.record.job.status.taskGroups = { group0: { instances: [instance(life)] } };
  moveJob(life, "SCHEDULED");
  planProviderCancel(life, "SCHEDULED");
  if (life.notes.story.zeroTasks === null) makeTasks(life);
  waitForMachines(life);
}

/** SCHEDULED: machines are being made. */
export function waitForMachines(life: JobLife): void {
  later(life, life.world.latencies.scheduledMs + hold(life, "SCHEDULED"), () => begin(life));
}

function begin(life: JobLife): void {
  const { zeroTasks } = life.notes.story;
  if (zeroTasks !== null) return failWithoutTasks(life, zeroTasks.text);
  planProviderCancel(life, "RUNNING");
  fillPlaces(life);
}

/**
 * "When Batch tries to schedule it": so it is taken to fail out of QUEUED, without tasks (nextflow-io/nextflow 5567: "jobs go
 * from queued to failed", for a machine that the region does not have). Which event it is told by was not found: here, the
 * change of state.
 */
function failUnplaced(life: JobLife): void {
  const { record, shape, world } = life;
  record.tasksVisibleAt = world.chance.now();
  leave(life);
  moveJob(life, "FAILED", noMachineText(record, shape.machineType, shape.askedZones));
}

function instance(life: JobLife): Record<string, unknown> {
  const { machineType, provisioningModel, taskPack } = life.shape;
  return { machineType, provisioningModel, taskPack: String(taskPack) };
}

function makeTasks(life: JobLife): void {
  const { record, shape, world } = life;
  const group = `${numberedName(record)}/taskGroups/group0`;
  for (let index = 0; index < shape.taskCount; index += 1) {
    record.tasks.push({ name: `${group}/tasks/${index}`, status: { state: "PENDING" } });
    life.waiting.push(shape.taskCount - 1 - index);
  }
  life.counts.set("PENDING", shape.taskCount);
  const hidden = life.notes.story.hiddenTasksMs ?? world.latencies.hiddenTasksMs;
  record.tasksVisibleAt = world.chance.now() + hidden / world.speed;
  showCounts(life);
}

/** Name of an instance of this job, as it stands in the service's messages. */
const instanceName = (life: JobLife): string =>
  `${life.record.job.uid}-group0-0-${randomSuffix(life.world.chance, 4)}`;

/** Tells of every wait for capacity in this state, at once and each minute; returns how long they are together. */
function hold(life: JobLife, at: Hold["at"]): number {
  let total = 0;
  for (const wait of life.notes.story.holds.filter((one) => one.at === at)) {
    for (let told = 0; told < wait.forMs; told += OPERATION_EVERY_MS) {
      later(life, total + told, () => tellOperation(life, waitText(life, wait)));
    }
    total += wait.forMs;
  }
  return total;
}

function waitText(life: JobLife, { kind, what }: Hold): string {
  const { record, shape } = life;
  if (kind === "stock_out") {
    return stockOutText(instanceName(life), record.project, what ?? shape.zones[0] ?? `${record.location}-a`);
  }
  return quotaText(instanceName(life), what ?? "CPUS", "24.0", record.location);
}

function failWithoutTasks(life: JobLife, text: string | null): void {
  const why = text ?? noAgentText(instanceName(life), life.world.stamp());
  life.record.tasksVisibleAt = life.world.chance.now();
  tellOperation(life, why);
  leave(life);
  moveJob(life, "FAILED", `Job failed due to ${why}`);
  publishCounts(life);
}

/** Nothing runs any more and nothing may begin. */
export function endJob(life: JobLife): void {
  if (life.leaving) return;
  const { failure } = life.notes;
  for (const index of life.waiting) putTask(life, index, "UNEXECUTED");
  leave(life);
  if (failure === null) moveJob(life, "SUCCEEDED");
  else moveJob(life, "FAILED", taskFailureText(failure.index, failure.text));
  showCounts(life);
}

function planProviderCancel(life: JobLife, at: "QUEUED" | "SCHEDULED" | "RUNNING"): void {
  const plan = life.notes.story.providerCancel;
  if (plan?.at === at) later(life, plan.afterMs, () => cancelJob(life, "provider", () => {}));
}

/** From now on, what comes late from timers and processes is dropped. */
function leave(life: JobLife): void {
  life.leaving = true;
  for (const timer of life.timers) timer.cancel();
  life.timers.length = 0;
}

/** Kills what runs and resolves when it is gone; then the tasks' states are settled. */
async function stopTasks(life: JobLife): Promise<void> {
  const processes = [...life.live.values()].flatMap((live) => {
    stopTimers(live);
    live.process?.kill();
    return live.process === null ? [] : [live.process.ended];
  });
  await Promise.all(processes);
  for (const [index, task] of life.record.tasks.entries()) {
    const { state } = task.status;
    // How a cancelled task reads is not documented. 143 is what SIGTERM makes of a process on a machine that stops.
    if (state === "RUNNING" || state === "ASSIGNED") moveTask(life, index, "FAILED", 143);
    else if (state === "PENDING") putTask(life, index, "UNEXECUTED");
  }
  life.live.clear();
}

/** CANCELLATION_IN_PROGRESS, then CANCELLED. By "provider" nobody asked for it: quota, capacity (facts/batch.md 1.1). */
export function cancelJob(life: JobLife, by: "user" | "provider", done: () => void): void {
  life.notes.cancelledBy ??= by;
  leave(life);
  if (life.record.job.status.state !== "CANCELLATION_IN_PROGRESS") moveJob(life, "CANCELLATION_IN_PROGRESS");
  inWorld(life.world, life.world.latencies.cancelMs, () => {
    void stopTasks(life).then(() => {
      if (life.record.job.status.state !== "CANCELLATION_IN_PROGRESS") return; // deleted meanwhile
      moveJob(life, "CANCELLED");
      publishCounts(life);
      done();
    });
  });
}

/** DELETION_IN_PROGRESS; `gone` takes the record away. */
export function deleteJob(life: JobLife, gone: () => void): void {
  leave(life);
  if (life.record.job.status.state !== "DELETION_IN_PROGRESS") moveJob(life, "DELETION_IN_PROGRESS");
  inWorld(life.world, life.world.latencies.deleteMs, () => void stopTasks(life).then(gone));
}

/** Ends the job's running tasks (or one of them) from outside with a reserved code; returns how many it ended. */
export function strikeJob(life: JobLife, exitCode: number, task: number | null): number {
  const struck = [...life.live.keys()].filter((index) => task === null || index === task);
  return struck.filter((index) => strike(life, index, exitCode)).length;
}

/**
 * Goes on with a job of a state file. Its processes are gone: the emulator that ran them was every machine's host, so what
 * was RUNNING as a process failed as on machines that stopped answering (50002), and its retries decide. Following such a
 * process would need a witness of its exit code that outlives the emulator; a lost machine is the story that is true.
 */
export function resume(life: JobLife): void {
  const { state } = life.record.job.status;
  if (state === "QUEUED") return queue(life);
  const lost: number[] = [];
  for (const [index, task] of life.record.tasks.entries()) {
    if (task.status.state === "RUNNING") resumeTask(life, index, lost);
    else if (task.status.state === "ASSIGNED") putTask(life, index, "PENDING");
    if (task.status.state === "PENDING") life.waiting.push(index);
  }
  life.waiting.reverse();
  if (state === "SCHEDULED") return waitForMachines(life);
  for (const index of lost) strike(life, index, 50002);
  later(life, life.world.latencies.retryMs, () => fillPlaces(life));
}

function resumeTask(life: JobLife, index: number, lost: number[]): void {
  const live = newLiveTask();
  life.live.set(index, live);
  if (life.notes.lasting[index] === undefined) lost.push(index);
  else lastOn(life, index, live);
}
