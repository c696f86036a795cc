import { checkAllocation } from "./allocation.ts";
import { canonical } from "./canonical.ts";
import type { JobDefinition, NotificationDefinition } from "./definition.ts";
import { checkLabelCount, checkLabels } from "./labels.ts";
import { inRange, rule } from "./rule.ts";
import { messageSchema } from "./schema.ts";
import { checkTaskGroup } from "./task-group.ts";

const MAX_DEFINITION_BYTES = 1_048_576;
const MAX_LABELS = 63;
const TOPIC = /^projects\/[^/]+\/topics\/[^/]+$/;

/**
 * A job's definition in canonical form, checked against the protos and against what the service demands of it. Throws
 * INVALID_ARGUMENT: all that its JSON parser would report at once, else the first rule that is broken.
 */
export function checkedJob(job: unknown, location: string): JobDefinition {
  const definition: JobDefinition = canonical(messageSchema("google.cloud.batch.v1.Job"), job ?? {}, "job");
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  rule(
    bytes <= MAX_DEFINITION_BYTES,
    "job",
    `the job definition has ${bytes} bytes, more than the limit of ${MAX_DEFINITION_BYTES}`,
  );
  const groups = definition.taskGroups ?? [];
  rule(
    groups.length === 1,
    "job.task_groups",
    `exactly one task group must be specified, got ${groups.length}`,
  );
  for (const group of groups) checkTaskGroup(group, "job.task_groups[0]");
  inRange(definition.priority, 0, 99, "job.priority");
  checkJobLabels(definition);
  checkAllocation(definition.allocationPolicy ?? {}, location);
  checkLogs(definition);
  for (const [index, one] of (definition.notifications ?? []).entries()) checkNotification(one, index);
  return definition;
}

function checkJobLabels(definition: JobDefinition): void {
  const runnables = definition.taskGroups?.flatMap((group) => group.taskSpec?.runnables ?? []) ?? [];
  checkLabels(definition.labels, "job.labels");
  checkLabelCount(
    [definition.labels, ...runnables.map((runnable) => runnable.labels)],
    MAX_LABELS,
    "job.labels",
  );
}

function checkLogs({ logsPolicy }: JobDefinition): void {
  rule(
    logsPolicy?.destination !== "PATH" || Boolean(logsPolicy.logsPath),
    "job.logs_policy.logs_path",
    "it must be specified when the destination is PATH",
  );
}

function checkNotification({ pubsubTopic = "", message }: NotificationDefinition, index: number): void {
  const path = `job.notifications[${index}]`;
  rule(TOPIC.test(pubsubTopic), `${path}.pubsub_topic`, "it must be projects/PROJECT/topics/TOPIC");
  rule(
    !(message?.newJobState && message.newTaskState),
    `${path}.message`,
    "new_job_state and new_task_state must not both be specified",
  );
  rule(
    !message?.newTaskState || message.type === "TASK_STATE_CHANGED",
    `${path}.message`,
    "new_task_state needs the type TASK_STATE_CHANGED",
  );
  rule(
    !message?.newJobState || message.type === "JOB_STATE_CHANGED",
    `${path}.message`,
    "new_job_state needs the type JOB_STATE_CHANGED",
  );
}
