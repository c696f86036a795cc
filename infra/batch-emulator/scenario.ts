import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import { type Rule, rule, type Scenario, scenario } from "./scenario/schema.ts";

export type { Rule, Scenario } from "./scenario/schema.ts";

/** All that is wrong with a scenario, told at once. */
export class ScenarioError extends Error {
  readonly problems: readonly string[];
  constructor(where: string, problems: readonly string[]) {
    super(
      `the scenario ${where} has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems.map((one) => `  - ${one}`).join("\n")}`,
    );
    this.name = "ScenarioError";
    this.problems = problems;
  }
}

/** Reads a scenario file, YAML or JSON; throws a `ScenarioError`. */
export function readScenario(path: string): Scenario {
  return checked(scenario, path, parseText(path) ?? {});
}

/** A scenario given as a value. */
export const checkScenario = (value: unknown, where = "given"): Scenario => checked(scenario, where, value);

/** Rules given one by one, as the control endpoint gets them: one, a list, or `{ rules: [...] }`. */
export function checkRules(value: unknown): Rule[] {
  if (Array.isArray(value)) return checkScenario({ rules: value }, "posted").rules;
  const isScenario = typeof value === "object" && value !== null && "rules" in value;
  return isScenario ? checkScenario(value, "posted").rules : [checked(rule, "posted", value)];
}

function checked<T>(schema: z.ZodType<T>, where: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ScenarioError(where, result.error.issues.map(problemText));
}

/** `rules[1].effect.preempt.after_ms: must be ...` */
function problemText({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `${place === "" ? "the whole" : place.replace(/^\./, "")}: ${message}`;
}

function parseText(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ScenarioError(path, [`it cannot be read: ${(error as Error).message}`]);
  }
  try {
    return parse(text); // JSON is YAML
  } catch (error) {
    throw new ScenarioError(path, [
      `it is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`,
    ]);
  }
}
