import { z } from "zod";
import type { Call } from "./call.ts";
import { globPattern } from "./glob.ts";

const wholeNumber = z.number().int().min(0);

/** What shall go wrong, as `POST /control/faults` takes it. Deterministic: by count, never by chance. */
export const Fault = z.strictObject({
  /** `objects.insert`, ...; every operation when it is left out. */
  operation: z.string().optional(),
  bucket: z.string().optional(),
  /** A glob over object names, as in `matchGlob`. */
  object: z.string().optional(),
  /** So many matching requests pass first. */
  skip: wholeNumber.default(0),
  /** So many go wrong; null: all, until the faults are cleared. */
  times: wholeNumber.nullable().default(1),
  then: z.union([
    /** An error; with `applied` the work is done nevertheless. */
    z.strictObject({
      status: z.number().int().min(400).max(599),
      message: z.string().optional(),
      reason: z.string().optional(),
      retry_after: wholeNumber.optional(),
      applied: z.boolean().default(false),
    }),
    /** The connection breaks after so many bytes of the request's body. */
    z.strictObject({ cut_request_after: wholeNumber }),
    /** The work is done, and the connection breaks after so many bytes of the answer's body. */
    z.strictObject({ cut_answer_after: wholeNumber }),
    /** Milliseconds before the work begins. */
    z.strictObject({ delay: wholeNumber.max(600_000) }),
  ]),
});
export type Fault = z.infer<typeof Fault>;
export type Effect = Fault["then"];

/** Faults in the order given; the first that matches a request and is not used up takes it. */
export function openFaults() {
  let faults: (Fault & { seen: number; done: number; pattern: RegExp | null })[] = [];
  return {
    add(added: readonly Fault[]): void {
      const ready = added.map((fault) => ({
        ...fault,
        ...{ seen: 0, done: 0 },
        pattern: fault.object === undefined ? null : globPattern(fault.object),
      }));
      faults = [...faults, ...ready];
    },
    clear(): void {
      faults = [];
    },
    list: () => faults.map(({ pattern: _pattern, ...fault }) => fault),
    next(call: Call): Effect | null {
      for (const fault of faults) {
        if (fault.operation !== undefined && fault.operation !== call.operation) continue;
        if (fault.bucket !== undefined && fault.bucket !== call.bucket) continue;
        if (fault.pattern !== null && !fault.pattern.test(call.object)) continue;
        if (fault.times !== null && fault.done >= fault.times) continue;
        fault.seen += 1;
        if (fault.seen <= fault.skip) continue;
        fault.done += 1;
        return fault.then;
      }
      return null;
    },
  };
}
