import { didYouMean } from "../core/spelling.ts";
import { pathText } from "../pipelines/problem.ts";
import { SETTINGS } from "./list-settings.ts";
import type { Variables } from "./secrets.ts";

/** Read by others than the settings: where the file is, and what tests may need. */
const OTHER_VARIABLES = ["BIOAGENT_CONFIG", "BIOAGENT_REQUIRE"];

export interface Merged {
  readonly value: unknown;
  /** Which variable set what: `local.cpus` -> `BIOAGENT_LOCAL_CPUS`. */
  readonly origins: ReadonlyMap<string, string>;
}

/** The file's settings with the environment's over them; a variable that is empty counts as not set. */
export function mergeEnvironment(file: unknown, variables: Variables): Merged {
  const origins = new Map<string, string>();
  if (typeof file !== "object" || file === null || Array.isArray(file)) return { value: file, origins };
  const merged: Record<string, unknown> = { ...file };
  for (const { env, path, type } of SETTINGS) {
    const text = env === undefined ? undefined : variables[env];
    if (env === undefined || !text) continue;
    if (!place(merged, path, typedValue(text, type))) continue;
    origins.set(pathText(path), env);
  }
  return { value: merged, origins };
}

/** False where the file has something else than a mapping on the way; the schema will say so. */
function place(target: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  let inner = target;
  for (const key of path.slice(0, -1)) {
    const next = inner[key] ?? {};
    if (typeof next !== "object" || Array.isArray(next)) return false;
    inner[key] = { ...next };
    inner = inner[key] as Record<string, unknown>;
  }
  inner[path.at(-1)!] = value;
  return true;
}

/** Variables are texts, of which one holds a list with commas between; what is no number or truth value stays one, and the schema names it. */
function typedValue(text: string, type: string): unknown {
  const trimmed = text.trim();
  if (type === "array") return trimmed.split(",").map((part) => part.trim());
  if (type === "number" && /^\d{1,9}(?:\.\d{1,6})?$/.test(trimmed)) return Number(trimmed);
  if (type === "boolean" && (trimmed === "true" || trimmed === "1")) return true;
  if (type === "boolean" && (trimmed === "false" || trimmed === "0")) return false;
  return text;
}

/** A misspelt variable would silently change nothing. */
export function unknownVariables(variables: Variables): string[] {
  const known = [...SETTINGS.flatMap(({ env }) => (env === undefined ? [] : [env])), ...OTHER_VARIABLES];
  return Object.keys(variables)
    .filter((name) => name.startsWith("BIOAGENT_") && !known.includes(name))
    .map((name) => `${name}  there is no such variable${didYouMean(name, known)}`);
}
