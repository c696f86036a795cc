import type { BatchMethods } from "../api.ts";
import { canonical } from "../validate/canonical.ts";
import { messageSchema } from "../validate/schema.ts";
import { integerOf, type Query, textOf } from "./query.ts";

export interface RestCall {
  readonly api: BatchMethods;
  /** The resource that the path names. */
  readonly resource: string;
  readonly query: Query;
  readonly body: unknown;
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** On the path behind the version; its first group is the resource. */
  readonly path: RegExp;
  readonly parameters: readonly string[];
  answer(call: RestCall): Promise<object>;
}

const PLACE = "projects/[^/]*/locations/[^/]*";
const JOB = `${PLACE}/jobs/[^/:]*`;
const GROUP = `${JOB}/taskGroups/[^/]*`;
const OPERATION = `${PLACE}/operations/[^/:]*`;
const PAGE = ["pageSize", "pageToken"];

const path = (resource: string, rest = ""): RegExp => new RegExp(`^(${resource})${rest}$`);

/** As in the `google.api.http` options of the protos and the client's own list for operations and locations. */
export const ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: path(PLACE, "/jobs"),
    parameters: ["jobId", "requestId"],
    answer: ({ api, resource, query, body }) =>
      api.createJob({
        parent: resource,
        jobId: textOf(query, "jobId"),
        requestId: textOf(query, "requestId"),
        job: body,
      }),
  },
  {
    method: "GET",
    path: path(PLACE, "/jobs"),
    parameters: ["filter", "orderBy", ...PAGE],
    answer: ({ api, resource, query }) =>
      api.listJobs({ parent: resource, ...listing(query), orderBy: textOf(query, "orderBy") }),
  },
  {
    method: "GET",
    path: path(PLACE, "/jobs:countByState"),
    parameters: ["states"],
    answer: ({ api, resource, query }) =>
      api.countJobsByState({ parent: resource, states: query.get("states") ?? [] }),
  },
  {
    method: "GET",
    path: path(JOB),
    parameters: [],
    answer: ({ api, resource }) => api.getJob({ name: resource }),
  },
  {
    method: "DELETE",
    path: path(JOB),
    parameters: ["reason", "requestId"],
    answer: ({ api, resource, query }) =>
      api.deleteJob({ name: resource, requestId: textOf(query, "requestId") }),
  },
  {
    method: "POST",
    path: path(JOB, ":cancel"),
    parameters: [],
    answer: ({ api, resource, body }) => api.cancelJob({ name: resource, requestId: cancelRequestId(body) }),
  },
  {
    method: "GET",
    path: path(GROUP, "/tasks"),
    parameters: ["filter", ...PAGE],
    answer: ({ api, resource, query }) => api.listTasks({ parent: resource, ...listing(query) }),
  },
  {
    method: "GET",
    path: path(`${GROUP}/tasks/[^/]*`),
    parameters: [],
    answer: ({ api, resource }) => api.getTask({ name: resource }),
  },
  {
    method: "GET",
    path: path(PLACE, "/operations"),
    parameters: ["filter", "returnPartialSuccess", ...PAGE],
    answer: ({ api, resource, query }) => api.listOperations({ name: resource, ...paging(query) }),
  },
  {
    method: "GET",
    path: path(OPERATION),
    parameters: [],
    answer: ({ api, resource }) => api.getOperation({ name: resource }),
  },
  {
    method: "DELETE",
    path: path(OPERATION),
    parameters: [],
    answer: ({ api, resource }) => api.deleteOperation({ name: resource }),
  },
  {
    method: "POST",
    path: path(OPERATION, ":cancel"),
    parameters: [],
    answer: ({ api, resource }) => api.cancelOperation({ name: resource }),
  },
  {
    method: "GET",
    path: path("projects/[^/]*", "/locations"),
    parameters: ["filter", "extraLocationTypes", ...PAGE],
    answer: ({ api, resource, query }) => api.listLocations({ name: resource, ...paging(query) }),
  },
  {
    method: "GET",
    path: path(PLACE),
    parameters: [],
    answer: ({ api, resource }) => api.getLocation({ name: resource }),
  },
];

const paging = (query: Query) => ({
  pageSize: integerOf(query, "pageSize"),
  pageToken: textOf(query, "pageToken"),
});

const listing = (query: Query) => ({ ...paging(query), filter: textOf(query, "filter") });

function cancelRequestId(body: unknown): string | undefined {
  const request = canonical(messageSchema("google.cloud.batch.v1.CancelJobRequest"), body, "");
  return request["requestId"] as string | undefined;
}
