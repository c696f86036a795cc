import { type BatchApi, createApi } from "../../../infra/batch-emulator/api.ts";
import {
  ApiError,
  type Call,
  type Chance,
  type Engine,
  type Faults,
  type JobRecord,
  type JobState,
  type Records,
  recordKey,
  type TaskState,
} from "../../../infra/batch-emulator/model.ts";

/** An engine that does nothing by itself: a test moves jobs and ends cancellations. */
export interface Scripted {
  readonly api: BatchApi;
  readonly records: Records;
  readonly calls: Call[];
  /** Answers of the next calls, by method; each is used once. */
  readonly failures: Map<string, ApiError>;
  readonly failuresAfter: Map<string, ApiError>;
  /** Milliseconds of the clock that the API sees. */
  now: number;
  record(id: string): JobRecord;
  move(id: string, state: JobState): void;
  giveTasks(id: string, states: readonly TaskState[]): void;
  /** Ends what was asked of the engine. */
  settle(): void;
}

/** The API on empty records, its chance from a fixed seed. */
export function scripted(
  records: Records = { jobs: new Map(), operations: new Map(), touch() {} },
): Scripted {
  const pending: (() => void)[] = [];
  const calls: Call[] = [];
  const failures = new Map<string, ApiError>();
  const failuresAfter = new Map<string, ApiError>();
  const chance = seededChance(() => self.now);
  const self: Scripted = {
    api: createApi({
      records,
      engine: scriptedEngine(records, pending),
      faults: scriptedFaults(calls, failures, failuresAfter),
      chance,
    }),
    records,
    calls,
    failures,
    failuresAfter,
    now: Date.parse("2026-05-04T10:00:00.250Z"),
    record: (id) => [...records.jobs.values()].find((record) => record.id === id)!,
    move: (id, state) => {
      self.record(id).job.status.state = state;
    },
    giveTasks: (id, states) => {
      const record = self.record(id);
      const group = record.job.taskGroups[0]!.name;
      record.tasks.push(
        ...states.map((state, index) => ({ name: `${group}/tasks/${index}`, status: { state } })),
      );
      record.tasksVisibleAt = self.now;
    },
    settle: () => {
      for (const end of pending.splice(0)) end();
    },
  };
  return self;
}

function scriptedEngine(records: Records, pending: (() => void)[]): Engine {
  return {
    admit() {},
    cancel(record, done) {
      record.job.status.state = "CANCELLATION_IN_PROGRESS";
      pending.push(() => {
        record.job.status.state = "CANCELLED";
        done();
      });
    },
    remove(record, done) {
      record.job.status.state = "DELETION_IN_PROGRESS";
      pending.push(() => {
        records.jobs.delete(recordKey(record.project, record.location, record.id));
        done();
      });
    },
  };
}

function scriptedFaults(
  calls: Call[],
  failures: Map<string, ApiError>,
  failuresAfter: Map<string, ApiError>,
): Faults {
  const take = (from: Map<string, ApiError>, method: string): ApiError | null => {
    const error = from.get(method) ?? null;
    from.delete(method);
    return error;
  };
  return {
    async before(call) {
      calls.push(call);
      const failure = take(failures, call.method);
      if (failure) throw failure;
      return { after: take(failuresAfter, call.method) };
    },
  };
}

/** mulberry32 of seed 1. */
function seededChance(now: () => number): Chance {
  let state = 1;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { now, random };
}

/** The smallest job that is accepted. */
export const minimalJob = (extra: object = {}): object => ({
  taskGroups: [{ taskSpec: { runnables: [{ script: { text: "true" } }] } }],
  ...extra,
});

/** What an `ApiError` must look like. */
export const apiError = (code: number, message: RegExp) => (error: unknown) =>
  error instanceof ApiError && error.code === code && message.test(error.message);
