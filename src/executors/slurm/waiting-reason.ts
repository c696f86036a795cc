export interface SlurmWaiting {
  /** `quota` and `capacity` are stored; the others are the words for what a job waits for by itself. */
  readonly reason: "quota" | "capacity" | "dependencies" | "concurrency" | "backoff";
  /** Slurm's own word. */
  readonly detail: string;
}

/** The first that fits. A job that is held waits for a person, which is no reason of ours. */
const REASONS: readonly (readonly [RegExp, SlurmWaiting["reason"] | null])[] = [
  [/^JobHeld|^JobHoldMaxRequeue|^ResvDelHold|^launch.failed|^JobLaunchFailure/i, null],
  [/^Dependency/i, "dependencies"],
  [/^JobArrayTaskLimit/i, "concurrency"],
  [/^BeginTime/i, "backoff"],
  [
    /^QOS|^Assoc|^(?:Invalid)?(?:Account|QOS)|^Max.*Per|^PartitionTimeLimit|Grp.*(?:Limit|Minutes)|^AccountingPolicy/i,
    "quota",
  ],
  [
    /^Resources|^Priority|^ReqNodeNotAvail|^Nodes?_?|^Partition|^Reservation|^Licenses|^Cleaning|^BadConstraints|^Front_?End|^BurstBuffer|^Prolog|^Power/i,
    "capacity",
  ],
];

/** Why a pending job waits, from Slurm's reason word: https://slurm.schedmd.com/job_reason_codes.html */
export function waitingOf(reason: string | null): SlurmWaiting | null {
  if (reason === null) return null;
  const found = REASONS.find(([pattern]) => pattern.test(reason))?.[1] ?? null;
  return found === null ? null : { reason: found, detail: reason.slice(0, 500) };
}
