import type { Run } from "../core/run.ts";
import type { RunStore, SheetPage } from "../ports.ts";

/** Pages of each store read lately, by run and page: a run's sheet never changes. */
const pagesOf = new WeakMap<RunStore, Map<string, SheetPage>>();
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

async function readPage(store: RunStore, runId: string, page: number): Promise<SheetPage | null> {
  const pages = pagesOf.get(store) ?? new Map<string, SheetPage>();
  pagesOf.set(store, pages);
  const key = `${page} ${runId}`;
  const cached = pages.get(key);
  if (cached) return cached;
  const read = await store.readSheet(runId, page);
  if (!read) return null;
  if (pages.size >= MOST_PAGES) pages.delete(pages.keys().next().value!);
  pages.set(key, read);
  return read;
}
