import { BatchError } from "./batch-error.ts";
import { type JobLists, jobLists, type ListOptions, PAGE } from "./job-lists.ts";
import { limited } from "./limited.ts";
import type { SeenJob } from "./seen-job.ts";

/** Jobs asked for by one look-up: a filter of that length is still answered. */
const LOOKUP = 50;
/** Milliseconds for which a listing stands for all runs of one tick. */
const FRESH = 8000;
/** Milliseconds after which an attempt that nobody asked about is not looked up with others any more. */
const WATCHED = 120_000;
const WIDTH = 8;

export type Found =
  | { readonly kind: "found"; readonly job: SeenJob }
  /** Neither listed nor found by its label; only reading it by name makes it certain. */
  | { readonly kind: "absent" }
  | { readonly kind: "unknown"; readonly error: BatchError };

/** The open jobs of one store in one region, seen through as few calls as can be. */
export interface RegionView {
  /** How these attempts' jobs stand, seen not longer ago than a few seconds, and after the last `stale`. */
  find(ids: readonly string[]): Promise<Map<string, Found>>;
  /** Finds each by its label, now. */
  lookUp(ids: readonly string[]): Promise<Map<string, Found>>;
  /** Everything open of this store, listed now. */
  listOpen(): Promise<SeenJob[]>;
  /** Something happened to this attempt, or (null) may have happened to any: what was seen before does not count. */
  stale(id: string | null): void;
}

interface ViewOptions extends ListOptions {
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
}

interface Snapshot {
  readonly begunAt: number;
  readonly finishedAt: number;
  readonly pages: number;
  readonly open: ReadonlyMap<string, SeenJob>;
  /** What was not open, and was looked up since. */
  readonly others: Map<string, Found>;
}

/** See `RegionView`. Kept for the life of an executor. */
export function viewRegion(options: ViewOptions): RegionView {
  return new Region(options);
}

class Region implements RegionView {
  private readonly lists: JobLists;
  private readonly clock: () => number;
  private snapshot: Snapshot | null = null;
  private listing: Promise<Snapshot> | null = null;
  /** Since when nothing older counts; of single attempts too. */
  private staleAt = Number.NEGATIVE_INFINITY;
  private readonly staleIds = new Map<string, number>();
  /** When each attempt was last asked about: those that are not open any more are looked up together, over all runs. */
  private readonly watched = new Map<string, number>();
  /** When look-ups that could have been a page of a listing were made. */
  private lookups: number[] = [];
  /** The last time that nothing at all could be asked: the other runs of that tick need not wait for it again. */
  private failure: { readonly at: number; readonly error: BatchError } | null = null;

  constructor({ clock = () => performance.now(), ...calls }: ViewOptions) {
    this.lists = jobLists(calls);
    this.clock = clock;
  }

  stale(id: string | null): void {
    if (id === null) this.staleAt = this.clock();
    else this.staleIds.set(id, this.clock());
  }

  async find(ids: readonly string[]): Promise<Map<string, Found>> {
    const now = this.clock();
    for (const id of ids) this.watched.set(id, now);
    const { failure } = this;
    if (failure && failure.at >= this.staleAt && now - failure.at < FRESH) return unknown(ids, failure.error);
    const found = await this.findNow(ids);
    const said = [...found.values()];
    const [first] = said;
    const isAway = first?.kind === "unknown" && said.every(({ kind }) => kind === "unknown");
    this.failure = isAway ? { at: this.clock(), error: first.error } : null;
    return found;
  }

  private async findNow(ids: readonly string[]): Promise<Map<string, Found>> {
    const known = this.fresh();
    const uncovered = known ? ids.filter((id) => this.isStale(id, known)) : ids;
    if (known && uncovered.length === 0) return this.from(known, ids);
    if (this.isCheaperByName(uncovered.length)) {
      const named = await this.countedLookUp(uncovered);
      const rest = ids.filter((id) => !named.has(id));
      return known ? new Map([...(await this.from(known, rest)), ...named]) : named;
    }
    try {
      return await this.from(await this.list(), ids);
    } catch (error) {
      return unknown(ids, error);
    }
  }

