import { inPlaces, type Monitor, type Places, type WholeCost } from "./cloud-places.ts";
import { timed } from "./row.ts";

/** What one part of a story has cost. */
export interface Spent {
  readonly reads: number;
  readonly writes: number;
  readonly jobWrites: number;
  /** Requests to Firestore. */
  readonly calls: number;
  readonly batchReads: number;
  readonly batchWrites: number;
  readonly milliseconds: number;
  readonly cpu: number;
  readonly peakMiB: number;
}

export interface Scale {
  readonly jobs: number;
  /** `POST /v1/runs`. */
  readonly start: Spent;
  /** From then until every job is submitted, planning among it. */
  readonly submit: Spent;
  readonly submitSweeps: number;
  /** Passes in which nothing happens: the second and later ones of a process. */
  readonly warm: readonly Spent[];
  /** A pass that also writes the ledger, a minute after the run has changed. */
  readonly ledger: Spent;
  /** A pass in which one job in a hundred ends. */
  readonly ends: Spent;
  /** The first pass of a process, and its memory before. */
  readonly cold: Spent;
  readonly bareMiB: number;
  /** The same where Batch honours the field mask of a listing. */
  readonly masked: Spent;
  /** A minute with push: one sweep, and one job in a hundred ends, evenly. */
  readonly minute: Spent;
}

/** A listing stands for all passes of eight seconds: who counts calls waits so long. */
export const LISTING_IS_OLD = 8200;
const MINUTE = 61_000;
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, Math.max(0, milliseconds)));

/** What the work costs the monitor. */
export async function spentBy(monitor: Monitor, work: () => Promise<unknown>): Promise<Spent> {
  const before = await monitor.cost();
  const milliseconds = await timed(work);
  return { ...difference(before, await monitor.cost()), milliseconds };
}

const difference = (before: WholeCost, after: WholeCost): Omit<Spent, "milliseconds"> => ({
  reads: after.firestore.reads - before.firestore.reads,
  writes: after.firestore.writes - before.firestore.writes,
  jobWrites: after.jobWrites - before.jobWrites,
  calls: after.firestore.calls - before.firestore.calls,
  batchReads: after.batch.reads - before.batch.reads,
  batchWrites: after.batch.writes - before.batch.writes,
  cpu: after.cpu - before.cpu,
  peakMiB: after.peakMiB,
});

/** A run of so many jobs from its start on: filled by the product itself, idle, with ends, cold, with push. */
export const measureScale = (jobs: number): Promise<Scale> =>
  inPlaces(async (places) => {
    const filled = await fill(places, jobs);
    const { first } = filled;
    await first.later(MINUTE);
    await pause(LISTING_IS_OLD);
    const ledger = await spentBy(first, first.sweep);
    const warm: Spent[] = [];
    for (let at = 0; at < 2; at++) {
      await first.later(MINUTE);
      await pause(LISTING_IS_OLD);
      warm.push(await spentBy(first, first.sweep));
    }
    await endSome(places, jobs / 100);
    await pause(LISTING_IS_OLD);
    const ends = await spentBy(first, first.sweep);
    await first.stop();

    const second = await places.monitor({ push: true });
    const bareMiB = (await second.cost()).peakMiB;
    const cold = await spentBy(second, second.sweep);
    await second.stop();
    places.batch.honourMask(true);
    await pause(LISTING_IS_OLD);
    const third = await places.monitor({ push: true });
    const masked = await spentBy(third, third.sweep);
    await pause(LISTING_IS_OLD);
    const minute = await spentBy(third, () => minuteWithPush(places, third, jobs / 100));
    const { start, submit, submitSweeps } = filled;
    return { jobs, start, submit, submitSweeps, warm, ledger, ends, cold, bareMiB, masked, minute };
  });

/** Starts a run, sweeps until all its jobs run, and once more (`seen`), so that the store knows it. */
export async function fill(places: Places, jobs: number) {
  const first = await places.monitor({ push: false });
  let run = "";
  const start = await spentBy(first, async () => {
    run = await first.start(jobs);
  });
  let submitSweeps = 0;
  const submit = await spentBy(first, async () => {
    for (; places.batch.machines.running().length < jobs; submitSweeps++) {
      if (submitSweeps > 30) throw new Error(`after ${submitSweeps} sweeps not all of ${jobs} jobs run`);
      await first.sweep();
      await pause(200);
    }
  });
  await pause(LISTING_IS_OLD);
  const seen = await spentBy(first, first.sweep);
  const { summary } = await first.show(run);
  if (summary["running"] !== jobs)
    throw new Error(`not all of ${jobs} jobs run: the store says ${JSON.stringify(summary)}`);
  return { first, run, start, submit, submitSweeps, seen };
}

async function endSome({ batch: { machines } }: Places, count: number): Promise<void> {
  for (const attempt of machines.running().slice(0, count)) await machines.end(attempt);
}

async function minuteWithPush(places: Places, monitor: Monitor, count: number): Promise<void> {
  const { machines } = places.batch;
  const begun = Date.now();
  const sweeping = monitor.sweep();
  const attempts = machines.running().slice(0, count);
  for (const [at, attempt] of attempts.entries()) {
    await pause(begun + (at * 50_000) / attempts.length - Date.now());
    await machines.end(attempt);
  }
  await sweeping;
  await pause(begun + 60_000 - Date.now());
}
