/** Batch's own words by their numbers (google.cloud.batch.v1): clients write either. */
const JOB_STATES = [
  "STATE_UNSPECIFIED",
  "QUEUED",
  "SCHEDULED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "DELETION_IN_PROGRESS",
  "CANCELLATION_IN_PROGRESS",
  "CANCELLED",
];
const TASK_STATES = [
  "STATE_UNSPECIFIED",
  "PENDING",
  "ASSIGNED",
  "RUNNING",
  "FAILED",
  "SUCCEEDED",
  "UNEXECUTED",
];
const PROVISIONING_MODELS = [
  "PROVISIONING_MODEL_UNSPECIFIED",
  "STANDARD",
  "SPOT",
  "PREEMPTIBLE",
  "RESERVATION_BOUND",
  "FLEX_START",
];

type Word = string | number | null | undefined;

/** The name; null when nothing is said. A number or word that this version does not know is kept as it is. */
function nameIn(names: readonly string[], word: Word): string | null {
  if (word === null || word === undefined || word === "") return null;
  const number = typeof word === "number" ? word : /^\d{1,3}$/.test(word) ? Number(word) : null;
  const name = number === null ? String(word) : (names[number] ?? String(word));
  return name.endsWith("_UNSPECIFIED") ? null : name;
}

export const jobState = (word: Word): string | null => nameIn(JOB_STATES, word);
export const taskState = (word: Word): string | null => nameIn(TASK_STATES, word);

/** Whether the machine may be taken away; null when nothing is said. */
export function isSpot(word: Word): boolean | null {
  const model = nameIn(PROVISIONING_MODELS, word);
  return model === null ? null : model === "SPOT" || model === "PREEMPTIBLE";
}

export const isJobState = (word: unknown): boolean => typeof word === "string" && JOB_STATES.includes(word);
/** Words that only tasks have, by name. */
export const isTaskState = (word: unknown): boolean =>
  typeof word === "string" && TASK_STATES.includes(word) && !JOB_STATES.includes(word);
