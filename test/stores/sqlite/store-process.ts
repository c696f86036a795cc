/** A process of its own on a store: `node store-process.ts WORK PATH [ARGUMENT]`. It prints one JSON value a line. */
import type { RunStore } from "../../../src/ports.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { aCommit, aJob, aNotice, anEvent, aSheetPage, aStart } from "../../support/documents.ts";

const print = (value: unknown): void => console.log(JSON.stringify(value));
const SHARED_RUN = "2026-02-27_rnaseq_001";

/** Starts so many runs, and after each adds one to the shared run. All processes draw names from one list. */
async function hammer(store: RunStore, count: number): Promise<void> {
  const suggestions = Array.from({ length: 500 }, (_, index) => `name-${index}`);
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

/** Starts runs until the store refuses, and says why, and how many there are then. */
async function fill(store: RunStore): Promise<void> {
  const description = "x".repeat(5_000);
  let created = 0;
  try {
    for (; created < 10_000; created++) await store.start(aStart({ name: `n${created}` }, { description }));
  } catch (error) {
    print({ created, ...failureOf(error), there: (await store.queryRuns({ limit: 10_000 })).items.length });
  }
}

/** Lists, shows and tries to start. */
async function look(store: RunStore): Promise<void> {
  const { items } = await store.queryRuns({ limit: 10 });
  const loaded = await store.load(items[0]?.run_id ?? "", 0, "heads");
  print({ listed: items.length, jobs: loaded?.jobs.length });
  try {
    await store.start(aStart());
    print({ code: "started" });
  } catch (error) {
    print(failureOf(error));
  }
}

const failureOf = (error: unknown): Record<string, unknown> =>
  error instanceof Error
    ? { ...error, cause: undefined, message: error.message }
    : { message: String(error) };

async function main([work, path, argument]: readonly string[]): Promise<void> {
  const store = openSqliteStore({ path: path ?? "", warn: (text) => print({ warning: text }) });
  if (work === "hammer") await hammer(store, Number(argument));
  else if (work === "commit-for-ever") await commitForEver(store, Number(argument));
  else if (work === "fill") await fill(store);
  else if (work === "look") await look(store);
  else throw new Error(`unknown work ${work}`);
  await store.close();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  print(failureOf(error));
  process.exitCode = 1;
}
