import type { Scale, Spent } from "./cloud-scale.ts";
import { median, once, type Row } from "./row.ts";

const COLD_MEMORY = 200;

/** Each quantity of the largest run, beside the same of the next smaller one. */
export const scaleRows = (scales: readonly Scale[]): Row[] => [
  ...scales.flatMap(budgets),
  ...scales.map((scale) => time(`start of a run of ${scale.jobs} samples by POST`, scale.start)),
  ...scales.map(({ jobs, submit, submitSweeps }) =>
    time(`planning and submitting ${jobs} jobs, ${submitSweeps} sweeps`, submit),
  ),
  ...scales.flatMap(({ jobs, warm, ends, cold, masked, ledger }) => [
    time(`idle tick over ${jobs} running jobs, warm`, ...warm),
    time(`tick over ${jobs} running jobs, cold`, cold),
    time(`tick over ${jobs} running jobs, cold, Batch honours the field mask`, masked),
    time(`tick over ${jobs} running jobs in which 1 % end`, ends),
    time(`tick over ${jobs} running jobs that writes the ledger`, ledger),
  ]),
];

const time = (name: string, ...spent: readonly Spent[]): Row => ({
  what: `cloud: ${name}: time`,
  measured: { unit: "ms", values: spent.map(({ milliseconds }) => milliseconds) },
  reference: { name: "processor time", unit: "ms", values: spent.map(({ cpu }) => cpu) },
  ...{ ratio: null, budget: null, holds: null },
});

function budgets({ jobs, start, submit, warm, ends, cold, masked, bareMiB, minute }: Scale): Row[] {
  const callsAllowed = (10 * jobs) / 1000 + 1;
  const row = (name: string, value: number, rest: Partial<Row> = {}): Row => ({
    what: `cloud: ${jobs} running jobs: ${name}`,
    measured: once(value, ""),
    ...{ reference: null, ratio: null, budget: null, holds: null },
    ...rest,
  });
  const atMost = (name: string, value: number, most: number): Row =>
    row(name, value, { budget: `at most ${most}`, holds: value <= most });
  const warmest = (field: "reads" | "writes" | "batchReads"): number =>
    median(warm.map((each) => each[field]));
  const ended = Math.max(1, jobs / 100);
  return [
    row("Firestore calls of the start by POST (one of them the commit)", start.calls),
    row("job documents written until all are submitted, a job", submit.jobWrites / jobs),
    atMost("Batch read calls in a minute with push, 1 % of them end", minute.batchReads, callsAllowed),
    atMost("idle tick, warm: document reads (2 of them ask the outbox)", warmest("reads"), 4),
    atMost("idle tick, warm: document writes", warmest("writes"), 0),
    atMost("idle tick, warm: Batch read calls", warmest("batchReads"), callsAllowed),
    row("tick in which 1 % end: document reads", ends.reads),
    row("tick in which 1 % end: document writes, an end", ends.writes / ended),
    atMost("tick, cold: document reads", cold.reads, jobs + 10),
    atMost("tick, cold: document writes", cold.writes, 0),
    {
      ...atMost("tick, cold: peak memory", cold.peakMiB, COLD_MEMORY),
      measured: once(cold.peakMiB, "MiB"),
      reference: { name: "before", ...once(bareMiB, "MiB") },
      ratio: cold.peakMiB / bareMiB,
      budget: `under ${COLD_MEMORY} MiB`,
    },
    {
      ...row("tick, cold, Batch honours the field mask: peak memory", 0),
      measured: once(masked.peakMiB, "MiB"),
      reference: { name: "before", ...once(bareMiB, "MiB") },
      ratio: masked.peakMiB / bareMiB,
    },
  ];
}
