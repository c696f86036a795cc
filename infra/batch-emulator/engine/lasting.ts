import type { JobRecord } from "../model.ts";
import type { Shape } from "./shape.ts";
import { durationMs } from "./stamp.ts";

/** A task that only lasts: no process, a time and a code. Ten thousand of them run at once on a laptop. */
export interface Lasting {
  readonly milliseconds: number;
  readonly exitCode: number;
}

/**
 * Asked for by the variable BATCH_EMULATOR_SECONDS (and BATCH_EMULATOR_EXIT) of the task or of its first runnable, or by the
 * job labels `emulator-seconds` and `emulator-exit`; null for a task that is really run. The task's own time limit holds.
 */
export function lastingOf(record: JobRecord, shape: Shape, index: number): Lasting | null {
  const variables = {
    ...shape.spec.environments,
    ...shape.spec.environment?.variables,
    ...shape.group.taskEnvironments?.[index]?.variables,
    ...shape.spec.runnables?.[0]?.environment?.variables,
  };
  const labels = record.job.labels ?? {};
  const seconds = Number(variables["BATCH_EMULATOR_SECONDS"] ?? labels["emulator-seconds"] ?? "");
  const asked = (variables["BATCH_EMULATOR_SECONDS"] ?? labels["emulator-seconds"] ?? "") !== "";
  if (!asked || !(seconds >= 0)) return null;
  const exitCode = Number(variables["BATCH_EMULATOR_EXIT"] ?? labels["emulator-exit"] ?? "0") || 0;
  const limit = durationMs(shape.spec.maxRunDuration);
  if (limit !== null && limit < seconds * 1000) return { milliseconds: limit, exitCode: 50005 };
  return { milliseconds: seconds * 1000, exitCode };
}
