import type { Event } from "../../src/core/event.ts";
import { runId } from "../../src/core/ids.ts";
import type { Job } from "../../src/core/job.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { Run } from "../../src/core/run.ts";
import type {
  ChannelState,
  Commit,
  JobQuery,
  NoticeQuery,
  Page,
  RunQuery,
  RunStore,
  SheetPage,
  StartRequest,
  StartResult,
  Thread,
} from "../../src/ports.ts";
import { refuseOversize } from "../../src/stores/commit-limits.ts";
import { appended, formsOf, frozenCopy, type JobForms, storable } from "./memory-documents.ts";
import {
  byAge,
  compare,
  comparePlaces,
  dueOf,
  epoch,
  isWantedJob,
  isWantedNotice,
  isWantedRun,
  pageOf,
  placeOf,
} from "./memory-queries.ts";

/** All of one run. A commit replaces it whole. */
interface Shelf {
  readonly run: Run;
  readonly jobs: ReadonlyMap<string, JobForms>;
  readonly events: ReadonlyMap<number, Event>;
  readonly sheet: readonly SheetPage[];
}

type Request = NonNullable<StartRequest["request"]>;

/**
 * The run store for property tests: deterministic, no I/O. Documents that it gives out are frozen.
 * A plain object, so that a test may put a fault over a method: `{ ...store, commit }`.
 */
export function openMemoryStore(options: { readonly uid?: string } = {}): RunStore {
  const store = new MemoryStore(options.uid ?? "memory-store");
  return {
    uid: () => store.uid(),
    start: (request) => store.start(request),
    load: (id, since, form) => store.load(id, since, form),
    readRun: (id) => store.readRun(id),
    readJobs: (id, keys) => store.readJobs(id, keys),
    readSheet: (id, page) => store.readSheet(id, page),
    commit: (commit) => store.commit(commit),
    resolve: (reference) => store.resolve(reference),
    queryRuns: (query) => store.queryRuns(query),
    queryJobs: (query) => store.queryJobs(query),
    activeRuns: (now, limit) => store.activeRuns(now, limit),
    readEvents: (id, after, limit) => store.readEvents(id, after, limit),
    queryNotices: (query) => store.queryNotices(query),
    readNotice: (id) => store.readNotice(id),
    addNotice: (notice) => store.addNotice(notice),
    updateNotice: (notice) => store.updateNotice(notice),
    readChannel: (channel) => store.readChannel(channel),
    updateChannel: (state) => store.updateChannel(state),
    readThread: (runId, channel) => store.readThread(runId, channel),
    updateThread: (thread) => store.updateThread(thread),
    close: () => store.close(),
  };
}

/** Every method does its work before it returns its promise, so callers never interleave within one. */
class MemoryStore implements RunStore {
  readonly #uid: string;
  readonly #shelves = new Map<string, Shelf>();
  readonly #runByName = new Map<string, string>();
  readonly #counters = new Map<string, number>();
  readonly #requests = new Map<string, Request & { readonly run_id: string }>();
  readonly #notices = new Map<string, Notice>();
  readonly #channels = new Map<string, ChannelState>();
  readonly #threads = new Map<string, Thread>();

  constructor(uid: string) {
    this.#uid = uid;
  }

  async uid(): Promise<string> {
    return this.#uid;
  }

  async start(request: StartRequest): Promise<StartResult> {
    const count = (this.#counters.get(request.day) ?? 0) + 1;
    const id = runId(request.day, request.pipeline, count);
    const earlier = this.#earlierStart(request, id);
    if (earlier) return earlier;
    const candidates = request.name === null ? request.suggestions : [request.name];
    if (candidates.length === 0) throw new Error("a start needs a name, or at least one suggestion");
    const name = candidates.find((candidate) => !this.#runByName.has(candidate));
    if (name === undefined) return { kind: "name_taken", by: this.#runByName.get(candidates.at(-1)!)! };
    const run = this.#putStart(request, id, name);
    this.#counters.set(request.day, count);
    if (request.request) this.#requests.set(request.request.key, { ...request.request, run_id: id });
    return { kind: "created", run };
  }

  #earlierStart(request: StartRequest, id: string): StartResult | null {
    const known = request.request && this.#requests.get(request.request.key);
    if (!known) return null;
    const { run } = request.documents(id, request.name ?? request.suggestions[0] ?? id);
    if (epoch(known.expires_at) < epoch(run.created_at)) return null;
    if (known.hash !== request.request?.hash) return { kind: "key_reused", by: known.run_id };
    return { kind: "repeated", run: this.#shelves.get(known.run_id)!.run };
  }

  #putStart(request: StartRequest, id: string, name: string): Run {
    const { run, events, sheet, notices } = frozenCopy(request.documents(id, name));
    if (run.run_id !== id || run.name !== name) {
      throw new Error(`documents of run ${id} (${name}) name themselves ${run.run_id} (${run.name})`);
    }
    this.#shelves.set(id, { run, jobs: new Map(), events: appended(id, new Map(), events), sheet });
    this.#runByName.set(name, id);
    this.#addNotices(notices);
    return run;
  }

  async commit(commit: Commit): ReturnType<RunStore["commit"]> {
    const id = commit.run.run_id;
    const rev = commit.run.rev + 1;
    const jobs = commit.jobs.map((job) => storable(job, id, rev));
    const { events, notices } = commit;
    const documents = [{ ...commit.run, rev }, ...jobs, ...events, ...notices];
    refuseOversize(
      id,
      documents.map((document) => JSON.stringify(document)),
    );
    const shelf = this.#shelves.get(id);
    if (shelf?.run.rev !== commit.run.rev) return { kind: "conflict" };
    this.#shelves.set(id, {
      ...shelf,
      run: frozenCopy({ ...commit.run, rev }),
      jobs: new Map([...shelf.jobs, ...jobs.map((job) => [job.key, formsOf(frozenCopy(job))] as const)]),
      events: appended(id, shelf.events, frozenCopy(events)),
    });
    this.#addNotices(frozenCopy(notices));
    return { kind: "done", rev };
  }

