import { inPlaces, type Monitor, type Places, type ShownRun } from "./cloud-places.ts";
import { fill, pause, type Spent, spentBy } from "./cloud-scale.ts";

export interface Storm {
  readonly jobs: number;
  readonly messages: number;
  readonly seconds: number;
  readonly spent: Spent;
  readonly fates: Readonly<Record<string, number>>;
  readonly refused: number;
  readonly mostOpen: number;
  /** As the store has it when the storm is over and one sweep has followed. */
  readonly after: ShownRun;
  /** Jobs that were decided before that sweep. */
  readonly decidedByHints: number;
}

/**
 * Every job of a run ends, evenly over so many seconds, and each end is told `copies` times; a sweep a minute, as Scheduler makes them.
 */
export const measureStorm = (given: { jobs: number; copies: number; seconds: number }): Promise<Storm> =>
  inPlaces(async (places) => {
    const { first, run } = await fill(places, given.jobs);
    await first.stop();
    const monitor = await places.monitor({ push: true });
    await monitor.sweep();
    const spent = await spentBy(monitor, async () => {
      await storm(places, monitor, given);
      await settled(places);
    });
    const decidedByHints = endedOf(await monitor.show(run));
    await monitor.sweep();
    const cost = await monitor.cost();
    return {
      jobs: given.jobs,
      seconds: given.seconds,
      spent,
      messages: cost.pushes,
      fates: cost.hints,
      refused: cost.refused,
      mostOpen: cost.mostOpen,
      after: await monitor.show(run),
      decidedByHints,
    };
  });

const MINUTE = 60_000;
/** Jobs end in so many steps a second at most. */
const STEP = 50;

async function storm(
  { batch }: Places,
  monitor: Monitor,
  { copies, seconds }: { copies: number; seconds: number },
): Promise<void> {
  const attempts = batch.machines.running();
  const begun = Date.now();
  const sweeps: Promise<void>[] = [];
  batch.repeat(copies);
  for (let at = 0; at < attempts.length; ) {
    const elapsed = Date.now() - begun;
    if (elapsed >= sweeps.length * MINUTE) sweeps.push(monitor.sweep());
    const due = Math.min(attempts.length, Math.ceil((elapsed / (seconds * 1000)) * attempts.length));
    await Promise.all(attempts.slice(at, due).map((attempt) => batch.machines.end(attempt)));
    at = Math.max(at, due);
    await pause(STEP);
  }
  await Promise.all(sweeps);
}

/** Waits until every message is acknowledged, and so every look that one asked for is over; at most a minute. */
async function settled({ batch }: Places): Promise<void> {
  const deadline = Date.now() + MINUTE;
  while (batch.pending() > 0 && Date.now() < deadline) await pause(100);
}

const endedOf = ({ summary }: ShownRun): number =>
  ["succeeded", "failed", "skipped", "cancelled"].reduce((sum, status) => sum + (summary[status] ?? 0), 0);
