import { type CreateJobRequest, type CreateParts, createJob } from "./api/create-job.ts";
import { instantsOf } from "./api/instants.ts";
import { JobBook } from "./api/job-book.ts";
import { countByState, type ListJobsAnswer, type ListJobsRequest, listJobs } from "./api/list-jobs.ts";
import { type Location, listLocations, locationOf } from "./api/locations.ts";
import {
  parseJobName,
  parseOperationName,
  parsePlace,
  parseProject,
  parseTaskGroupName,
  parseTaskName,
} from "./api/names.ts";
import { Operations } from "./api/operations.ts";
import type { PageRequest } from "./api/page.ts";
import { getTask, type ListTasksAnswer, type ListTasksRequest, listTasks } from "./api/tasks.ts";
import { onlyWanted, readFieldMask } from "./fields/field-mask.ts";
import type { BatchJob, BatchTask, Call, Chance, Engine, Faults, OperationRecord, Records } from "./model.ts";

export type { CreateJobRequest } from "./api/create-job.ts";
export type { ListJobsAnswer, ListJobsRequest } from "./api/list-jobs.ts";
export type { Location } from "./api/locations.ts";
export type { ListTasksAnswer, ListTasksRequest } from "./api/tasks.ts";

export interface NameRequest {
  readonly name: string;
}
export interface JobNameRequest extends NameRequest {
  readonly requestId?: string | undefined;
}
export interface ListRequest extends NameRequest, PageRequest {}

/**
 * The methods of the Batch API, v1, in its JSON form. Every one throws `ApiError`. Answers are the records themselves, not
 * copies: a caller turns them into text or into a message at once, and changes nothing.
 */
export interface BatchMethods {
  createJob(request: CreateJobRequest): Promise<BatchJob>;
  getJob(request: NameRequest): Promise<BatchJob>;
  listJobs(request: ListJobsRequest): Promise<ListJobsAnswer>;
  deleteJob(request: JobNameRequest): Promise<OperationRecord>;
  cancelJob(request: JobNameRequest): Promise<OperationRecord>;
  /** Of v1alpha, undocumented. */
  countJobsByState(request: {
    readonly parent: string;
    readonly states: readonly string[];
  }): Promise<{ readonly jobCounts: Readonly<Record<string, string>> }>;
  getTask(request: NameRequest): Promise<BatchTask>;
  listTasks(request: ListTasksRequest): Promise<ListTasksAnswer>;
  getOperation(request: NameRequest): Promise<OperationRecord>;
  listOperations(
    request: ListRequest,
  ): Promise<{ readonly operations?: OperationRecord[]; readonly nextPageToken?: string }>;
  deleteOperation(request: NameRequest): Promise<Record<string, never>>;
  cancelOperation(request: NameRequest): Promise<Record<string, never>>;
  getLocation(request: NameRequest): Promise<Location>;
  listLocations(
    request: ListRequest,
  ): Promise<{ readonly locations: Location[]; readonly nextPageToken?: string }>;
}

export interface BatchApi extends BatchMethods {
  /** The same methods, whose answers have only the fields that a mask wants: what their types promise may be missing then. */
  withFields(mask: string): BatchMethods;
}

export interface ApiParts {
  readonly records: Records;
  readonly engine: Engine;
  readonly faults: Faults;
  readonly chance: Chance;
}

/** The API on these records. It tells the engine what was asked, and asks for faults before every call. */
export function createApi(parts: ApiParts): BatchApi {
  const { records, engine, chance } = parts;
  const book = new JobBook(records);
  const deps = { book, engine, chance, instants: instantsOf(chance) };
  const operations = new Operations({ ...deps, records });
  const methodsBy = (mask: string | null) => methods({ deps, operations }, callerOf(parts.faults, mask));
  return { ...methodsBy(null), withFields: methodsBy };
}

type Caller = <T>(method: string, where: Partial<Call> & { id?: string }, act: () => T) => Promise<T>;

/** Names are read before faults are asked for; what is done may be done although the call fails afterwards. */
function callerOf(faults: Faults, mask: string | null): Caller {
  return async (method, where, act) => {
    const { project = "-", location = "-", id = null, labels } = where;
    const { after, ignoresFieldMask = false } = await faults.before({
      method,
      project,
      location,
      job: id,
      ...(labels ? { labels } : {}),
      ...(mask === null ? {} : { fieldMask: mask }),
    });
    // Before anything is done: a request that is refused has created nothing.
    const wanted = readFieldMask(ignoresFieldMask ? null : mask, method);
    const answer = act();
    if (after) throw after;
    return onlyWanted(answer, wanted) as typeof answer;
  };
}

interface Doers {
  readonly deps: CreateParts;
  readonly operations: Operations;
}

function methods({ deps, operations }: Doers, call: Caller): BatchMethods {
  const { book } = deps;
  return {
    async createJob(request) {
      const place = parsePlace(request.parent, "parent");
      const where = {
        ...place,
        ...(request.jobId ? { id: request.jobId } : {}),
        labels: labelsOf(request.job),
      };
      return call("CreateJob", where, () => createJob(deps, place, request));
    },
    async getJob({ name }) {
      const job = parseJobName(name, "name");
      return call("GetJob", job, () => book.get(job).job);
    },
    async listJobs(request) {
      const place = parsePlace(request.parent, "parent", true);
      return call("ListJobs", place, () => listJobs(book, place, request));
    },
    async deleteJob({ name, requestId }) {
      const job = parseJobName(name, "name");
      return call("DeleteJob", job, () => operations.remove(job, requestId));
    },
    async cancelJob({ name, requestId }) {
      const job = parseJobName(name, "name");
      return call("CancelJob", job, () => operations.cancel(job, requestId));
    },
    async countJobsByState({ parent, states }) {
      const place = parsePlace(parent, "parent", true);
      return call("CountJobsByState", place, () => ({ jobCounts: countByState(book, place, states) }));
    },
    async getTask({ name }) {
      const task = parseTaskName(name, "name");
      return call("GetTask", task, () => getTask(deps, task));
    },
    async listTasks(request) {
      const group = parseTaskGroupName(request.parent, "parent");
      return call("ListTasks", group, () => listTasks(deps, group, request));
    },
    async getOperation({ name }) {
      return call("GetOperation", parseOperationName(name, "name"), () => operations.get(name));
    },
    async listOperations(request) {
      const place = parsePlace(request.name, "name");
      return call("ListOperations", place, () => operations.list(place, request));
    },
    async deleteOperation({ name }) {
      return call("DeleteOperation", parseOperationName(name, "name"), () => {
        operations.forget(name);
        return {};
      });
    },
    async cancelOperation({ name }) {
      return call("CancelOperation", parseOperationName(name, "name"), () => {
        operations.requestCancellation(name);
        return {};
      });
    },
    async getLocation({ name }) {
      const place = parsePlace(name, "name");
      return call("GetLocation", place, () => locationOf(place));
    },
    async listLocations(request) {
      const project = parseProject(request.name, "name");
      return call("ListLocations", { project }, () => listLocations(project, request));
    },
  };
}

/** As they were given, for rules about `CreateJob`; whether they may be so is checked afterwards. */
function labelsOf(job: unknown): Record<string, string> {
  const { labels } = (job ?? {}) as { labels?: unknown };
  return typeof labels === "object" && labels !== null ? { ...labels } : {};
}
