import type { Page, RunStore } from "../ports.ts";

export interface CountedStore {
  readonly store: RunStore;
  /** Documents that were read since this was last asked. */
  readsSinceLast(): number;
}

type Count = (result: never, args: readonly unknown[]) => number;

const page: Count = ({ items }: Page<unknown>) => items.length;
const list: Count = (found: readonly unknown[]) => found.length;

/** Documents behind one call. What is not listed reads one. */
const DOCUMENTS: Partial<Record<keyof RunStore, Count>> = {
  load: (loaded: { jobs: readonly unknown[] } | null) => 1 + (loaded?.jobs.length ?? 0),
  readJobs: (_found, [, keys]) => (keys as readonly string[]).length,
  queryRuns: page,
  queryJobs: page,
  resolve: list,
  activeRuns: list,
  readEvents: list,
  queryNotices: list,
};

/** A precondition is not billed as a read. */
const FREE: ReadonlySet<string | symbol> = new Set(["commit", "close"]);

/** Counts as Firestore bills: each document that comes out, and one for a query that finds nothing. */
export function countReads(store: RunStore): CountedStore {
  let reads = 0;
  const counted = new Proxy(store, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key, target);
      if (typeof method !== "function") return method;
      return async (...args: unknown[]) => {
        const result: unknown = await method.apply(target, args);
        const count = DOCUMENTS[key as keyof RunStore];
        const documents = count ? count(result as never, args) : 1;
        if (!FREE.has(key)) reads += Math.max(1, documents);
        return result;
      };
    },
  });
  const readsSinceLast = (): number => {
    const since = reads;
    reads = 0;
    return since;
  };
  return { store: counted, readsSinceLast };
}
