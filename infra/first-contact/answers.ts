import type { Assertion, Finding } from "./assertion.ts";

/** An assertion with what was found out about it. */
export interface Verdict {
  readonly assertion: Assertion;
  readonly holds: Finding["holds"] | "skipped";
  readonly saw: string;
  readonly evidence: unknown;
}

/** One of them as it is printed and saved, without the evidence. */
export interface SavedAnswer {
  readonly id: string;
  readonly holds: Verdict["holds"];
  readonly saw: string;
  readonly question: string;
  readonly assumption: string;
  /** What of BioAgent changes when it does not hold. */
  readonly matters: readonly string[];
}

export const savedAnswer = ({ assertion, holds, saw }: Verdict): SavedAnswer => ({
  id: assertion.id,
  holds,
  saw,
  question: assertion.question,
  assumption: assertion.assumption,
  matters: assertion.matters,
});