  #addNotices(notices: readonly Notice[]): void {
    for (const notice of notices) if (!this.#notices.has(notice.id)) this.#notices.set(notice.id, notice);
  }

  async load(id: string, since: number, form: "heads" | "whole"): ReturnType<RunStore["load"]> {
    const shelf = this.#shelves.get(id);
    if (!shelf) return null;
    const changed = [...shelf.jobs.values()].filter(({ job }) => job.rev > since);
    const jobs = changed.map((forms) => (form === "whole" ? forms.whole : forms.head));
    return { run: shelf.run, jobs: jobs.sort((a, b) => compare(a.key, b.key)) };
  }

  async readRun(id: string): Promise<Run | null> {
    return this.#shelves.get(id)?.run ?? null;
  }

  async readJobs(id: string, keys: readonly string[]): Promise<Job[]> {
    return keys.flatMap((key) => this.#shelves.get(id)?.jobs.get(key)?.job ?? []);
  }

  async readSheet(id: string, page: number): Promise<SheetPage | null> {
    return this.#shelves.get(id)?.sheet.find((sheet) => sheet.page === page) ?? null;
  }

  async resolve(reference: string): Promise<string[]> {
    if (reference === "") return [];
    const exact = this.#shelves.has(reference) ? reference : this.#runByName.get(reference);
    if (exact !== undefined) return [exact];
    return this.#runs()
      .filter((run) => run.run_id.startsWith(reference) || run.name.startsWith(reference))
      .sort((a, b) => comparePlaces(placeOf(a), placeOf(b)))
      .slice(0, 10)
      .map((run) => run.run_id);
  }

  async queryRuns(query: RunQuery): Promise<Page<Run>> {
    const wanted = this.#runs().filter((run) => isWantedRun(run, query));
    return pageOf(wanted, placeOf, query);
  }

  async queryJobs(query: JobQuery): Promise<Page<Job>> {
    const jobs = [...this.#shelves.values()].flatMap((shelf) =>
      [...shelf.jobs.values()].map(({ job }) => job),
    );
    return pageOf(
      jobs.filter((job) => isWantedJob(job, query)),
      (job) => ({ ...placeOf(this.#shelves.get(job.run_id)!.run), key: job.key }),
      query,
    );
  }

  async activeRuns(now: string, limit: number): Promise<string[]> {
    return this.#runs()
      .filter((run) => dueOf(run) <= epoch(now))
      .sort((a, b) => dueOf(a) - dueOf(b) || compare(a.run_id, b.run_id))
      .slice(0, limit)
      .map((run) => run.run_id);
  }

  async readEvents(id: string, after: number, limit: number): Promise<Event[]> {
    const events = [...(this.#shelves.get(id)?.events.values() ?? [])].filter((event) => event.seq > after);
    return events.sort((a, b) => a.seq - b.seq).slice(0, limit);
  }

  async queryNotices(query: NoticeQuery): Promise<Notice[]> {
    const wanted = [...this.#notices.values()].filter((notice) => isWantedNotice(notice, query));
    const oldest = wanted.sort(byAge);
    return (query.newest ? oldest.reverse() : oldest).slice(0, query.limit);
  }

  async readNotice(id: string): Promise<Notice | null> {
    return this.#notices.get(id) ?? null;
  }

  async addNotice(notice: Notice): Promise<boolean> {
    if (this.#notices.has(notice.id)) return false;
    this.#notices.set(notice.id, frozenCopy(notice));
    return true;
  }

  async updateNotice(notice: Notice): Promise<Notice | null> {
    if (this.#notices.get(notice.id)?.rev !== notice.rev) return null;
    const next = frozenCopy({ ...notice, rev: notice.rev + 1 });
    this.#notices.set(notice.id, next);
    return next;
  }

  async readThread(runId: string, channel: string): Promise<Thread> {
    return this.#threads.get(`${runId} ${channel}`) ?? { run_id: runId, channel, recipients: {}, rev: 0 };
  }

  async updateThread(thread: Thread): Promise<boolean> {
    const key = `${thread.run_id} ${thread.channel}`;
    if ((this.#threads.get(key)?.rev ?? 0) !== thread.rev) return false;
    this.#threads.set(key, frozenCopy({ ...thread, rev: thread.rev + 1 }));
    return true;
  }

  async readChannel(channel: string): Promise<ChannelState> {
    return this.#channels.get(channel) ?? { channel, not_before: null, disabled: null, rev: 0 };
  }

  async updateChannel(state: ChannelState): Promise<boolean> {
    if ((this.#channels.get(state.channel)?.rev ?? 0) !== state.rev) return false;
    this.#channels.set(state.channel, frozenCopy({ ...state, rev: state.rev + 1 }));
    return true;
  }

  async close(): Promise<void> {}

  #runs(): Run[] {
    return [...this.#shelves.values()].map((shelf) => shelf.run);
  }
}
