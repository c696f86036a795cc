import { measureStorm, type Storm } from "./cloud-hints.ts";
import { cloudLatency } from "./cloud-latency.ts";
import { missingForCloud } from "./cloud-places.ts";
import { measureScale } from "./cloud-scale.ts";
import { scaleRows } from "./cloud-scale-rows.ts";
import { cloudWrites } from "./cloud-writes.ts";
import { type Bench, once, type Row } from "./row.ts";

/** Dollars of Firestore for 100,000 documents, multi-region: what it costs at most. https://cloud.google.com/firestore/pricing */
const PRICES = { reads: 0.06, writes: 0.18 };

/** The monitor on Google's Firestore emulator and the Batch emulator: what it asks for, what it costs, and how that grows. */
export const cloudBench: Bench = {
  name: "cloud",
  async run({ full } = { full: false }) {
    const missing = missingForCloud();
    if (missing !== null) return [notMeasured(missing)];
    const rows: Row[] = [];
    const scales = [];
    for (const jobs of full ? [100, 1000, 10_000] : [100, 1000]) scales.push(await measureScale(jobs));
    rows.push(...scaleRows(scales));
    const storm = full ? { jobs: 10_000, copies: 1, seconds: 300 } : { jobs: 1000, copies: 10, seconds: 30 };
    rows.push(...stormRows(await measureStorm(storm)));
    return [...rows, ...(await cloudLatency()), ...(await cloudWrites())];
  },
};

const notMeasured = (missing: string): Row => ({
  what: "cloud",
  measured: once(0, ""),
  reference: `not measured: ${missing}`,
  ratio: null,
  budget: null,
  holds: null,
});

function stormRows({ spent, ...storm }: Storm): Row[] {
  const minutes = storm.seconds / 60;
  const what = `cloud: ${storm.messages} hints in ${storm.seconds} s, each of ${storm.jobs} jobs of a run ends`;
  const row = (name: string, value: number, unit: string, rest: Partial<Row> = {}): Row => ({
    what: `${what}: ${name}`,
    measured: once(value, unit),
    ...{ reference: null, ratio: null, budget: null, holds: null },
    ...rest,
  });
  const dollars = (spent.reads * PRICES.reads + spent.writes * PRICES.writes) / 1e5;
  const lost = storm.jobs - (storm.after.summary["succeeded"] ?? 0);
  // Ends are read one by one by their labels, fifty in a call, besides a listing with each sweep.
  const mostReads = (10 * storm.jobs) / 1000 + 1;
  return [
    row("decided before any later sweep", storm.decidedByHints, "", {
      budget: `${storm.jobs}, none lost`,
      holds: lost === 0,
    }),
    // A storm that was shortened asks for more in its one minute than the budget is meant for.
    row("Batch read calls a minute", spent.batchReads / minutes, "", {
      budget: minutes < 5 ? null : `${mostReads}`,
      holds: minutes < 5 ? null : spent.batchReads / minutes <= mostReads,
    }),
    row("Firestore documents read, a job", spent.reads / storm.jobs, ""),
    row("Firestore documents written, a job", spent.writes / storm.jobs, ""),
    row("Firestore, multi-region, the run's ends", dollars * 100, "cents"),
    row("pushes open at once", storm.mostOpen, "", {
      budget: "at most 40",
      holds: storm.mostOpen <= 40,
    }),
    row("pushes not acknowledged", storm.refused, "", { budget: "0", holds: storm.refused === 0 }),
    row("processor time, of a second", spent.cpu / spent.milliseconds, "s"),
    row("peak memory", spent.peakMiB, "MiB"),
  ];
}
