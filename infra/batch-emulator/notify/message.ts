import { randomDigits } from "../engine/chance.ts";
import { rfc3339 } from "../engine/stamp.ts";
import type { Chance, JobRecord, JobState, TaskState } from "../model.ts";

/** A message on its way to one endpoint: plain JSON, saved until it is acknowledged. */
export interface Message {
  readonly url: string;
  readonly messageId: string;
  readonly publishTime: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly subscription: string;
  /** Deliveries that were not acknowledged. */
  failures: number;
}

interface Notification {
  pubsubTopic?: string;
  message?: { type?: string; newJobState?: string; newTaskState?: string };
}

/** Topics that want to hear of this state of the job; without `message` Batch sends nothing (job.proto, JobNotification). */
export const topicsForJob = (record: JobRecord, state: JobState): string[] =>
  topics(record, "JOB_STATE_CHANGED", ({ newJobState: wanted }) => isWanted(wanted, state));

export const topicsForTask = (record: JobRecord, state: TaskState): string[] =>
  topics(record, "TASK_STATE_CHANGED", ({ newTaskState: wanted }) => isWanted(wanted, state));

const isWanted = (wanted: string | undefined, state: string): boolean =>
  wanted === undefined || wanted === "STATE_UNSPECIFIED" || wanted === state;

function topics(
  record: JobRecord,
  type: string,
  wants: (message: NonNullable<Notification["message"]>) => boolean,
): string[] {
  const notifications = (record.job["notifications"] ?? []) as Notification[];
  const chosen = notifications.filter(({ message }) => message?.type === type && wants(message));
  return chosen.flatMap(({ pubsubTopic }) => (pubsubTopic ? [pubsubTopic] : []));
}

/** Attribute names are those that consumers read (facts/batch.md 1.8). */
export const jobAttributes = (record: JobRecord, state: JobState): Record<string, string> => ({
  Type: "JOB_STATE_CHANGED",
  JobUID: record.job.uid,
  JobName: record.job.name,
  NewJobState: state,
  Region: record.location,
});

/** By analogy with those of jobs: no captured message was found. */
export const taskAttributes = (
  record: JobRecord,
  index: number,
  state: TaskState,
): Record<string, string> => ({
  Type: "TASK_STATE_CHANGED",
  JobUID: record.job.uid,
  JobName: record.job.name,
  TaskUID: `${record.job.uid}-group0-${index}`,
  TaskName: record.tasks[index]!.name,
  NewTaskState: state,
  Region: record.location,
});

export function newMessage(
  chance: Chance,
  url: string,
  topic: string,
  attributes: Readonly<Record<string, string>>,
): Message {
  return {
    url,
    messageId: randomDigits(chance, 17),
    publishTime: rfc3339(chance.now(), 0),
    attributes,
    subscription: `${topic.replace("/topics/", "/subscriptions/")}-push`,
    failures: 0,
  };
}

/** The body of a push. What the service puts into `data` is not known, so nothing may depend on it: it is empty. */
export function envelope(message: Message): string {
  const { messageId, publishTime, attributes, subscription, failures } = message;
  return JSON.stringify({
    message: {
      data: "",
      attributes,
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
    },
    subscription,
    ...(failures > 0 ? { deliveryAttempt: failures + 1 } : {}),
  });
}
