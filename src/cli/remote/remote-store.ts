import type { Event } from "../../core/event.ts";
import type { Job, LoadedJob } from "../../core/job.ts";
import type { Run } from "../../core/run.ts";
import type { RunDocument } from "../../ledger/run-document.ts";
import type { RunQuery, RunStore } from "../../ports.ts";
import { UsageError } from "../failure.ts";
import type { ApiClient } from "./api-client.ts";

const MOST_EVENTS = 5000;
/** More than any run has events: the API does not tell their number, and `after` must stay within its nine digits. */
const MANY_EVENTS = 1_000_000_000;

/**
 * Reads of the run store, answered by a deployed API, so that every command that only reads works on it as it is. What only a store
 * itself can do is refused in one line.
 */
export function openRemoteStore(api: ApiClient): RunStore {
  const show = async (runId: string, jobs: boolean): Promise<RunDocument> =>
    (await api.get(`/v1/runs/${encodeURIComponent(runId)}`, { jobs: String(jobs) })) as RunDocument;
  const readRun = async (runId: string): Promise<Run> => runOf(await show(runId, false));
  const loadWhole = async (runId: string): Promise<{ run: Run; jobs: LoadedJob[] }> => {
    const document = await show(runId, true);
    return { run: runOf(document), jobs: jobsOf(document) };
  };

  return {
    uid: () => refuse(),
    start: () => refuse(),
    commit: () => refuse(),
    addNotice: () => refuse(),
    updateNotice: () => refuse(),
    updateChannel: () => refuse(),
    readChannel: () => refuse(),
    readThread: () => refuse(),
    updateThread: () => refuse(),
    activeRuns: () => refuse(),
    readSheet: () => refuse(),
    queryNotices: () => refuse(),
    readNotice: () => refuse(),
    readRun,
    // Throws what the API says when there is none, or several.
    resolve: async (reference) => [(await readRun(reference)).run_id],
    async load(runId, since) {
      if (since === 0) return loadWhole(runId);
      const run = await readRun(runId);
      return run.rev > since ? loadWhole(runId) : { run, jobs: [] };
    },
    async readJobs(runId, keys) {
      const wanted = new Set(keys);
      return (await loadWhole(runId)).jobs.filter(({ key }) => wanted.has(key));
    },
    async queryRuns(query) {
      const page = (await api.get("/v1/runs", runsQuery(query))) as {
        runs: RunDocument[];
        cursor: string | null;
      };
      return { items: page.runs.map(runOf), cursor: page.cursor };
    },
    async queryJobs({ run_id, limit, ...query }) {
      if (run_id === undefined)
        throw new UsageError("the API lists the jobs of one run: bioagent jobs RUN, or unset BIOAGENT_URL");
      const path = `/v1/runs/${encodeURIComponent(run_id)}/jobs`;
      const page = (await api.get(path, { ...query, limit: Math.min(limit, 1000) })) as {
        jobs: Job[];
        cursor: string | null;
      };
      return { items: page.jobs, cursor: page.cursor };
    },
    async readEvents(runId, after, limit) {
      const path = `/v1/runs/${encodeURIComponent(runId)}/events`;
      const found = await api.get(path, { after, limit: Math.min(limit, MOST_EVENTS) });
      return (found as { events: Event[] }).events;
    },
    close: async () => {},
  };
}

/** A promise that is refused, as any call of a store answers. */
async function refuse(): Promise<never> {
  throw new UsageError(
    "this needs the store itself, which a deployed API does not open; unset BIOAGENT_URL to work on this machine's",
  );
}

const runsQuery = ({ status, labels = {}, text, limit, ...rest }: RunQuery) => ({
  ...rest,
  status,
  label: Object.entries(labels).map(([name, value]) => `${name}:${value}`),
  q: text,
  limit: Math.min(limit, 500),
});

function runOf({ jobs, ...document }: RunDocument): Run {
  const planned = jobs ? Object.keys(jobs).length : document.summary.total_jobs;
  return { ...document, planned, event_count: MANY_EVENTS };
}

function jobsOf(document: RunDocument): LoadedJob[] {
  const { run_id, pipeline, rev, jobs = {} } = document;
  return Object.values(jobs).map((job) => ({
    ...job,
    run_id,
    pipeline,
    rev,
    error: job.error ?? null,
    decision: job.decision ?? null,
    whole: true,
  }));
}
