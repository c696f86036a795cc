import type { z } from "zod";
import { DURATION_FORM, SIZE_FORM } from "../core/quantity.ts";
import { didYouMean, nearest } from "../core/spelling.ts";
import { show } from "./problem.ts";

type RawIssue = z.core.$ZodRawIssue;

/** What zod found, in words for people: what was read and what is expected. Several unknown keys make several lines. */
export function explainIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(String(issue.expected), issue.input, lastKey(issue));
    case "invalid_value":
      return noneOf(issue.input, issue.values.map(String));
    case "too_small":
      return tooSmall(issue);
    case "too_big":
      return tooBig(issue);
    case "invalid_format":
      return `${show(issue.input)} does not have the form ${issue.pattern ?? issue.format}`;
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, allowedKeys(issue))).join("\n");
    case "invalid_union":
      return `${show(issue.input)} is not what is expected here: ${alternatives(issue).join(", or ")}`;
    default:
      return undefined;
  }
}

const lastKey = (issue: RawIssue): string => String(issue.path?.at(-1) ?? "");

const SIZES = new Set(["memory", "disk"]);
const DURATIONS = new Set(["time", "backoff", "for", "grace"]);

function wrongType(expected: string, input: unknown, key: string): string {
  if (expected === "string" && SIZES.has(key)) return notQuantity(input, "a size", SIZE_FORM);
  if (expected === "string" && DURATIONS.has(key)) return notQuantity(input, "a duration", DURATION_FORM);
  if (input === undefined) return `is missing: expected ${nounOf(expected)}`;
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean")) {
    return `${input} is read as a ${typeof input}; expected a text: put it into quotes, ${JSON.stringify(String(input))}`;
  }
  if (expected === "array" && typeof input === "string")
    return `${show(input)} is not a list: write [${input.slice(0, 60)}]`;
  return `${show(input)} is not ${nounOf(expected)}${hint(expected, input)}`;
}

const notQuantity = (input: unknown, noun: string, form: string): string =>
  input === undefined ? `is missing: write ${form}` : `${show(input)} is not ${noun}: write ${form}`;

function hint(expected: string, input: unknown): string {
  if (expected === "boolean") return ": write true or false";
  if (isNumber(expected) && typeof input === "string") return ": write it without quotes and units";
  if (expected === "object" || expected === "record") return ': expected lines of "key: value"';
  return "";
}

const isNumber = (expected: string): boolean => expected === "number" || expected === "int";

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};
const nounOf = (expected: string): string => NOUNS[expected] ?? expected;

function noneOf(input: unknown, values: readonly string[]): string {
  if (input === undefined) return `is missing: expected ${oneOf(values)}`;
  const suggestion = typeof input === "string" ? didYouMean(input, values) : "";
  return `${show(input)} is not ${oneOf(values)}${suggestion}`;
}
const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? values[0]! : `one of ${values.join(", ")}`;

function tooSmall(issue: RawIssue & { code: "too_small" }): string {
  if (issue.origin === "string" && issue.minimum === 1) return "is empty";
  if (issue.origin === "string") return `has fewer than ${issue.minimum} characters`;
  if (issue.origin === "array") return `the list has too few entries: expected at least ${issue.minimum}`;
  const bound = issue.inclusive === false ? `more than ${issue.minimum}` : `at least ${issue.minimum}`;
  return `${show(issue.input)} is too small: expected ${bound}`;
}

function tooBig(issue: RawIssue & { code: "too_big" }): string {
  if (issue.origin === "string") return `is too long: at most ${issue.maximum} characters`;
  if (issue.origin === "array") return `the list is too long: at most ${issue.maximum} entries`;
  const bound = issue.inclusive === false ? `less than ${issue.maximum}` : `at most ${issue.maximum}`;
  return `${show(issue.input)} is too large: expected ${bound}`;
}

/** What other systems call our fields. */
const FOREIGN: Readonly<Record<string, string>> = {
  command: "script",
  cmd: "script",
  run: "script",
  shell_command: "script",
  container: "image",
  docker: "image",
  name: "id",
  depends_on: "needs",
  after: "needs",
  cpus: "cpu",
  threads: "cpu",
  mem: "memory",
  ram: "memory",
  walltime: "time",
  timeout: "time",
  output: "outputs",
  parameters: "params",
  retries: "times",
};
const RESOURCE_KEYS = ["cpu", "memory", "disk", "time", "spot", "machine", "zones"];

function unknownKey(key: string, allowed: readonly string[]): string {
  const text = `${show(key)} is no field here`;
  const near = nearest(key, allowed);
  if (near !== null) return `${text}; did you mean ${near}?`;
  const other = nearest(key, Object.keys(FOREIGN));
  const foreign = other === null ? undefined : FOREIGN[other];
  if (foreign !== undefined && allowed.includes(foreign)) return `${text}; it is called ${foreign}`;
  if (allowed.includes("resources") && RESOURCE_KEYS.includes(foreign ?? key)) {
    return `${text}; write it under resources:, as ${foreign ?? key}`;
  }
  return `${text}; fields are ${allowed.join(", ")}`;
}

/** The schema that refused says which keys it knows; zod types it only as "some schema". */
function allowedKeys(issue: RawIssue): string[] {
  const definition = issue.inst?._zod.def as unknown as {
    shape?: Record<string, unknown>;
    keyType?: { _zod: { def: { entries?: Record<string, string> } } };
  };
  const entries = definition?.shape ?? definition?.keyType?._zod.def.entries ?? {};
  return Object.keys(entries);
}

function alternatives(issue: RawIssue & { code: "invalid_union" }): string[] {
  const nouns = issue.errors.flatMap((branch) =>
    branch.slice(0, 1).map((inner) => {
      if (inner.code === "invalid_type") return nounOf(inner.expected);
      return inner.code === "invalid_value" ? oneOf(inner.values.map(String)) : inner.message;
    }),
  );
  return [...new Set(nouns)];
}
