import { conditionNotMet, invalid, notModified } from "./api-error.ts";

/** Preconditions of one request; an object that is not there has generation 0. */
export interface Conditions {
  readonly generationMatch: string | null;
  readonly generationNotMatch: string | null;
  readonly metagenerationMatch: string | null;
  readonly metagenerationNotMatch: string | null;
}

export const NO_CONDITIONS: Conditions = {
  generationMatch: null,
  generationNotMatch: null,
  metagenerationMatch: null,
  metagenerationNotMatch: null,
};

/** `prefix` is `if`, or `ifSource` for the source of a copy. */
export function conditionsIn(query: URLSearchParams, prefix: "if" | "ifSource" = "if"): Conditions {
  const read = (name: string): string | null => {
    const text = query.get(`${prefix}${name}`);
    if (text === null) return null;
    if (!/^\d{1,19}$/.test(text)) throw invalid(`Invalid long value: '${text}'.`);
    return text;
  };
  return {
    generationMatch: read("GenerationMatch"),
    generationNotMatch: read("GenerationNotMatch"),
    metagenerationMatch: read("MetagenerationMatch"),
    metagenerationNotMatch: read("MetagenerationNotMatch"),
  };
}

interface Versioned {
  readonly generation: string;
  readonly metageneration: string;
}

/** Throws 412, or 304 where a reader already has what is there. `object` is null when there is none. */
export function checkConditions(
  object: Versioned | null,
  conditions: Conditions,
  purpose: "read" | "write",
): void {
  const { generation, metageneration } = object ?? { generation: "0", metageneration: "0" };
  const { generationMatch, generationNotMatch, metagenerationMatch, metagenerationNotMatch } = conditions;
  if (generationMatch !== null && generationMatch !== generation) throw conditionNotMet();
  if (metagenerationMatch !== null && metagenerationMatch !== metageneration) throw conditionNotMet();
  const same = generationNotMatch === generation || metagenerationNotMatch === metageneration;
  if (same) throw purpose === "read" ? notModified() : conditionNotMet();
}
