import type { Job } from "../../core/job.ts";
import { isFinalJob } from "../../core/status.ts";
import type { Kept, RunView } from "../../ports.ts";

/**
 * Which failed and skipped jobs the thread has heard of, in the round: their places in the pipeline's order, which never change. What
 * is about to be told is written down first: a crash in between is then known, and the repeat is marked.
 */
export interface Told {
  readonly round: number;
  readonly told: ReadonlySet<number>;
  readonly telling: ReadonlySet<number>;
  /** The notice in whose delivery that is told. */
  readonly telling_for: string;
  /** Another delivery was about to tell them, and was never heard of again. */
  readonly in_doubt: boolean;
}

const NOTHING = { told: new Set<number>(), telling: new Set<number>(), telling_for: "", in_doubt: false };

/** Of another round nothing counts: its failures are over. */
export function readTold(kept: Kept, round: number): Told {
  if (kept["round"] !== round) return { round, ...NOTHING };
  return {
    round,
    told: placesIn(kept["told"]),
    telling: placesIn(kept["telling"]),
    telling_for: String(kept["telling_for"] ?? ""),
    in_doubt: kept["in_doubt"] === true,
  };
}

export const keepTold = ({ round, told, telling, telling_for, in_doubt }: Told): Kept => ({
  round,
  told: rangesOf(told),
  telling: rangesOf(telling),
  telling_for,
  in_doubt,
});

/** Nothing is about to be told. */
export const settled = (told: Told, more: Iterable<number>): Told => ({
  ...told,
  ...NOTHING,
  told: new Set([...told.told, ...more]),
});

/** The jobs that ended badly by their own attempts in this round, by their places. */
export function badJobs({ run, jobs }: RunView): Map<number, Job> {
  const placeOf = places(run);
  const bad = jobs.filter(
    (job) => job.exhausted && isFinalJob(job.status) && (job.decision?.round ?? run.round) === run.round,
  );
  return new Map(bad.map((job) => [placeOf(job), job]));
}

function places(run: RunView["run"]): (job: Job) => number {
  const samples = new Map(run.samples.map((sample, at) => [sample, at]));
  const starts = new Map<string, number>();
  let start = 0;
  for (const { id, per } of run.pipeline_spec.steps) {
    starts.set(id, start);
    start += per === "sample" ? run.samples.length : 1;
  }
  return (job) =>
    (starts.get(job.step) ?? start) + (job.sample === null ? 0 : (samples.get(job.sample) ?? 0));
}

/** `0-9,17`: a run of many samples fails in few ranges, or in few jobs. */
export function rangesOf(numbers: ReadonlySet<number>): string {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** What is not of this form was not written by us, and counts as nothing. */
export function placesIn(ranges: Kept[string] | undefined): Set<number> {
  const found = new Set<number>();
  for (const [, from, to] of String(ranges ?? "").matchAll(/(\d{1,7})(?:-(\d{1,7}))?/g)) {
    for (let at = Number(from); at <= Number(to ?? from); at++) found.add(at);
  }
  return found;
}
