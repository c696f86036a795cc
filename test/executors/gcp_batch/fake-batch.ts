import { createHash } from "node:crypto";
import type { BatchClient, JobRequest } from "../../../src/executors/gcp_batch/batch-client.ts";
import { BatchError, type BatchErrorKind } from "../../../src/executors/gcp_batch/batch-error.ts";
import type { GcpBatchOptions } from "../../../src/executors/gcp_batch/batch-settings.ts";
import { type CallCounts, type CallKind, countCalls } from "../../../src/executors/gcp_batch/call-counts.ts";
import { executorOver, type GcpBatchExecutor } from "../../../src/executors/gcp_batch/gcp-batch-executor.ts";
import type { Submission } from "../../../src/ports.ts";
import { anAttempt } from "../../support/documents.ts";

interface FakeJob {
  labels?: JobRequest["labels"];
  taskGroups?: JobRequest["taskGroups"];
  name: string;
  uid: string;
  createTime: string;
  updateTime?: string;
  status: { state: string; statusEvents?: object[]; runDuration?: string; taskGroups?: object };
}

/** Batch as far as the executor sees it, every step of it in the test's hand. */
export interface FakeBatch {
  readonly client: BatchClient;
  readonly jobs: Map<string, FakeJob>;
  /** By job name; absent: `listTasks` is 404. */
  readonly tasks: Map<string, object[]>;
  /** Errors to answer with, in order, before the call does anything. */
  readonly failures: Map<CallKind, BatchErrorKind[]>;
  /** Errors to answer with after the call has done what was asked. */
  readonly lateFailures: Map<CallKind, BatchErrorKind[]>;
  /** Jobs that `list` does not show (yet). */
  readonly unlisted: Set<string>;
  readonly filters: string[];
  pageSize: number;
  counts(): CallCounts;
  /** Sets a job's state, with the events given. */
  move(id: string, state: string, statusEvents?: object[]): void;
}

const PROJECT = "my-lab-123";
export const PARENT = `projects/${PROJECT}/locations/us-central1`;
export const NOW = "2026-02-27T12:00:00.000Z";

export const error = (kind: BatchErrorKind): BatchError =>
  new BatchError("asking", { kind, text: `${kind.toUpperCase()}: told to` }, null);

export function fakeBatch(): FakeBatch {
  const counter = countCalls();
  const fake: FakeBatch = {
    jobs: new Map(),
    tasks: new Map(),
    failures: new Map(),
    lateFailures: new Map(),
    unlisted: new Set(),
    filters: [],
    pageSize: 500,
    counts: counter.read,
    client: {
      create: (request) =>
        act("create", () => {
          const name = `${request.parent}/jobs/${request.jobId}`;
          if (fake.jobs.has(name)) throw error("exists");
          const status = { state: "QUEUED", runDuration: "0s" };
          const { labels = null, taskGroups = null } = request.job;
          const job: FakeJob = {
            labels,
            taskGroups,
            name,
            uid: `uid-${request.jobId}`,
            createTime: NOW,
            status,
          };
          fake.jobs.set(name, job);
          return structuredClone(job);
        }),
      get: (name) => act("get", () => structuredClone(found(name))),
      list: (request) =>
        act("list", () => {
          fake.filters.push(request.filter);
          const matching = [...fake.jobs.values()].filter(
            (job) =>
              isOf(request.parent, job.name) && !fake.unlisted.has(job.name) && matches(job, request.filter),
          );
          const from = Number(request.pageToken || 0);
          const size = Math.min(request.pageSize, fake.pageSize);
          const next = from + size < matching.length ? String(from + size) : "";
          const jobs = structuredClone(matching.slice(from, from + size));
          return { jobs, nextPageToken: next, unreachable: [] };
        }),
      cancel: (name) =>
        act("cancel", () => {
          found(name).status.state = "CANCELLED";
        }),
      delete: (name) => act("delete", () => void fake.jobs.delete(name)),
      listTasks: (name) =>
        act("listTasks", () => {
          const tasks = fake.tasks.get(name);
          if (!tasks) throw error("not_found");
          return tasks;
        }),
    },
    move(id, state, statusEvents = []) {
      const name = [...fake.jobs.keys()].find((key) => key.endsWith(`/${id}`));
      found(name ?? id).status = { state, statusEvents };
    },
  };
  const found = (name: string): FakeJob => {
    const job = fake.jobs.get(name);
    if (!job) throw error("not_found");
    return job;
  };
  const act = async <T>(kind: CallKind, work: () => T): Promise<T> => {
    counter.count(kind);
    const failure = fake.failures.get(kind)?.shift();
    if (failure) throw error(failure);
    const result = work();
    const late = fake.lateFailures.get(kind)?.shift();
    if (late) throw error(late);
    return result;
  };
  return fake;
}

