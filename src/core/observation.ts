import type { Evidence, Handle, OutputFile } from "./job.ts";
import type { AttemptStatus, FailureClass, WaitingReason } from "./status.ts";

/** One file of an attempt's manifest, with the declared pattern that it matched. */
export interface ManifestEntry extends OutputFile {
  readonly pattern: string;
}

/** What the wrapper wrote last, `.bioagent/{job}/a{N}.json`: this attempt's own outputs, nobody else's. */
export interface Manifest {
  readonly attempt: string;
  readonly outputs: readonly ManifestEntry[];
}

/** A file in the place of one that was published. */
export interface OtherFile {
  /** Bytes. */
  readonly size: number;
  /** `md5:HEX`; null where none is known. */
  readonly checksum: string | null;
  /** A bucket's generation of it. */
  readonly generation: string | null;
}

/** What was found of an attempt's outputs: its manifest, and the sizes of the files as they lie there now. */
export interface Verification {
  /** Null when the attempt left no manifest. */
  readonly manifest: Manifest | null;
  /** Bytes by path; a path that is absent is absent here. */
  readonly sizes: Readonly<Record<string, number>>;
  /** By path, and then absent in `sizes`: files that lie where an output was published, with another content. */
  readonly others?: Readonly<Record<string, OtherFile>>;
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** What an executor said of one attempt, normalised; its own words stand in `raw_state` and `evidence`. */
export interface Observation {
  /** Attempt id. */
  readonly attempt: string;
  /** Null when the executor could not say: the last state is kept. `succeeded` means exit 0, not yet verified. */
  readonly status: Exclude<AttemptStatus, "recorded"> | null;
  readonly raw_state?: string | null;
  readonly handle?: Handle | null;
  readonly submitted_at?: string | null;
  readonly started_at?: string | null;
  readonly ended_at?: string | null;
  readonly exit_code?: number | null;
  /** The executor's own verdict (an out-of-memory kill that it counted, its own time limit, a preemption). */
  readonly verdict?: FailureClass | null;
  readonly evidence?: readonly Evidence[];
  /** False when the attempt ended without ever having run. */
  readonly ran?: boolean;
  /** For `lost`: true when it is certain that nothing of it runs any more. */
  readonly certain?: boolean;
  readonly waiting?: { readonly reason: WaitingReason; readonly detail?: string } | null;
  readonly peak_memory?: number | null;
  readonly log_tail?: string | null;
  readonly log_uri?: string | null;
  /** Of the user's own patterns, those that the log matched. Patterns are searched at the edge, never in core. */
  readonly matches?: readonly string[];
  /** For exit 0; absent while it could not be looked up. */
  readonly verification?: Verification | null;
}
