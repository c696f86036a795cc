/**
 * What the two halves of the emulator share: the API (`api.ts`: requests, validation, filters, errors; `rest.ts` and `grpc.ts`
 * are its two wires) and the engine (`engine.ts`: what happens to a job with time). Everything is kept in the API's own JSON
 * form: enum values as names, int64 as decimal strings, times as RFC 3339 with nanoseconds, durations as `"3.5s"`.
 */

export type JobState =
  | "STATE_UNSPECIFIED"
  | "QUEUED"
  | "SCHEDULED"
  | "RUNNING"
  | "SUCCEEDED"
  | "FAILED"
  | "DELETION_IN_PROGRESS"
  | "CANCELLATION_IN_PROGRESS"
  | "CANCELLED";
export type TaskState =
  | "STATE_UNSPECIFIED"
  | "PENDING"
  | "ASSIGNED"
  | "RUNNING"
  | "FAILED"
  | "SUCCEEDED"
  | "UNEXECUTED";

export interface StatusEvent {
  /** `STATUS_CHANGED`, `OPERATIONAL_INFO`, or a custom one. */
  type: string;
  description: string;
  eventTime: string;
  /** Only in a task's own events, and only when it failed. */
  taskExecution?: { exitCode: number };
  taskState?: TaskState;
}

export interface JobStatus {
  state: JobState;
  statusEvents?: StatusEvent[];
  /** Absent until tasks exist. Counts may lag behind the tasks. */
  taskGroups?: Record<string, { counts?: Record<string, string>; instances?: Record<string, unknown>[] }>;
  runDuration: string;
}

/** What somebody's spec says, already validated against the protos and in canonical JSON form (camelCase, enum names). */
export type JobSpec = Readonly<Record<string, unknown>>;

/** A `google.cloud.batch.v1.Job` as `GetJob` gives it. */
export interface BatchJob {
  /** With the project as it was asked for (id or number). */
  name: string;
  uid: string;
  createTime: string;
  updateTime: string;
  status: JobStatus;
  labels?: Record<string, string>;
  taskGroups: {
    name: string;
    taskCount: string;
    taskSpec: Record<string, unknown>;
    [key: string]: unknown;
  }[];
  [key: string]: unknown;
}

/** A `google.cloud.batch.v1.Task` as `GetTask` gives it; its name has the project's number. */
export interface BatchTask {
  name: string;
  status: { state: TaskState; statusEvents?: StatusEvent[] };
}

/** One job as the emulator keeps it: what the API shows, and what it does not show (yet). */
export interface JobRecord {
  readonly project: string;
  /** Decimal digits, derived from the project's id. */
  readonly projectNumber: string;
  readonly location: string;
  readonly id: string;
  readonly job: BatchJob;
  /** By index. Empty for a job that failed before any task existed. */
  readonly tasks: BatchTask[];
  /** Epoch milliseconds from which `GetTask` and `ListTasks` know the tasks; before, they are 404. */
  tasksVisibleAt: number;
  /** What `requestId` its creation came with, or null. */
  readonly requestId: string | null;
  /** The engine's own, so that a restart goes on; the API does not look into it. */
  engine: Record<string, unknown>;
}

export const recordKey = (project: string, location: string, id: string): string =>
  `${project}/${location}/${id}`;

/** A `google.longrunning.Operation` in JSON form. */
export interface OperationRecord {
  name: string;
  metadata: Record<string, unknown>;
  done: boolean;
  error?: { code: number; message: string };
  response?: Record<string, unknown>;
}

/** All that survives a restart with `--state FILE`; a snapshot of it is plain JSON. */
export interface Records {
  readonly jobs: Map<string, JobRecord>;
  readonly operations: Map<string, OperationRecord>;
  /** Something changed: it is to be saved, soon. */
  touch(): void;
}

/** Time and chance of one emulator: the same seed and the same calls give the same story. */
export interface Chance {
  /** Epoch milliseconds. */
  now(): number;
  /** [0, 1) */
  random(): number;
}

/** What happens to jobs with time. The API calls it after it has checked and stored what was asked. */
export interface Engine {
  /** A job was created (state QUEUED). */
  admit(record: JobRecord): void;
  /** Cancellation was accepted: CANCELLATION_IN_PROGRESS, processes end, CANCELLED, `done` once it is. */
  cancel(record: JobRecord, done: () => void): void;
  /** Deletion was accepted: DELETION_IN_PROGRESS, processes end, the record goes, `done` once it has. */
  remove(record: JobRecord, done: () => void): void;
}

export interface Call {
  /** `CreateJob`, `ListTasks`, ... */
  readonly method: string;
  readonly project: string;
  readonly location: string;
  /** The job's id, where the call names one. */
  readonly job: string | null;
  /** Of the job that `CreateJob` brings; otherwise those of the stored job count. Not checked yet. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Which fields of the answer are asked for; absent: all. Not checked yet. */
  readonly fieldMask?: string;
}

/** A gRPC status; `rest.ts` turns it into its HTTP code and the `{"error": ...}` body. */
export class ApiError extends Error {
  /** Of google.rpc.Code: 3 INVALID_ARGUMENT, 5 NOT_FOUND, 6 ALREADY_EXISTS, 8 RESOURCE_EXHAUSTED, 14 UNAVAILABLE, ... */
  readonly code: number;
  readonly details: readonly Record<string, unknown>[];
  constructor(code: number, message: string, details: readonly Record<string, unknown>[] = []) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.details = details;
  }
}

/** Faults on demand, asked at each call. */
export interface Faults {
  /**
   * Resolves when the call may go on (a slow list waits here), or rejects with the `ApiError` it shall end with.
   * `after: true` means: do what was asked, then fail with the error (deadline exceeded though created).
   */
  before(call: Call): Promise<{
    readonly after: ApiError | null;
    /** The call is answered as by a service that does not know masks. */
    readonly ignoresFieldMask?: boolean;
  }>;
}
