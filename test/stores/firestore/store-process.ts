/** A process of its own on a store: `node store-process.ts WORK HOST PROJECT [ARGUMENT]`. It prints one JSON value a line. */
import type { RunStore } from "../../../src/ports.ts";
import { openFirestoreStore } from "../../../src/stores/firestore/firestore-store.ts";
import { aCommit, aJob, aNotice, anEvent, aSheetPage, aStart } from "../../support/documents.ts";

const print = (value: unknown): void => console.log(JSON.stringify(value));
const SHARED_RUN = "2026-02-27_rnaseq_001";

/** Starts so many runs, and after each adds one to the shared run. All processes draw names from one list. */
async function hammer(store: RunStore, count: number): Promise<void> {
  const suggestions = Array.from({ length: 200 }, (_, index) => `name-${index}`);
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
async function commitForEver(store: RunStore, jobs: number): Promise<void> {
  for (let index = 0; ; index++) {
    const name = `n${process.pid}-${index}`;
    const documents = {
      sheet: [aSheetPage(0, ["a"])],
      events: [anEvent()],
      notices: [aNotice({ id: name })],
    };
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

const [work, emulatorHost, projectId = "", argument] = process.argv.slice(2);
const warn = (text: string): void => print({ warning: text });
const store = openFirestoreStore({ projectId, databaseId: "bioagent", emulatorHost, warn });
if (work === "hammer") await hammer(store, Number(argument));
else if (work === "commit-for-ever") await commitForEver(store, Number(argument));
else throw new Error(`unknown work ${work}`);
await store.close();
