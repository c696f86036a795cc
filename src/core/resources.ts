import { z } from "zod";
import { bytesOf, DURATION_FORM, parseDuration, parseSize, SIZE_FORM, secondsOf } from "./quantity.ts";

/** A size with its unit, `8GiB`. */
export const Size = z.string().refine((text) => parseSize(text) !== null, {
  error: (issue) => `${JSON.stringify(issue.input)} is not a size: write ${SIZE_FORM}`,
});
/** A duration with its unit, `1h30m`. */
export const Duration = z.string().refine((text) => parseDuration(text) !== null, {
  error: (issue) => `${JSON.stringify(issue.input)} is not a duration: write ${DURATION_FORM}`,
});

/** What one attempt of a job asks for. `time` and `disk` are limits, not wishes: the executor enforces them. */
export const Resources = z.strictObject({
  /** Whole or part CPUs. */
  cpu: z.number().positive().max(1024).default(1),
  memory: Size.default("1GiB"),
  disk: Size.optional(),
  time: Duration.optional(),
  spot: z.boolean().optional(),
  machine: z.string().max(100).optional(),
  zones: z.array(z.string().max(100)).max(20).optional(),
});
export type Resources = z.infer<typeof Resources>;

/** The largest attempt that an executor can run at all; a missing bound is no bound. */
export interface Largest {
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Bytes. */
  readonly disk?: number;
  /** Seconds. */
  readonly time?: number;
}

/** Why these resources can never be had, or an empty list. */
export function tooBig(resources: Resources, largest: Largest): string[] {
  const problems: string[] = [];
  if (largest.cpu !== undefined && resources.cpu > largest.cpu) {
    problems.push(`asks for ${resources.cpu} CPUs; the largest machine has ${largest.cpu}`);
  }
  const bound = (
    what: string,
    asked: string | undefined,
    most: number | undefined,
    unit: (text: string) => number,
  ) => {
    if (asked !== undefined && most !== undefined && unit(asked) > most) {
      problems.push(`asks for ${asked} of ${what}; the most there is, is ${sayMost(what, most)}`);
    }
  };
  bound("memory", resources.memory, largest.memory, bytesOf);
  bound("disk", resources.disk, largest.disk, bytesOf);
  bound("time", resources.time, largest.time, secondsOf);
  return problems;
}

const sayMost = (what: string, most: number): string =>
  what === "time" ? `${most}s` : `${Math.floor(most / 2 ** 20)}MiB`;
