import type { Observation } from "../../core/observation.ts";
import type { Resources } from "../../core/resources.ts";

/** What a document of Google Cloud Batch says of one attempt, whole or partial. */
export interface Seen {
  readonly executor: "gcp_batch";
  /** What the document calls the job; null when it has no name. */
  readonly name: string | null;
  /** Its `attempt` is the job's name: the reader knows no attempt ids. */
  readonly observation: Observation;
  /** In attempt words; null where the document does not say. */
  readonly state: Observation["status"];
  /** True when it shows a failure, even where it does not say how things stand. */
  readonly failure: boolean;
  readonly waiting: { readonly reason: string; readonly detail: string } | null;
  /** What the job asks for, as far as the document says. */
  readonly resources: Partial<Resources>;
  readonly spot: boolean | null;
  /** Seconds it ran, if known. */
  readonly ranSeconds: number | null;
  /** Earlier losses of its machine (50002) after it had run. */
  readonly vanishedBefore: number;
  /** True for what asks for a job and says nothing of how one stands: there is nothing to judge. */
  readonly definitionOnly: boolean;
  /** A sentence about what the state alone does not say; null when there is nothing to add. */
  readonly note: string | null;
}

/** A document that says nothing: the base of every other. */
export const nothingSeen = (name: string | null = null): Seen => ({
  executor: "gcp_batch",
  name,
  observation: { attempt: name ?? "", status: null },
  state: null,
  failure: false,
  waiting: null,
  resources: {},
  spot: null,
  ranSeconds: null,
  vanishedBefore: 0,
  definitionOnly: false,
  note: null,
});
