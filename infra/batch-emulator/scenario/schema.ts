import { z } from "zod";
import { codeOf } from "../faults/errors.ts";

/** Emulated milliseconds. */
const milliseconds = z.number().int("must be a whole number of milliseconds").min(0);
const anyState = z.enum(["QUEUED", "SCHEDULED", "RUNNING"]);

const strike = z.strictObject({
  /** From the moment at which the job (or task) reaches the state. */
  after_ms: milliseconds.default(0),
  at: z.enum(["SCHEDULED", "RUNNING"]).default("RUNNING"),
  /** Index of the only task that it happens to. */
  task: z.number().int().min(0).optional(),
});
const wait = z.strictObject({
  for_ms: milliseconds,
  at: z.enum(["QUEUED", "SCHEDULED"]).default("SCHEDULED"),
  /** Of the quota. */
  name: z.string().min(1).optional(),
  zone: z.string().min(1).optional(),
});
const duration = z.strictObject({ for_ms: milliseconds });
const code = z
  .union([z.number().int(), z.string()])
  .refine(
    (given) => codeOf(given) !== null,
    "must be an HTTP code (429) or a gRPC status (RESOURCE_EXHAUSTED)",
  );

/** What happens to a job. */
export const jobEffects = z.strictObject({
  preempt: strike.optional(),
  vm_lost: strike.optional(),
  reboot: strike.optional(),
  unresponsive: strike.optional(),
  recreate: strike.optional(),
  quota: wait.optional(),
  stock_out: wait.optional(),
  provider_cancel: z
    .strictObject({ after_ms: milliseconds.default(0), at: anyState.default("SCHEDULED") })
    .optional(),
  zero_tasks: z.strictObject({ text: z.string().min(1).optional() }).optional(),
  unordered_events: z.literal(true).optional(),
  lagging_counts: duration.optional(),
  hidden_tasks: duration.optional(),
  push: z
    .strictObject({
      /** So many more times than once. */
      duplicates: z.number().int().min(0).max(100).default(0),
      delay_ms: milliseconds.default(0),
      /** Up to so much more, by chance: what came later may arrive earlier. */
      shuffle_ms: milliseconds.default(0),
    })
    .optional(),
});

/** What happens to a call. */
export const callEffects = z.strictObject({
  error: z
    .strictObject({
      code,
      message: z.string().min(1).optional(),
      /** Do what was asked, then fail. */
      after: z.boolean().default(false),
    })
    .optional(),
  /** Do what was asked, then fail with DEADLINE_EXCEEDED. */
  deadline_exceeded: z.literal(true).optional(),
  /** From the first match, every match fails with 503 for so long. */
  unavailable: duration.optional(),
  slow: duration.optional(),
  /** A field mask is not known here: all fields are answered; or a call that brings one is INVALID_ARGUMENT. */
  field_mask: z.enum(["ignored", "refused"]).optional(),
});

const effects = z
  .strictObject({ ...jobEffects.shape, ...callEffects.shape })
  .refine((given) => Object.values(given).some((one) => one !== undefined), "must name at least one effect");

const match = z.strictObject({
  /** `CreateJob`, `ListJobs`, ...; for effects on calls. */
  method: z
    .string()
    .regex(/^[A-Z][A-Za-z]+$/, "must be a method's name, such as CreateJob")
    .optional(),
  /** Of the job's id; `*` stands for anything, `?` for one character. */
  job: z.string().min(1).optional(),
  label: z.record(z.string(), z.string()).optional(),
  /** Which attempt of a task, from 1; 0 for each. For effects that end a task. */
  attempt: z.number().int().min(0).default(1),
  /** Only the so-manieth match, from 1. */
  nth: z.number().int().min(1).optional(),
  /** At most so many matches. */
  times: z.number().int().min(1).optional(),
  /** Each match by chance, from 0 to 1. */
  chance: z.number().min(0).max(1).optional(),
});

export const rule = z
  .strictObject({ name: z.string().min(1).optional(), match: match.prefault({}), effect: effects })
  .superRefine((given, context) => {
    const forCalls = Object.keys(callEffects.shape).some((name) => name in given.effect);
    const forJobs = Object.keys(jobEffects.shape).some((name) => name in given.effect);
    if (forCalls && forJobs) {
      context.addIssue({
        code: "custom",
        path: ["effect"],
        message: "mixes effects on calls and on jobs; make two rules",
      });
    }
    if (given.effect.field_mask !== undefined && Object.keys(given.effect).length > 1) {
      context.addIssue({
        code: "custom",
        path: ["effect", "field_mask"],
        message: "stands alone in its rule; make two rules",
      });
    }
    if (forJobs && given.match.method !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["match", "method"],
        message: "is for effects on calls; this effect is on jobs",
      });
    }
  });
export type Rule = z.infer<typeof rule>;

const latencies = z
  .strictObject({
    queued_ms: milliseconds,
    scheduled_ms: milliseconds,
    assigned_ms: milliseconds,
    retry_ms: milliseconds,
    counts_lag_ms: milliseconds,
    hidden_tasks_ms: milliseconds,
    cancel_ms: milliseconds,
    delete_ms: milliseconds,
  })
  .partial();

export const scenario = z.strictObject({
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
  /** Latencies, times of rules and lasting tasks are divided by it. */
  speed: z.number().positive().optional(),
  latencies: latencies.optional(),
  rules: z.array(rule).default([]),
});
export type Scenario = z.infer<typeof scenario>;
