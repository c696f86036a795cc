/** What processes of their own do on a store, whichever it is. Each prints one JSON value a line. */
import type { RunStore } from "../../src/ports.ts";
import { aCommit, aJob, aNotice, anEvent, aSheetPage, aStart } from "../support/documents.ts";

export const print = (value: unknown): void => console.log(JSON.stringify(value));
const SHARED_RUN = "2026-02-27_rnaseq_001";

/** Starts so many runs, and after each adds one to the shared run. All processes draw names from one list of `names`. */
export async function hammer(
  store: RunStore,
  { count, names }: { readonly count: number; readonly names: number },
): Promise<void> {
  const suggestions = Array.from({ length: names }, (_, index) => `name-${index}`);
  for (let index = 0; index < count; index++) {
    const result = await store.start(aStart({ suggestions }));
    if (result.kind !== "created") throw new Error(`start gave ${result.kind}`);
    print({ id: result.run.run_id, name: result.run.name, lost: await addToShared(store) });
  }
}

/** Adds one event and one to `planned`, however often another process is faster. Returns how often one was. */
async function addToShared(store: RunStore): Promise<number> {
  for (let lost = 0; ; lost++) {
    const run = await store.readRun(SHARED_RUN);
    if (!run) throw new Error("the shared run is gone");
    const next = { ...run, planned: run.planned + 1, event_count: run.event_count + 1 };
    const result = await store.commit(aCommit(next, { events: [anEvent({ seq: run.event_count })] }));
    if (result.kind === "done") return lost;
  }
}

/** Starts runs and commits all their jobs twice, for ever; prints each revision once it is committed. */
export async function commitForEver(store: RunStore, jobs: number): Promise<void> {
  for (let index = 0; ; index++) {
    const name = `n${process.pid}-${index}`;
    const notices = [aNotice({ id: name })];
    const documents = { sheet: [aSheetPage(0, ["a"])], events: [anEvent()], notices };
    const result = await store.start(aStart({ name }, { event_count: 1 }, documents));
    if (result.kind !== "created") throw new Error(`start gave ${result.kind}`);
    const { run_id } = result.run;
    print({ id: run_id, rev: 0 });
    for (let rev = 0; rev < 2; rev++) {
      const run = { ...result.run, rev, event_count: rev + 2 };
      const all = Array.from({ length: jobs }, (_, at) => aJob({ run_id, sample: `s${at}` }));
      await store.commit(aCommit(run, { jobs: all, events: [anEvent({ seq: rev + 1 })] }));
      print({ id: run_id, rev: rev + 1 });
    }
  }
}
