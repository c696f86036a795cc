import { z } from "zod";
import { Duration, Size } from "./resources.ts";
import { ACTIONS, EVIDENCE_SOURCES, EXECUTOR_KINDS, FAILURE_CLASSES, WAITING_REASONS } from "./status.ts";

/** An exit code, or a range of them written `"130-145"`. */
export const ExitCodes = z.union([
  z.number().int().min(0).max(99999),
  z.string().regex(/^\d{1,5}-\d{1,5}$/, { error: 'an exit code range is written "130-145"' }),
]);
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z
    .union([item, z.array(item).min(1).max(100)])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.infer<T>[]);

/** What a rule looks at. Every given condition must hold; a list holds when one of its members does. */
export const RuleCondition = z.strictObject({
  class: oneOrMore(z.enum(FAILURE_CLASSES)).optional(),
  exit_code: oneOrMore(ExitCodes).optional(),
  /** RE2 patterns, searched in the log tail. */
  log: oneOrMore(z.string().min(1).max(500)).optional(),
  step: oneOrMore(z.string()).optional(),
  executor: oneOrMore(z.enum(EXECUTOR_KINDS)).optional(),
  /** Where the evidence comes from: `limit` is the attempt's own limit, `log` what its log said. */
  evidence: oneOrMore(z.enum(EVIDENCE_SOURCES)).optional(),
  waiting: z.enum(WAITING_REASONS).optional(),
  /** With `waiting`: for at least this long. */
  for: Duration.optional(),
});
export type RuleCondition = z.infer<typeof RuleCondition>;

const factor = z.number().min(1).max(16);

/**
 * One rule of the table: the first whose condition holds, and which still has something to spend, decides.
 * Rules are data; they stand on the run document as they were when the run started.
 */
export const Rule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,59}$/, { error: "a rule's name is lower case letters, digits, - and _" }),
  when: RuleCondition,
  do: z.enum(ACTIONS),
  scale: z
    .strictObject({ memory: factor.optional(), time: factor.optional(), disk: factor.optional() })
    .optional(),
  cap: z
    .strictObject({ memory: Size.optional(), time: Duration.optional(), disk: Size.optional() })
    .optional(),
  set: z
    .strictObject({
      spot: z.boolean().optional(),
      zones: z.array(z.string()).max(20).optional(),
      machine: z.string().optional(),
      executor: z.enum(EXECUTOR_KINDS).optional(),
    })
    .optional(),
  /** Retries that this rule may spend on one job, in one round. */
  times: z.number().int().min(0).max(20).optional(),
  /** Retries of attempts that never ran; they do not count in `times`. */
  free: z.number().int().min(0).max(50).optional(),
  /** Retry only while the time that such failures took is less than the step's `time`. */
  within_time: z.boolean().optional(),
  /** First pause; it doubles with each retry by this rule, with jitter, up to one hour. */
  backoff: Duration.optional(),
  /** When nothing is left to spend: `next` looks at the following rules. */
  then: z.enum(["next", "skip", "fail", "abort"]).optional(),
});
export type Rule = z.infer<typeof Rule>;
