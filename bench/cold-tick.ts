/** One tick of a process that knows nothing yet: `node cold-tick.ts STORE RUN`. Prints what it cost, as JSON. */
import { RunsCache } from "../src/app/runs-cache.ts";
import { tickAll } from "../src/app/tick.ts";
import { openSqliteStore } from "../src/stores/sqlite/sqlite-store.ts";
import { countingStore } from "./counting-store.ts";
import type { ColdTick } from "./idle-tick.ts";
import { timed } from "./row.ts";
import { allRunning, stubDeps } from "./stub-world.ts";

const [path] = process.argv.slice(2);
const store = countingStore(openSqliteStore({ path: path! }));
const deps = stubDeps(store, allRunning);
const mebibytes = (): number => process.resourceUsage().maxRSS / 1024;
const bareMiB = mebibytes();
const milliseconds = await timed(() => tickAll(deps, new RunsCache(), "due"));
const cost: ColdTick = { reads: store.counts.reads, milliseconds, peakMiB: mebibytes(), bareMiB };
await store.close();
console.log(JSON.stringify(cost));