  async lookUp(ids: readonly string[]): Promise<Map<string, Found>> {
    const chunks = Array.from({ length: Math.ceil(ids.length / LOOKUP) }, (_, at) =>
      ids.slice(at * LOOKUP, (at + 1) * LOOKUP),
    );
    let error: BatchError | null = null;
    const ask = async (chunk: readonly string[]): Promise<Map<string, Found>> => {
      const answer = await this.lookUpChunk(chunk);
      const [first] = answer.values();
      if (first?.kind === "unknown") error = first.error;
      return answer;
    };
    // After one that failed the others would only fail too, each after its own patience.
    const stop = {
      isOver: () => error !== null,
      left: (chunk: readonly string[]) => unknown(chunk, error),
    };
    const found = await limited(chunks, WIDTH, ask, stop);
    return new Map(found.flatMap((map) => [...map]));
  }

  private async lookUpChunk(ids: readonly string[]): Promise<Map<string, Found>> {
    try {
      const jobs = await this.lists.byAttempt(ids);
      const found = new Map(jobs.map((job) => [job.id, job]));
      return new Map(
        ids.map((id) => {
          const job = found.get(id);
          return [id, job ? { kind: "found", job } : { kind: "absent" }];
        }),
      );
    } catch (error) {
      return unknown(ids, error);
    }
  }

  async listOpen(): Promise<SeenJob[]> {
    return (await this.lists.open()).jobs;
  }

  private fresh(): Snapshot | null {
    const { snapshot } = this;
    if (!snapshot || snapshot.begunAt < this.staleAt) return null;
    return this.clock() - snapshot.finishedAt < FRESH ? snapshot : null;
  }

  private isStale(id: string, { begunAt }: Snapshot): boolean {
    return (this.staleIds.get(id) ?? Number.NEGATIVE_INFINITY) >= begunAt;
  }

  /** A few attempts cost less by their labels than by pages; many such questions in a row cost more. */
  private isCheaperByName(count: number): boolean {
    const since = this.clock() - FRESH;
    this.lookups = this.lookups.filter((at) => at >= since);
    const pages = Math.max(this.snapshot?.pages ?? 1, Math.ceil(this.watched.size / PAGE));
    return this.listing === null && this.lookups.length + Math.ceil(count / LOOKUP) <= pages + 1;
  }

  private countedLookUp(ids: readonly string[]): Promise<Map<string, Found>> {
    for (let chunk = 0; chunk < ids.length; chunk += LOOKUP) this.lookups.push(this.clock());
    return this.lookUp(ids);
  }

  /** Answers from a listing; what is not open is looked up, with all other attempts that are watched and not open. */
  private async from(snapshot: Snapshot, ids: readonly string[]): Promise<Map<string, Found>> {
    const isSettled = (id: string): boolean => snapshot.open.has(id) || snapshot.others.has(id);
    const missing = new Set(ids.filter((id) => !isSettled(id)));
    if (missing.size > 0) {
      const since = this.clock() - WATCHED;
      for (const [id, asked] of this.watched) {
        if (asked < since) this.watched.delete(id);
        else if (!isSettled(id)) missing.add(id);
      }
      for (const [id, found] of await this.lookUp([...missing])) {
        snapshot.others.set(id, found);
        if (found.kind !== "unknown") this.watched.delete(id);
      }
    }
    return new Map(
      ids.map((id) => {
        const job = snapshot.open.get(id);
        return [id, job ? { kind: "found", job } : (snapshot.others.get(id) ?? { kind: "absent" })];
      }),
    );
  }

  /** One listing at a time: who asks meanwhile joins it, unless it began before something that matters. */
  private async list(): Promise<Snapshot> {
    while (this.listing) {
      const joined = await this.listing;
      if (joined.begunAt >= this.staleAt) return joined;
    }
    this.listing = this.listNow();
    try {
      return await this.listing;
    } finally {
      this.listing = null;
    }
  }

  private async listNow(): Promise<Snapshot> {
    const begunAt = this.clock();
    const { jobs, pages } = await this.lists.open();
    const open = new Map(jobs.map((job) => [job.id, job]));
    for (const [id, at] of this.staleIds) if (at < begunAt) this.staleIds.delete(id);
    this.snapshot = { begunAt, finishedAt: this.clock(), pages, open, others: new Map() };
    return this.snapshot;
  }
}

function unknown(ids: readonly string[], error: unknown): Map<string, Found> {
  if (!(error instanceof BatchError)) throw error;
  return new Map(ids.map((id) => [id, { kind: "unknown", error }]));
}
