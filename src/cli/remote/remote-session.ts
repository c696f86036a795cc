import { randomUUID } from "node:crypto";
import type { Deps } from "../../app/deps.ts";
import type { NoticeList, NoticesRequest } from "../../app/notices.ts";
import { RunsCache } from "../../app/runs-cache.ts";
import { sleep } from "../../app/sleep.ts";
import type { Config } from "../../config.ts";
import type { Notice } from "../../core/notice.ts";
import type { NoticeEvent, Run } from "../../core/run.ts";
import { EXECUTOR_KINDS, type ExecutorKind, isFinalRun } from "../../core/status.ts";
import type { RetrySelection } from "../../core/stop.ts";
import type { Executor } from "../../ports.ts";
import type { App } from "../../wire.ts";
import { UsageError } from "../failure.ts";
import { type ApiClient, openApiClient } from "./api-client.ts";
import { openIdentity } from "./identity.ts";
import { openRemoteStore } from "./remote-store.ts";

/** The use cases that change something, carried out by the deployed API. Each returns the run as it is then. */
export interface RemoteActions {
  start(body: unknown): Promise<Run>;
  approve(runId: string): Promise<Run>;
  cancel(runId: string): Promise<Run>;
  retry(runId: string, selection: RetrySelection): Promise<Run>;
  resume(runId: string, body: unknown): Promise<Run>;
  /** Looks at a run until it has ended or waits for somebody; it goes on by itself meanwhile. */
  follow(
    runId: string,
    options: { readonly onPass: (run: Run) => void | Promise<void>; readonly signal: AbortSignal },
  ): Promise<Run>;
  notices(request: NoticesRequest): Promise<NoticeList>;
  /** How many notices that were given up are back in the outbox: all of them, or this one. */
  retryNotices(id: string | null): Promise<number>;
  /** The notices of a test message, one for each recipient: told by whoever tells people there. */
  testChannel(channel: string, event: NoticeEvent): Promise<Notice[]>;
  readNotice(id: string): Promise<Notice>;
  health(): Promise<{ status: string; store: string; version: string }>;
}

export interface RemoteApp extends App {
  readonly remote: RemoteActions;
}

/** Milliseconds between two looks at a run; a large one is a large answer. */
const BETWEEN_LOOKS = 2000;
const BETWEEN_LARGE_LOOKS = 10_000;
const LARGE = 1000;

/** Everything that a command needs, on the API that `BIOAGENT_URL` names. */
export function openRemote(config: Config, url: string, warn: (text: string) => void): RemoteApp {
  const api = openApiClient({ url, identity: openIdentity({ url, token: config.token }) });
  const store = openRemoteStore(api);
  return {
    deps: depsOf(config, api, warn),
    cache: new RunsCache(),
    config,
    close: async () => {},
    remote: actionsOf(api, async (runId) => (await store.readRun(runId))!),
  };
}

function actionsOf(api: ApiClient, readRun: (runId: string) => Promise<Run>): RemoteActions {
  const act = async (runId: string, action: string, body: unknown, key?: string): Promise<Run> => {
    const path = `/v1/runs/${encodeURIComponent(runId)}/${action}`;
    const answer = (await api.post(path, body, key)) as { run_id: string };
    return readRun(answer.run_id);
  };
  const readNotice = async (id: string): Promise<Notice> => (await api.get(noticePath(id))) as Notice;
  return {
    async start(body) {
      const answer = (await api.post("/v1/runs", body, randomUUID())) as { run_id: string };
      return readRun(answer.run_id);
    },
    approve: (runId) => act(runId, "approve", {}),
    cancel: (runId) => act(runId, "cancel", {}),
    retry: (runId, selection) => act(runId, "retry", selection),
    resume: (runId, body) => act(runId, "resume", body),
    notices: async ({ run_id, channel, status, limit }) =>
      (await api.get("/v1/notices", { run: run_id, channel, status, limit })) as NoticeList,
    async retryNotices(id) {
      const path = id === null ? "/v1/notices/retry" : `${noticePath(id)}/retry`;
      return ((await api.post(path, {})) as { retried: number }).retried;
    },
    async testChannel(channel, event) {
      const path = `/v1/channels/${encodeURIComponent(channel)}/test`;
      const { notices } = (await api.post(path, { event })) as { notices: { id: string }[] };
      return Promise.all(notices.map(({ id }) => readNotice(id)));
    },
    readNotice,
    health: async () => (await api.get("/v1/health")) as { status: string; store: string; version: string },
    async follow(runId, { onPass, signal }) {
      for (;;) {
        const run = await readRun(runId);
        await onPass(run);
        if (isFinalRun(run.status) || run.held || signal.aborted) return run;
        await sleep(run.summary.total_jobs > LARGE ? BETWEEN_LARGE_LOOKS : BETWEEN_LOOKS, signal);
      }
    },
  };
}

const noticePath = (id: string): string => `/v1/notices/${encodeURIComponent(id)}`;

const elsewhere = async (): Promise<never> => {
  throw new UsageError("this is done where the API runs; unset BIOAGENT_URL to work on this machine");
};

function depsOf(config: Config, api: ApiClient, warn: (text: string) => void): Deps {
  const executors = EXECUTOR_KINDS.map((kind): [ExecutorKind, Executor] => [kind, executorOf(kind, api)]);
  return {
    store: openRemoteStore(api),
    executors: new Map(executors),
    files: {
      locate: elsewhere,
      verify: elsewhere,
      adopt: elsewhere,
      prepare: elsewhere,
      read: elsewhere,
      write: elsewhere,
    },
    channels: new Map(),
    brokenChannels: new Map(),
    patterns: { matching: () => [] },
    ledger: { record: async () => [] },
    hash: () => "",
    now: () => new Date().toISOString(),
    random: Math.random,
    dayOf: (instant) => instant.slice(0, 10),
    defaultExecutor: config.executor,
    subscriptions: config.subscriptions,
    caps: config.caps,
    ping: async () => {},
    warn,
  };
}

/** Of an attempt the API gives the log, wherever it ran. */
const executorOf = (kind: ExecutorKind, api: ApiClient): Executor => ({
  kind,
  capacity: elsewhere,
  submit: elsewhere,
  observe: elsewhere,
  cancel: elsewhere,
  forget: elsewhere,
  changed: elsewhere,
  log: ({ run_id, job, attempt }, { lines }) =>
    api.text(`/v1/runs/${encodeURIComponent(run_id)}/jobs/${encodeURIComponent(job)}/logs`, {
      attempt: attempt.attempt,
      lines: lines ?? undefined,
    }),
});
