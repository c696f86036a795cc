import type { BatchServiceClient, protos } from "@google-cloud/batch";
import { BatchError, readCallError } from "./batch-error.ts";
import type { CallCounter, CallKind } from "./call-counts.ts";

/** A job as the API takes it. */
export type JobRequest = protos.google.cloud.batch.v1.IJob;

export interface JobPage {
  /** As the API gives them, unread. */
  readonly jobs: readonly unknown[];
  /** Empty at the end. */
  readonly nextPageToken: string;
  /** Locations that could not be reached: the page says nothing of their jobs. */
  readonly unreachable: readonly string[];
}

export interface ListRequest {
  /** `projects/P/locations/L`. */
  readonly parent: string;
  readonly filter: string;
  readonly pageSize: number;
  readonly pageToken: string;
  /** Only what tells how a job stands, without its definition. */
  readonly brief: boolean;
}

/** What the executor needs of Batch. Every method throws a `BatchError` and nothing else. */
export interface BatchClient {
  create(request: { parent: string; jobId: string; requestId: string; job: JobRequest }): Promise<unknown>;
  get(name: string): Promise<unknown>;
  list(request: ListRequest): Promise<JobPage>;
  /** Asks for it; that it came about is seen by looking again. */
  cancel(name: string): Promise<void>;
  delete(name: string): Promise<void>;
  /** The tasks of a job's only group: the first page is enough, there is one task. */
  listTasks(name: string): Promise<readonly unknown[]>;
}

export interface BatchClientOptions {
  readonly project: string;
  /** HOST:PORT of an emulator (gRPC, insecure); null: the service. */
  readonly emulator: string | null;
  readonly counter: CallCounter;
}

/** Milliseconds after which a call is given up. */
const PATIENCE: Readonly<Record<CallKind, number>> = {
  create: 30_000,
  get: 15_000,
  list: 30_000,
  listTasks: 15_000,
  cancel: 30_000,
  delete: 30_000,
};

/** Of one call. The library would repeat a read for all of its patience; here the next look is the repetition. */
interface Given {
  readonly timeout: number;
  readonly retry: null;
}

/** The client library takes a sixth of a second to load: it is loaded at the first call, and only then. */
export function openBatchClient(options: BatchClientOptions): BatchClient {
  let opened: Promise<BatchServiceClient> | null = null;
  const call = async <T>(
    kind: CallKind,
    attempted: string,
    act: (client: BatchServiceClient, given: Given) => Promise<T>,
  ): Promise<T> => {
    try {
      opened ??= load(options);
      const client = await opened;
      options.counter.count(kind);
      return await act(client, { timeout: PATIENCE[kind], retry: null });
    } catch (error) {
      throw new BatchError(attempted, readCallError(error), error);
    }
  };
  return {
    create: (request) =>
      call("create", `creating ${request.parent}/jobs/${request.jobId}`, async (client, given) => {
        const [job] = await client.createJob(request, given);
        return job;
      }),
    get: (name) =>
      call("get", `reading ${name}`, async (client, given) => (await client.getJob({ name }, given))[0]),
    list: (request) =>
      call("list", `listing the jobs of ${request.parent}`, (client, given) => list(client, request, given)),
    cancel: (name) =>
      call("cancel", `cancelling ${name}`, async (client, given) => {
        await client.cancelJob({ name }, given);
      }),
    delete: (name) =>
      call("delete", `deleting ${name}`, async (client, given) => {
        await client.deleteJob({ name }, given);
      }),
    listTasks: (name) =>
      call("listTasks", `listing the tasks of ${name}`, async (client, given) => {
        const parent = `${name}/taskGroups/group0`;
        const [tasks] = await client.listTasks(
          { parent, pageSize: TASK_PAGE },
          { ...given, autoPaginate: false },
        );
        return tasks;
      }),
  };
}

const TASK_PAGE = 100;

/** A job's definition holds its whole script; a listing of ten thousand would carry all of them. */
const BRIEF = "jobs.name,jobs.uid,jobs.labels,jobs.status,jobs.createTime,nextPageToken,unreachable";

async function list(
  client: BatchServiceClient,
  { brief, ...request }: ListRequest,
  given: Given,
): Promise<JobPage> {
  // https://cloud.google.com/apis/docs/system-parameters: a service that does not know it ignores it.
  const otherArgs = brief ? { headers: { "x-goog-fieldmask": BRIEF } } : {};
  const [jobs, , answer] = await client.listJobs(request, { ...given, autoPaginate: false, otherArgs });
  return {
    jobs,
    nextPageToken: answer?.nextPageToken ?? "",
    unreachable: answer?.unreachable ?? [],
  };
}

async function load({ project, emulator }: BatchClientOptions): Promise<BatchServiceClient> {
  const { BatchServiceClient, credentials } = await import("./google-client.ts");
  if (emulator === null) return new BatchServiceClient({ projectId: project });
  const [, apiEndpoint, port] = /^(.+):(\d+)$/.exec(emulator) ?? [];
  return new BatchServiceClient({
    projectId: project,
    apiEndpoint: apiEndpoint ?? emulator,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
}
