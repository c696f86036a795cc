import { hasEnded, publishCounts } from "./engine/events.ts";
import { cancelJob, deleteJob, endJob, queue, resume, strikeJob } from "./engine/job-steps.ts";
import { createLife, type JobLife, newNotes, type World } from "./engine/life.ts";
import { type Engine, type JobRecord, recordKey } from "./model.ts";

/** The engine as the whole emulator sees it; the API sees an `Engine`. */
export interface EmulatorEngine extends Engine {
  /** Goes on with every job of the records that has not ended. Operations settle by themselves when they are asked for. */
  resumeAll(): void;
  /** Ends running tasks from outside; returns how many. */
  strike(record: JobRecord, exitCode: number, task: number | null): number;
  /** Cancels a job as the provider does it; false when it has ended already. */
  cancelByProvider(record: JobRecord): boolean;
  /** Jobs that have not ended. */
  open(): number;
  close(): Promise<void>;
}

/** `shared.listener` is told of every state change, and so is the engine itself, to forget what has ended. */
export function createEngine(shared: World): EmulatorEngine {
  const lives = new Map<JobRecord, JobLife>();
  const world: World = {
    ...shared,
    listener: {
      taskChanged: (record, index, state) => shared.listener.taskChanged(record, index, state),
      jobChanged(record, state) {
        if (hasEnded(state)) lives.delete(record);
        shared.listener.jobChanged(record, state);
      },
    },
  };
  const lifeOf = (record: JobRecord): JobLife => {
    const life = lives.get(record) ?? createLife(world, record, endJob);
    lives.set(record, life);
    return life;
  };
  const forget = (record: JobRecord) => {
    lives.delete(record);
    world.records.jobs.delete(recordKey(record.project, record.location, record.id));
    world.records.touch();
  };
  const cancel = (record: JobRecord, done: () => void) => {
    if (hasEnded(record.job.status.state)) return done(); // accepted by the service too (facts/batch.md 1.6)
    cancelJob(lifeOf(record), "user", done);
  };
  const remove = (record: JobRecord, done: () => void) =>
    deleteJob(lifeOf(record), () => {
      forget(record);
      done();
    });

  return {
    admit(record) {
      record.engine = { ...newNotes(world.tellStory(record)) };
      record.tasksVisibleAt = Number.MAX_SAFE_INTEGER; // until there are tasks
      queue(lifeOf(record));
      world.records.touch();
    },
    cancel,
    remove,
    resumeAll() {
      for (const record of [...world.records.jobs.values()]) {
        const { state } = record.job.status;
        if (state === "CANCELLATION_IN_PROGRESS") cancel(record, () => {});
        else if (state === "DELETION_IN_PROGRESS") remove(record, () => {});
        else if (hasEnded(state))
          publishCounts(createLife(world, record, endJob)); // their lag is over
        else resume(lifeOf(record));
      }
    },
    strike: (record, exitCode, task) => {
      const life = lives.get(record);
      return life === undefined ? 0 : strikeJob(life, exitCode, task);
    },
    cancelByProvider(record) {
      const life = lives.get(record);
      if (life === undefined || life.leaving) return false;
      cancelJob(life, "provider", () => {});
      return true;
    },
    open: () => lives.size,
    async close() {
      world.timers.close();
      for (const life of lives.values()) life.leaving = true;
      lives.clear();
      await world.runner.close();
    },
  };
}
