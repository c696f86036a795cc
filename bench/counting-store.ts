import type { RunStore } from "../src/ports.ts";

/** Documents, as a store that bills for them would count: what came out of it, and what went in. */
export interface Counts {
  reads: number;
  writes: number;
  jobWrites: number;
}

/** A store that counts documents. A query or a load that finds nothing counts one read, as Firestore bills it. */
export function countingStore(store: RunStore): RunStore & { readonly counts: Counts } {
  const counts: Counts = { reads: 0, writes: 0, jobWrites: 0 };
  const read = (documents: number): void => {
    counts.reads += Math.max(1, documents);
  };
  const counting: RunStore = {
    ...store,
    async start(request) {
      const result = await store.start(request);
      counts.writes += 4;
      return result;
    },
    async load(runId, since, form) {
      const loaded = await store.load(runId, since, form);
      read(loaded ? 1 + loaded.jobs.length : 0);
      return loaded;
    },
    async readRun(runId) {
      read(1);
      return store.readRun(runId);
    },
    async readJobs(runId, keys) {
      read(keys.length);
      return store.readJobs(runId, keys);
    },
    async readSheet(runId, page) {
      read(1);
      return store.readSheet(runId, page);
    },
    async commit(commit) {
      const { jobs, events, notices } = commit;
      counts.writes += 1 + jobs.length + events.length + notices.length;
      counts.jobWrites += jobs.length;
      return store.commit(commit);
    },
    async activeRuns(now, limit) {
      const found = await store.activeRuns(now, limit);
      read(found.length);
      return found;
    },
    async queryRuns(query) {
      const page = await store.queryRuns(query);
      read(page.items.length);
      return page;
    },
    async queryNotices(query) {
      const found = await store.queryNotices(query);
      read(found.length);
      return found;
    },
  };
  return { ...counting, counts };
}