/** `labels."k" = "v"` of which all before AND and one after must hold, or `status.state="S"` of which one must. */
function matches(job: FakeJob, filter: string): boolean {
  const [, store, rest = ""] = /^(labels\S+ = "[^"]*") AND \((.*)\)$/.exec(filter) ?? [];
  const holds = (text: string): boolean => {
    const [, key, value] = /^labels\."([^"]+)" = "([^"]*)"$/.exec(text) ?? [];
    if (key !== undefined) return job.labels?.[key] === value;
    return /^status\.state="([A-Z_]+)"$/.exec(text)?.[1] === job.status.state;
  };
  return holds(store ?? "") && rest.split(" OR ").some(holds);
}

/** A parent whose location is `-` is that of all regions. */
const isOf = (parent: string, name: string): boolean =>
  name.startsWith(parent.endsWith("/-") ? parent.slice(0, -1) : `${parent}/`);

export const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

export const batchOptions = (options: Partial<GcpBatchOptions> = {}): GcpBatchOptions => ({
  project: PROJECT,
  region: "us-central1",
  zones: [],
  network: null,
  subnetwork: null,
  externalIp: false,
  serviceAccount: null,
  imageMirror: {},
  imageAllowanceBytes: 30 * 2 ** 30,
  topic: null,
  cloudLogging: true,
  labels: {},
  storeUid: async () => "0b8a2c1e-7d54-4f7e-9d3e-1a2b3c4d5e6f",
  emulator: null,
  storageEmulator: null,
  readText: async () => null,
  now: () => NOW,
  hash,
  random: () => 0.5,
  ...options,
});

/** The executor over a fake, with the texts that its bucket holds. */
export function executorWith(
  fake: FakeBatch,
  texts: Readonly<Record<string, string>> = {},
  options: Partial<GcpBatchOptions> = {},
): GcpBatchExecutor {
  const readText = async (uri: string): Promise<string | null> => texts[uri] ?? null;
  return executorOver(fake.client, batchOptions({ readText, ...options }), fake.counts);
}

export const aSubmission = (fields: Partial<Submission> = {}, attempt: object = {}): Submission => ({
  run_id: "2026-02-27_rnaseq_001",
  job: "align-S1.x",
  step: "align",
  sample: "S1.x",
  script: "echo hello\n",
  shell: ["bash", "-euo", "pipefail"],
  image: "quay.io/biocontainers/star:2.7",
  environment: { SAMPLE: "S1.x", CPUS: "4" },
  files: {},
  outputs: [{ path: "align/S1.x.bam", allow_empty: false }],
  metrics: [],
  input: "gs://reads/2026/",
  output: "gs://results/out/2026-02-27_rnaseq_001/",
  attempt: anAttempt({
    executor: "gcp_batch",
    id: "bioagent-20260227-001-align-s1-x-1f3a9c2e-a1",
    resources: { cpu: 4, memory: "8GiB" },
    ...attempt,
  }),
  ...fields,
});

/** As the store has it once its creation was confirmed. */
export const confirmed = (work: Submission, fields: object = {}): Submission => ({
  ...work,
  attempt: {
    ...work.attempt,
    status: "submitted",
    submitted_at: "2026-02-27T11:00:00.000Z",
    handle: {
      region: "us-central1",
      name: `${PARENT}/jobs/${work.attempt.id}`,
      uid: `uid-${work.attempt.id}`,
      record: `${work.output}.bioagent/${work.job}/a${work.attempt.attempt}`,
    },
    ...fields,
  },
});
