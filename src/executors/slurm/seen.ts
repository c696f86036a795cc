import type { Observation } from "../../core/observation.ts";
import type { Resources } from "../../core/resources.ts";

/** What a Slurm record says of one attempt, whole or partial. */
export interface Seen {
  readonly executor: "slurm";
  /** The job's number; null when the record has none. */
  readonly name: string | null;
  /** Its `attempt` is the job's number: the reader knows no attempt ids. */
  readonly observation: Observation;
  /** In attempt words; null where the record does not say. */
  readonly state: Observation["status"];
  /** True when it shows a failure, even where it does not say how things stand. */
  readonly failure: boolean;
  readonly waiting: { readonly reason: string; readonly detail: string } | null;
  readonly resources: Partial<Resources>;
  readonly spot: null;
  /** Seconds it ran, if known. */
  readonly ranSeconds: number | null;
  readonly vanishedBefore: number;
  /** A sentence about what the state alone does not say; null when there is nothing to add. */
  readonly note: string | null;
}
