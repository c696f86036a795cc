import type { Story } from "./engine/story.ts";
import type { Timers } from "./engine/timers.ts";
import { codeOf, faultError } from "./faults/errors.ts";
import { storyOf } from "./faults/job-story.ts";
import { acts, isAbout, type LiveRule, newLiveRule } from "./faults/matching.ts";
import {
  ApiError,
  type Call,
  type Chance,
  type Faults,
  type JobRecord,
  type Records,
  recordKey,
} from "./model.ts";
import type { Rule } from "./scenario.ts";

/** How the messages about a job travel. Emulated milliseconds. */
export interface Travel {
  readonly duplicates: number;
  readonly delayMs: number;
  readonly shuffleMs: number;
}

/** The faults of one emulator: rules of its scenario, and those that were added while it runs. */
export interface EmulatorFaults extends Faults {
  /** What happens to a job that is being admitted. */
  tellStory(record: JobRecord): Story;
  /** What happens to one message about a job. */
  travel(record: JobRecord): Travel;
  add(rules: readonly Rule[]): void;
  clear(): void;
  readonly rules: readonly LiveRule[];
  /** How often each method was called. */
  readonly calls: ReadonlyMap<string, number>;
}

export interface FaultParts {
  readonly records: Records;
  readonly chance: Chance;
  readonly timers: Timers;
  readonly speed: number;
}

const CALL_EFFECTS = ["error", "deadline_exceeded", "unavailable", "slow", "field_mask"] as const;
const isForCalls = ({ rule }: LiveRule): boolean =>
  CALL_EFFECTS.some((name) => rule.effect[name] !== undefined);

export function createFaults(parts: FaultParts, given: readonly Rule[]): EmulatorFaults {
  const { records, chance } = parts;
  const rules = given.map(newLiveRule);
  const calls = new Map<string, number>();
  const subjectOf = (record: JobRecord) => ({
    method: null,
    job: record.id,
    labels: record.job.labels ?? {},
  });
  return {
    rules,
    calls,
    add: (more) => void rules.push(...more.map(newLiveRule)),
    clear: () => void rules.splice(0),
    tellStory(record) {
      const subject = subjectOf(record);
      const met = rules.filter(
        (live) =>
          !isForCalls(live) &&
          live.rule.effect.push === undefined &&
          isAbout(live, subject) &&
          acts(live, chance),
      );
      return storyOf(met.map((live) => live.rule));
    },
    travel(record) {
      const subject = subjectOf(record);
      const met = rules.filter(({ rule }) => rule.effect.push !== undefined);
      const acting = met.find((live) => isAbout(live, subject) && acts(live, chance))?.rule.effect.push;
      return {
        duplicates: acting?.duplicates ?? 0,
        delayMs: acting?.delay_ms ?? 0,
        shuffleMs: acting?.shuffle_ms ?? 0,
      };
    },
    async before(call) {
      calls.set(call.method, (calls.get(call.method) ?? 0) + 1);
      const key = recordKey(call.project, call.location, call.job ?? "");
      const subject = { ...call, labels: call.labels ?? records.jobs.get(key)?.job.labels ?? {} };
      let after: ApiError | null = null;
      let ignoresFieldMask = false;
      for (const live of rules.filter((one) => isForCalls(one) && isAbout(one, subject))) {
        if (live.rule.effect.field_mask !== undefined) ignoresFieldMask ||= ignoresMask(parts, live, call);
        else after = (await applyTo(parts, live, call)) ?? after;
      }
      return { after, ignoresFieldMask };
    },
  };
}

/** Waits, throws, or gives the error with which the call ends after it has been done. */
async function applyTo(parts: FaultParts, live: LiveRule, call: Call): Promise<ApiError | null> {
  const { error, deadline_exceeded: late, unavailable, slow } = live.rule.effect;
  if (unavailable !== undefined && isUnavailable(parts, live, unavailable.for_ms))
    throw faultError(14, call, null);
  if (unavailable !== undefined || !acts(live, parts.chance)) return null;
  if (slow !== undefined) {
    await new Promise<void>((resolve) => parts.timers.after(slow.for_ms / parts.speed, resolve));
  }
  if (late === true) return faultError(4, call, null);
  if (error === undefined) return null;
  const failure = faultError(codeOf(error.code)!, call, error.message ?? null);
  if (error.after) return failure;
  throw failure;
}

/** A call without a mask is no match. Throws where the mask is refused; the words are ours. */
function ignoresMask({ chance }: FaultParts, live: LiveRule, { fieldMask }: Call): boolean {
  if (fieldMask === undefined || !acts(live, chance)) return false;
  if (live.rule.effect.field_mask === "ignored") return true;
  throw new ApiError(3, "The emulator's scenario refuses field masks.");
}

/** The first match on which the rule acts begins it; until its time is over every match fails. */
function isUnavailable({ chance, speed }: FaultParts, live: LiveRule, forMs: number): boolean {
  if (live.until === null && acts(live, chance)) live.until = chance.now() + forMs / speed;
  return live.until !== null && chance.now() < live.until;
}
