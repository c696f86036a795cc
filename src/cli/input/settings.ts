import { DURATION_FORM, parseDuration, parseSize, SIZE_FORM } from "../../core/quantity.ts";
import type { Resources } from "../../core/resources.ts";
import { didYouMeanOf } from "../../core/spelling.ts";

export const SET_FIELDS = ["cpu", "memory", "disk", "time", "spot"] as const;
type SetField = (typeof SET_FIELDS)[number];

/** New resources, by step. */
export type ResourceSettings = Readonly<Record<string, Partial<Resources>>>;

/** `--set STEP.memory=64GiB`, several times; every bad one is named. */
export function readSettingsOptions(
  texts: readonly string[],
  steps: readonly string[],
): { readonly set: ResourceSettings; readonly problems: readonly string[] } {
  const set: Record<string, Partial<Resources>> = {};
  const problems: string[] = [];
  for (const text of texts) {
    const read = readOne(text, steps);
    if ("problem" in read) problems.push(`--set ${text}: ${read.problem}`);
    else set[read.step] = { ...set[read.step], [read.field]: read.value };
  }
  return { set, problems };
}

type One =
  | { readonly problem: string }
  | { readonly step: string; readonly field: SetField; readonly value: string | number | boolean };

function readOne(text: string, steps: readonly string[]): One {
  const match = /^([^.=]+)\.([^.=]+)=(.*)$/s.exec(text);
  if (!match) return { problem: "write STEP.FIELD=VALUE, such as star_align.memory=64GiB" };
  const [, step, field, value] = match as unknown as [string, string, string, string];
  if (!steps.includes(step))
    return {
      problem: `there is no step ${step}${didYouMeanOf("steps", step, steps)}`,
    };
  if (!isField(field))
    return {
      problem: `${field} cannot be set${didYouMeanOf("fields", field, SET_FIELDS)}`,
    };
  const parsed = PARSERS[field](value);
  return typeof parsed === "object" ? parsed : { step, field, value: parsed };
}

const isField = (text: string): text is SetField => (SET_FIELDS as readonly string[]).includes(text);

type Parser = (text: string) => string | number | boolean | { readonly problem: string };

const size: Parser = (text) =>
  parseSize(text) === null ? { problem: `not a size: write ${SIZE_FORM}` } : text.trim();

const PARSERS: Readonly<Record<SetField, Parser>> = {
  cpu: (text) => {
    const value = Number(text);
    return text.trim() !== "" && value > 0 && value <= 1024
      ? value
      : { problem: "not a number of CPUs above 0" };
  },
  memory: size,
  disk: size,
  time: (text) => (parseDuration(text) ? text.trim() : { problem: `not a duration: write ${DURATION_FORM}` }),
  spot: (text) => (text === "true" ? true : text === "false" ? false : { problem: "write true or false" }),
};
