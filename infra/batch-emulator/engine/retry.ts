import type { TaskSpec } from "./task-spec.ts";

/**
 * Whether a task that ended with `exitCode` is to be run again, after `used` retries. Without policies every failure is
 * retried while the budget lasts. One policy is allowed: RETRY_TASK on the listed codes fails all others, FAIL_TASK on the
 * listed codes retries all others (facts/batch.md 1.5).
 */
export function isRetried(spec: TaskSpec, exitCode: number, used: number): boolean {
  if (used >= (spec.maxRetryCount ?? 0)) return false;
  const policy = spec.lifecyclePolicies?.[0];
  if (policy === undefined) return true;
  const listed = policy.actionCondition?.exitCodes?.includes(exitCode) ?? false;
  return policy.action === "FAIL_TASK" ? !listed : listed;
}
