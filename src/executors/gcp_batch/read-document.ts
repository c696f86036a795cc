import type { z } from "zod";
import {
  Attributes,
  camelCase,
  ErrorBody,
  Job,
  Operation,
  type Status,
  StatusEvent,
  Task,
} from "./document-shapes.ts";
import { readError, readMessage, readOperation } from "./read-answer.ts";
import { readJob } from "./read-job.ts";
import { readTasks } from "./read-tasks.ts";
import type { Seen } from "./seen.ts";
import { isJobState, isTaskState } from "./state-words.ts";

export type { Seen } from "./seen.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a document of Google Cloud Batch says: a job, a task, a list of tasks, status events, a job with its tasks
 * (`{job, tasks}`), an error, an operation, a Pub/Sub message, or the lines of events as text; whole or partial, with
 * field names and enums in either spelling. Null when it is none of these. Pure; never throws.
 */
export function readBatchDocument(value: unknown): Seen | null {
  if (typeof value === "string") return readText(value);
  const given = fieldsOf(value);
  // Attribute names are data of the message, not field names of the proto.
  const attributes =
    fieldsOf(fieldsOf(given?.["message"])?.["attributes"]) ?? fieldsOf(given?.["attributes"]);
  if (attributes)
    return "NewJobState" in attributes || "NewTaskState" in attributes ? message(attributes) : null;
  const document = camelCase(value);
  if (Array.isArray(document)) return readList(document);
  const fields = fieldsOf(document);
  return fields && readFields(fields);
}

function readFields(fields: Fields): Seen | null {
  if (fieldsOf(fields["error"]) && !("metadata" in fields))
    return parsed(ErrorBody, fields["error"], readError);
  if (isOperation(fields)) return parsed(Operation, fields, readOperation);
  if (Array.isArray(fields["tasks"])) return readWithTasks(fields, fields["tasks"]);
  if (Array.isArray(fields["jobs"])) return readList(fields["jobs"]);
  if (fieldsOf(fields["job"])) return readFields(fieldsOf(fields["job"])!);
  if (isEvent(fields)) return jobOf({ statusEvents: parsedAll(StatusEvent, [fields]) });
  if (isTask(fields)) return readTasks(parsedAll(Task, [fields]), true);
  if (isJob(fields)) return parsed(Job, fields, readJob);
  return isStatus(fields) ? parsed(Job, { status: fields }, readJob) : null;
}

const message = (attributes: Fields): Seen | null => parsed(Attributes, attributes, readMessage);

/** A job's tasks beside the job, or the tasks alone. */
function readWithTasks(fields: Fields, items: readonly unknown[]): Seen | null {
  if (items.length > 0 && !items.some((item) => fieldsOf(item))) return null;
  const tasks = parsedAll(Task, items);
  const job = fieldsOf(fields["job"]) ?? (isJob(fields) ? fields : null);
  if (job) return parsed(Job, job, (read) => readJob(read, tasks));
  return readTasks(tasks, !fields["nextPageToken"]);
}

/** Tasks, events, or a list with a single job in it. */
function readList(items: readonly unknown[]): Seen | null {
  const fields = items.map(fieldsOf).filter((item) => item !== null);
  if (fields.length === 0) return null;
  if (fields.every(isEvent)) return jobOf({ statusEvents: parsedAll(StatusEvent, fields) });
  if (fields.length === 1) return readFields(fields[0]!);
  return fields.every((item) => fieldsOf(item["status"]) && !isJobOnly(item))
    ? readTasks(parsedAll(Task, fields), true)
    : null;
}

const A_TEMPLATE =
  /(?:Task|Job) state is (?:updated|set) from [A-Z_-]+ to [A-Z_]+|with exit code 5\d{4}\b|\bCODE_[A-Z]+_[A-Z_]+/;

/** A document that could not be parsed (a part of JSON, YAML): its sentences are a history, and may be stale. */
const A_DOCUMENT = /^[\s{,-]*"?(?:state|status|statusEvents|status_events|description)"?\s*:/m;

/** The texts of events, a line each, without their times. */
function readText(text: string): Seen | null {
  if (A_DOCUMENT.test(text)) return null;
  const lines = text.split("\n").filter((line) => A_TEMPLATE.test(line));
  if (lines.length === 0) return null;
  return jobOf({
    statusEvents: lines.map((description) => ({ description })),
  });
}

const jobOf = (status: Status): Seen => readJob({ status });

const isOperation = (fields: Fields): boolean =>
  /\/operations\/[^/]+$/.test(String(fields["name"] ?? "")) || "verb" in (fieldsOf(fields["metadata"]) ?? {});
const isEvent = (fields: Fields): boolean =>
  !("status" in fields) &&
  ("taskState" in fields || "eventTime" in fields || ("description" in fields && "type" in fields));
const isTask = (fields: Fields): boolean =>
  fieldsOf(fields["status"]) !== null &&
  !("taskGroups" in fields) &&
  (/\/tasks\/[^/]+$/.test(String(fields["name"] ?? "")) || isTaskState(stateOf(fields)));
const isJobOnly = (fields: Fields): boolean =>
  "taskGroups" in fields || /\/jobs\/[^/]+$/.test(String(fields["name"] ?? ""));
const isJob = (fields: Fields): boolean =>
  isJobOnly(fields) ||
  ["state", "statusEvents", "taskGroups", "runDuration"].some((key) => key in statusOf(fields));
const isStatus = (fields: Fields): boolean =>
  "statusEvents" in fields || "runDuration" in fields || isJobState(fields["state"]);

const statusOf = (fields: Fields): Fields => fieldsOf(fields["status"]) ?? {};
const stateOf = (fields: Fields): unknown => statusOf(fields)["state"];

const fieldsOf = (value: unknown): Fields | null =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : null;

function parsed<T extends z.ZodType>(
  schema: T,
  value: unknown,
  read: (value: z.infer<T>) => Seen,
): Seen | null {
  const result = schema.safeParse(value);
  return result.success ? read(result.data) : null;
}

const parsedAll = <T extends z.ZodType>(schema: T, values: readonly unknown[]): z.infer<T>[] =>
  values.flatMap((value) => {
    const result = schema.safeParse(value);
    return result.success ? [result.data] : [];
  });
