import type { BatchJob, JobRecord } from "../model.ts";
import { messageSchema } from "../validate/schema.ts";
import { fieldIsInvalid } from "../validate/violation.ts";
import { compileFilter } from "./filter.ts";
import type { JobBook } from "./job-book.ts";
import type { Place } from "./names.ts";
import { type PageRequest, pageOf } from "./page.ts";

export interface ListJobsRequest extends PageRequest {
  readonly parent: string;
  readonly filter?: string | undefined;
  readonly orderBy?: string | undefined;
}

export interface ListJobsAnswer {
  readonly jobs?: BatchJob[];
  readonly nextPageToken?: string;
}

interface Order {
  readonly key: (record: JobRecord) => readonly [string, string];
  readonly descending: boolean;
}

const byName = ({ job, location, id }: JobRecord): readonly [string, string] => [
  job.name,
  `${location}/${id}`,
];
const byCreation = ({ job }: JobRecord): readonly [string, string] => [job.createTime, job.name];

/** What the proto says is supported; without one, the oldest first. */
const ORDERS: Readonly<Record<string, Order>> = {
  "": { key: byCreation, descending: false },
  name: { key: byName, descending: false },
  "name desc": { key: byName, descending: true },
  create_time: { key: byCreation, descending: false },
  "create_time desc": { key: byCreation, descending: true },
};

export function listJobs(book: JobBook, place: Place, request: ListJobsRequest): ListJobsAnswer {
  const { filter = "", orderBy = "" } = request;
  const order = orderOf(orderBy);
  const matches = compileFilter(messageSchema("google.cloud.batch.v1.Job"), filter);
  const entriesAfter = (after: readonly string[] | null): JobRecord[] => {
    const entries: JobRecord[] = [];
    for (const record of book.in(place)) {
      if (after && compareKeys(order, order.key(record), after) <= 0) continue;
      if (matches(record.job)) entries.push(record);
    }
    return entries.sort((a, b) => compareKeys(order, order.key(a), order.key(b)));
  };
  const binding = ["jobs", request.parent, filter, orderBy];
  const page = pageOf(request, binding, entriesAfter, order.key);
  return {
    ...(page.items.length > 0 ? { jobs: page.items.map((record) => record.job) } : {}),
    ...(page.nextPageToken ? { nextPageToken: page.nextPageToken } : {}),
  };
}

/** How many jobs are in each of these states (of all states, without): `v1alpha` `jobs:countByState`, as google/clusterfuzz asks. */
export function countByState(book: JobBook, place: Place, states: readonly string[]): Record<string, string> {
  const counts = new Map<string, number>(states.map((state) => [state, 0]));
  for (const { job } of book.in(place)) {
    const { state } = job.status;
    if (states.length === 0 || counts.has(state)) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].map(([state, count]) => [state, String(count)]));
}

function orderOf(orderBy: string): Order {
  const order = ORDERS[orderBy.trim().replace(/\s+/g, " ").replace("createTime", "create_time")];
  if (!order) {
    throw fieldIsInvalid(
      "order_by",
      `"${orderBy}" is not supported: use "name", "name desc", "create_time" or "create_time desc"`,
    );
  }
  return order;
}

function compareKeys({ descending }: Order, a: readonly string[], b: readonly string[]): number {
  const index = a[0] === b[0] ? 1 : 0;
  const [left = "", right = ""] = [a[index], b[index]];
  if (left === right) return 0;
  return left < right === descending ? 1 : -1;
}
