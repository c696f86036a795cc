/** Of tasks: google.cloud.batch.v1.TaskStatus.State. */
export const TASK_STATES: readonly string[] = [
  "PENDING",
  "ASSIGNED",
  "RUNNING",
  "FAILED",
  "SUCCEEDED",
  "UNEXECUTED",
];
