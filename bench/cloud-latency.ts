import { inPlaces, type Monitor, type Places } from "./cloud-places.ts";
import { fill, pause } from "./cloud-scale.ts";
import type { Row } from "./row.ts";

const JOBS = 100;
const MINUTE = 60_000;
/** Jobs end within this part of a minute, milliseconds; the rest is for the last look. */
const ENDS = 50_000;
const BUDGET = 5000;

/** From the moment a job's script has ended to the decision about it, in a minute of real time each: told by push, and by the next sweep. */
export const cloudLatency = (): Promise<Row[]> =>
  inPlaces(async (places) => {
    const { first, run } = await fill(places, JOBS);
    await first.stop();
    const told = await places.monitor({ push: true });
    await minute(places, told, JOBS / 2);
    await told.stop();
    const alone = await places.monitor({ push: false });
    await minute(places, alone, JOBS / 2);
    await alone.sweep();
    const late = await latencies(places, alone, run);
    const [pushed, swept] = [late.slice(0, JOBS / 2), late.slice(JOBS / 2)];
    return [
      {
        what: "cloud: from a job's end to its decision, with push",
        measured: { unit: "ms", values: pushed },
        reference: { name: "by a sweep a minute alone", unit: "ms", values: swept },
        ratio: null,
        budget: `worst under ${BUDGET / 1000} s`,
        holds: Math.max(...pushed) < BUDGET,
        soft: true,
      },
    ];
  });

/** A sweep, and jobs that end evenly in the minute after it. */
async function minute({ batch: { machines } }: Places, monitor: Monitor, count: number): Promise<void> {
  const begun = Date.now();
  const sweep = monitor.sweep();
  for (const [at, attempt] of machines.running().slice(0, count).entries()) {
    await pause(begun + ((at + 1) * ENDS) / count - Date.now());
    await machines.end(attempt);
  }
  await sweep;
  await pause(begun + MINUTE - Date.now());
}

/** In the order in which the jobs ended. */
async function latencies({ batch: { machines } }: Places, monitor: Monitor, run: string): Promise<number[]> {
  const decided = new Map<string, number>();
  for (const { type, job, at } of await monitor.events(run))
    if (type === "job.succeeded" && job !== null) decided.set(job, Date.parse(at));
  return machines
    .ended()
    .map(({ attempt, at }) => (decided.get(jobOf(attempt)) ?? Number.POSITIVE_INFINITY) - at);
}

/** `bioagent-20260227-001-a-s17-1f3a9c2e-a1`: the job is `a-s17`. */
const jobOf = (attempt: string): string => /-(a-s\d+)-[0-9a-f]{8}-a\d+$/.exec(attempt)?.[1] ?? "";
