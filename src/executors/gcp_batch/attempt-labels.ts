import type { Submission } from "../../ports.ts";

export const STORE_LABEL = "bioagent-store";
export const ATTEMPT_LABEL = "bioagent-attempt";
export const SPEC_LABEL = "bioagent-spec";
/** Of a job that only takes an attempt's id, so that the attempt can never start. */
export const NEVER_LABEL = "bioagent-never";

/** A label's value: lower case letters, digits, `_` and `-`, at most 63. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .slice(0, 63);

/**
 * What the job, its VM and its disk are labelled with. Only `allocationPolicy.labels` reach the VMs and the bill, so they
 * stand there too. The hash of the definition is not among them: it is made of it.
 */
export function attemptLabels(
  submission: Pick<Submission, "run_id" | "step" | "sample" | "attempt">,
  store: string,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...configured,
    [STORE_LABEL]: labelValue(store),
    "bioagent-run": labelValue(submission.run_id),
    "bioagent-step": labelValue(submission.step),
    ...(submission.sample === null ? {} : { "bioagent-sample": labelValue(submission.sample) }),
    [ATTEMPT_LABEL]: submission.attempt.id,
  };
}
