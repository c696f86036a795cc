import { inPlaces } from "./cloud-places.ts";
import { fill, LISTING_IS_OLD, pause, type Spent, spentBy } from "./cloud-scale.ts";
import { once, type Row } from "./row.ts";

const JOBS = 200;
const BUDGET = 5;

/** What a run costs on Firestore from its start to its end, when every state of an attempt falls into a sweep of its own. */
export const cloudWrites = (): Promise<Row[]> =>
  inPlaces(async (places) => {
    const { machines } = places.batch;
    const { first, run, start, submit, seen } = await fill(places, JOBS);
    const spent = [start, submit, seen];
    for (const [at, attempt] of machines.running().entries())
      await machines.end(attempt, at % 5 === 0 ? 137 : 0);
    const retried = JOBS / 5;
    for (let sweeps = 0; sweeps < 6; sweeps++) {
      await pause(LISTING_IS_OLD);
      spent.push(await spentBy(first, first.sweep));
      if ((await first.show(run)).status === "completed") break;
      // The repeats: a sweep that sees them run, and one that sees their end.
      if (sweeps >= 1) for (const attempt of machines.running()) await machines.end(attempt);
    }
    const { status, outcome } = await first.show(run);
    if (outcome !== "all_succeeded") throw new Error(`the run is ${status}, ${outcome}`);
    return rows(spent, JOBS + retried);
  });

function rows(spent: readonly Spent[], attempts: number): Row[] {
  const sum = (field: keyof Spent): number => spent.reduce((total, part) => total + part[field], 0);
  const what = `cloud: a run of ${JOBS} jobs on Firestore, every fifth of them retried`;
  const perAttempt = sum("jobWrites") / attempts;
  return [
    {
      what: `${what}: job documents written an attempt`,
      measured: once(perAttempt, ""),
      reference: { name: "all documents, events too", ...once(sum("writes") / attempts, "") },
      ratio: sum("jobWrites") / sum("writes"),
      budget: `at most ${BUDGET}`,
      holds: perAttempt <= BUDGET,
    },
    {
      what: `${what}: documents read an attempt`,
      measured: once(sum("reads") / attempts, ""),
      reference: { name: "of the whole run", ...once(sum("reads"), "") },
      ratio: null,
      budget: null,
      holds: null,
    },
  ];
}
