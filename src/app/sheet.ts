import type { Run } from "../core/run.ts";
import type { RunStore, SheetPage } from "../ports.ts";

/** Pages of each store read lately or just now, by run and page: a run's sheet never changes. */
const pagesOf = new WeakMap<RunStore, Map<string, Promise<SheetPage | null>>>();
const MOST_PAGES = 64;

/** The rows of one sample, as its sheet had them; one row with its name alone when it came from a list. */
export async function readRows(
  { store }: { readonly store: RunStore },
  run: Run,
  sample: string,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const at = run.samples.indexOf(sample);
  for (let page = Math.floor(Math.max(at, 0) / 500); ; page++) {
    const found = await readPage(store, run.run_id, page);
    if (!found) return [];
    const entry = found.samples.find((candidate) => candidate.sample === sample);
    if (entry) return entry.rows;
  }
}

function readPage(store: RunStore, runId: string, page: number): Promise<SheetPage | null> {
  const pages = pagesOf.get(store) ?? new Map<string, Promise<SheetPage | null>>();
  pagesOf.set(store, pages);
  const key = `${page} ${runId}`;
  const known = pages.get(key);
  if (known) return known;
  const reading = store.readSheet(runId, page);
  if (pages.size >= MOST_PAGES) pages.delete(pages.keys().next().value!);
  pages.set(key, reading);
  const forget = (): void => void pages.delete(key);
  // What is not there yet, or could not be read, is asked for again.
  reading.then((read) => read === null && forget(), forget);
  return reading;
}
