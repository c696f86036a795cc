import { randomDigits, randomInteger } from "./chance.ts";
import { moveJob, moveTask, putTask } from "./events.ts";
import { lastingOf } from "./lasting.ts";
import { inWorld, type JobLife, type LiveTask, later, newLiveTask } from "./life.ts";
import { isRetried } from "./retry.ts";
import type { Strike } from "./story.ts";

/** Gives places to waiting tasks as far as parallelism allows; after a failure for good no further task is begun. */
export function fillPlaces(life: JobLife): void {
  while (life.live.size < life.shape.parallelism && life.waiting.length > 0 && life.notes.failure === null) {
    assign(life, life.waiting.pop()!);
  }
  if (life.live.size === 0) life.whenIdle();
}

function assign(life: JobLife, index: number): void {
  const { notes, world } = life;
  const live: LiveTask = newLiveTask();
  life.live.set(index, live);
  notes.attempts[index] = (notes.attempts[index] ?? 0) + 1;
  notes.places[index] = newPlace(life);
  if (planStrikes(life, index, live, "SCHEDULED")) return;
  moveTask(life, index, "ASSIGNED");
  const begin = () => run(life, index, live);
  live.timers.push(inWorld(world, world.latencies.assignedMs, begin));
}

export function newPlace(life: JobLife): string {
  const zone = life.shape.zones[randomInteger(life.world.chance, 0, life.shape.zones.length)]!;
  return `zones/${zone}/instances/${randomDigits(life.world.chance, 19)}`;
}

function run(life: JobLife, index: number, live: LiveTask): void {
  moveTask(life, index, "RUNNING");
  if (life.record.job.status.state === "SCHEDULED") moveJob(life, "RUNNING");
  planStrikes(life, index, live, "RUNNING");
  const lasting = lastingOf(life.record, life.shape, index);
  if (lasting !== null) {
    life.notes.lasting[index] = {
      endsAt: life.world.chance.now() + lasting.milliseconds / life.world.speed,
      exitCode: lasting.exitCode,
    };
    return lastOn(life, index, live);
  }
  const retry = (life.notes.attempts[index] ?? 1) - 1;
  live.process = life.world.runner.start({ record: life.record, shape: life.shape, index, retry });
  void live.process.ended.then((exitCode) => taskEnded(life, index, live, exitCode));
}

/** Waits for the end of a task that only lasts; also after a restart, for what is left of it. */
export function lastOn(life: JobLife, index: number, live: LiveTask): void {
  const { endsAt, exitCode } = life.notes.lasting[index]!;
  const left = Math.max(0, endsAt - life.world.chance.now());
  live.timers.push(life.world.timers.after(left, () => taskEnded(life, index, live, exitCode)));
}

/** True when a strike is planned that must fall before the task is ASSIGNED. */
function planStrikes(life: JobLife, index: number, live: LiveTask, at: Strike["at"]): boolean {
  const attempt = life.notes.attempts[index] ?? 1;
  const planned = life.notes.story.strikes.filter(
    (strike) =>
      strike.at === at &&
      (strike.task === null || strike.task === index) &&
      (strike.attempt === 0 || strike.attempt === attempt),
  );
  for (const { exitCode, afterMs } of planned) {
    live.timers.push(inWorld(life.world, afterMs, () => strike(life, index, exitCode)));
  }
  return planned.length > 0;
}

/** Ends a task from outside: its machine is gone. False when nothing of it is there to be ended. */
export function strike(life: JobLife, index: number, exitCode: number): boolean {
  const live = life.live.get(index);
  if (live === undefined || life.leaving || live.struck !== null) return false;
  stopTimers(live);
  live.struck = exitCode;
  // The task is FAILED only when none of its processes is left, as on a machine that is gone.
  if (live.process === null) taskEnded(life, index, live, exitCode);
  else live.process.kill();
  return true;
}

export function stopTimers(live: LiveTask): void {
  for (const timer of live.timers) timer.cancel();
  live.timers = [];
}

function taskEnded(life: JobLife, index: number, live: LiveTask, ended: number): void {
  if (life.leaving || life.live.get(index) !== live) return; // a job that leaves settles its tasks itself
  stopTimers(live);
  life.live.delete(index);
  delete life.notes.lasting[index];
  const exitCode = live.struck ?? ended;
  if (exitCode === 0) moveTask(life, index, "SUCCEEDED");
  else taskFailed(life, index, exitCode);
  fillPlaces(life);
}

function taskFailed(life: JobLife, index: number, exitCode: number): void {
  const text = moveTask(life, index, "FAILED", exitCode);
  const used = (life.notes.attempts[index] ?? 1) - 1;
  if (!isRetried(life.shape.spec, exitCode, used)) {
    life.notes.failure ??= { index, text };
    return;
  }
  putTask(life, index, "PENDING");
  const place: LiveTask = newLiveTask();
  life.live.set(index, place); // keeps the job from ending, and its place, while the next machine comes
  later(life, life.world.latencies.retryMs, () => {
    if (life.live.get(index) !== place) return;
    life.live.delete(index);
    life.waiting.push(index);
    fillPlaces(life);
  });
}
