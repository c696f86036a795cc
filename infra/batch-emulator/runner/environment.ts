import type { Runnable } from "../engine/task-spec.ts";
import type { TaskOrder } from "./runner.ts";

/**
 * What every process of a task finds, whoever started the emulator: nothing of the caller's environment reaches it. HOME is
 * the machine's own folder, so that what a tool keeps there is not left on this host.
 */
export const machineEnvironment = (folder: string): Record<string, string> => ({
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: folder,
  LANG: "C.UTF-8",
});

/** The variables that Batch sets for a task (facts/batch.md 1.5). */
export function batchVariables(order: TaskOrder, hostsFile: string): Record<string, string> {
  const { record, shape, index, retry } = order;
  return {
    BATCH_JOB_UID: record.job.uid,
    BATCH_JOB_ID: record.id,
    BATCH_TASK_INDEX: String(index),
    BATCH_TASK_COUNT: String(shape.taskCount),
    BATCH_TASK_RETRY_ATTEMPT: String(retry),
    BATCH_HOSTS_FILE: hostsFile,
  };
}

/** What the job's specification sets for one runnable: the runnable's own variables win, then the task's, then all tasks'. */
export function specVariables({ shape, index }: TaskOrder, runnable: Runnable): Record<string, string> {
  return {
    ...shape.spec.environments,
    ...shape.spec.environment?.variables,
    ...shape.group.taskEnvironments?.[index]?.variables,
    ...runnable.environment?.variables,
  };
}
