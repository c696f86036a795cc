import type { Shape } from "../engine/shape.ts";
import type { JobRecord } from "../model.ts";

/** One attempt of one task, to be run on a machine of its own. */
export interface TaskOrder {
  readonly record: JobRecord;
  readonly shape: Shape;
  readonly index: number;
  /** 0 for the first attempt: BATCH_TASK_RETRY_ATTEMPT. */
  readonly retry: number;
}

export interface RunningTask {
  /** Resolves once nothing of the attempt runs any more, with the task's exit code; never rejects. */
  readonly ended: Promise<number>;
  /** The machine is taken away: everything is killed, at once. */
  kill(): void;
}

export interface TaskRunner {
  start(order: TaskOrder): RunningTask;
  /** Kills what runs, and waits until it is gone. */
  close(): Promise<void>;
}
