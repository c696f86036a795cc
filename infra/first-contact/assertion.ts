import type { Contact } from "./contact.ts";
import { exitCodesOf, type Outcome } from "./outcome.ts";
import type { Probe } from "./probe.ts";
import type { ContactSettings } from "./settings.ts";

/** What an assertion cannot be checked without, besides the Batch service. */
export type Need =
  | "bucket"
  | "pubsub"
  | "logging"
  | "compute"
  | "projects"
  | "network"
  | "mirror"
  | "reports";

export interface Finding {
  readonly holds: "yes" | "no" | "unclear";
  /** What was seen, in a line. */
  readonly saw: string;
  /** The raw answers that say so. */
  readonly evidence: unknown;
}

/** One thing that BioAgent and its Batch emulator take for granted of the service, and how it is checked. */
export interface Assertion {
  /** Kebab-case; also the name of its file among the saved answers. */
  readonly id: string;
  /** A sentence with a question mark. */
  readonly question: string;
  /** What the emulator and the executor assume. */
  readonly assumption: string;
  /** The parts of BioAgent to change when it does not hold. */
  readonly matters: readonly string[];
  /** What is done to find out. */
  readonly how: string;
  readonly needs?: readonly Need[];
  /** The jobs whose fate answers it. */
  readonly probes?: readonly Probe[];
  /** Permissions of the caller beyond reading and creating jobs. */
  readonly permissions?: readonly string[];
  /** Why an emulator cannot know; then it is skipped beside one. */
  readonly realOnly?: string;
  /** Other reasons to skip it. */
  readonly unless?: (settings: ContactSettings) => string | null;
  check(contact: Contact): Promise<Finding>;
}

export const yes = (saw: string, evidence: unknown): Finding => ({ holds: "yes", saw, evidence });
export const no = (saw: string, evidence: unknown): Finding => ({ holds: "no", saw, evidence });
export const unclear = (saw: string, evidence: unknown = null): Finding => ({
  holds: "unclear",
  saw,
  evidence,
});

/** `yes` when it holds, else `no`. */
export const verdict = (holds: boolean, saw: string, evidence: unknown): Finding =>
  holds ? yes(saw, evidence) : no(saw, evidence);

/** What `docker run` ends with when it could run nothing: an image that was not pulled, most of all. */
const NOT_RUN = 125;

/** Why an outcome answers nothing; null when it does. */
function nothingTold({ trouble, tasks }: Outcome, { asksForImage }: Probe): string | null {
  if (trouble !== null || asksForImage) return trouble;
  return tasks.flatMap(exitCodesOf).includes(NOT_RUN)
    ? `a container was not run (exit code ${NOT_RUN}): its image could not be pulled, or there is nothing to run it with`
    : null;
}

/** The check of an assertion that is answered by the end of one probe's job; unclear where there was no such end. */
export const byOutcome =
  (probe: Probe, judge: (outcome: Outcome, contact: Contact) => Finding | Promise<Finding>) =>
  async (contact: Contact): Promise<Finding> => {
    const outcome = await contact.lab.outcome(probe);
    const nothing = nothingTold(outcome, probe);
    return nothing ? unclear(nothing, outcome.raw()) : judge(outcome, contact);
  };
