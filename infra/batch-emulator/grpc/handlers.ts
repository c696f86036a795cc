import type { BatchMethods } from "../api.ts";
import { messageSchema } from "../validate/schema.ts";
import { jsonToMessage, messageToJson, operationToMessage } from "./messages.ts";

/** A request as proto-loader gives it. Fields with their zero are not there. */
export interface WireRequest {
  readonly name?: string;
  readonly parent?: string;
  readonly job?: object;
  readonly jobId?: string;
  readonly requestId?: string;
  readonly filter?: string;
  readonly orderBy?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

export type Handler = (request: WireRequest) => Promise<object>;
export type Handlers = Readonly<Record<string, Handler>>;

const jobMessage = (job: object) => jsonToMessage(messageSchema("google.cloud.batch.v1.Job"), job);
const taskMessage = (task: object) => jsonToMessage(messageSchema("google.cloud.batch.v1.Task"), task);

/** The methods of `google.cloud.batch.v1.BatchService`. */
export function batchHandlers(api: BatchMethods): Handlers {
  return {
    CreateJob: async ({ parent = "", job = {}, ...rest }) => {
      const json = messageToJson(messageSchema("google.cloud.batch.v1.Job"), job);
      return jobMessage(await api.createJob({ ...rest, parent, job: json }));
    },
    GetJob: async ({ name = "" }) => jobMessage(await api.getJob({ name })),
    ListJobs: async ({ parent = "", ...rest }) => {
      const { jobs = [], ...answer } = await api.listJobs({ ...rest, parent });
      return { ...answer, jobs: jobs.map(jobMessage) };
    },
    DeleteJob: async ({ name = "", requestId }) =>
      operationToMessage(await api.deleteJob({ name, requestId })),
    CancelJob: async ({ name = "", requestId }) =>
      operationToMessage(await api.cancelJob({ name, requestId })),
    GetTask: async ({ name = "" }) => taskMessage(await api.getTask({ name })),
    ListTasks: async ({ parent = "", ...rest }) => {
      const { tasks = [], ...answer } = await api.listTasks({ ...rest, parent });
      return { ...answer, tasks: tasks.map(taskMessage) };
    },
  };
}

/** The methods of `google.longrunning.Operations`, without waiting. */
export function operationHandlers(api: BatchMethods): Handlers {
  return {
    GetOperation: async ({ name = "" }) => operationToMessage(await api.getOperation({ name })),
    ListOperations: async ({ name = "", ...rest }) => {
      const { operations = [], ...answer } = await api.listOperations({ ...rest, name });
      return { ...answer, operations: operations.map(operationToMessage) };
    },
    DeleteOperation: async ({ name = "" }) => api.deleteOperation({ name }),
    CancelOperation: async ({ name = "" }) => api.cancelOperation({ name }),
  };
}

/** The methods of `google.cloud.location.Locations`. */
export function locationHandlers(api: BatchMethods): Handlers {
  return {
    GetLocation: async ({ name = "" }) => api.getLocation({ name }),
    ListLocations: async ({ name = "", ...rest }) => api.listLocations({ ...rest, name }),
  };
}
