/** One tick of a process that knows nothing yet: `node cold-tick.ts STORE RUN`. Prints what it cost, as JSON. */
import { RunsCache } from "../src/app/runs-cache.ts";
import { tickAll } from "../src/app/tick.ts";
import { openSqliteStore } from "../src/stores/sqlite/sqlite-store.ts";
import { countingStore } from "./counting-store.ts";
import type { ColdTick } from "./idle-tick.ts";
import { peakMiB } from "./peak-memory.ts";
import { timed } from "./row.ts";
import { allRunning, stubDeps } from "./stub-world.ts";

const [path] = process.argv.slice(2);
const store = countingStore(openSqliteStore({ path: path! }));
const deps = stubDeps(store, allRunning);
const bareMiB = peakMiB();
const milliseconds = await timed(() => tickAll(deps, new RunsCache(), "due"));
const cost: ColdTick = { reads: store.counts.reads, milliseconds, peakMiB: peakMiB(), bareMiB };
await store.close();
console.log(JSON.stringify(cost));
