/** A process of its own on a store: `node store-process.ts WORK PATH [ARGUMENT]`. It prints one JSON value a line. */
import type { RunStore } from "../../../src/ports.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { aStart } from "../../support/documents.ts";
import { commitForEver, hammer, print } from "../store-work.ts";

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
  if (work === "hammer") await hammer(store, { count: Number(argument), names: 500 });
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
