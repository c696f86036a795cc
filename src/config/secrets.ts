import type { z } from "zod";
import { checkShape } from "../pipelines/check-shape.ts";
import { pathText, show } from "../pipelines/problem.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

/** Settings of each kind of channel, `kind` among them. */
export type ChannelKinds = Readonly<Record<string, z.ZodType>>;

/** One entry of `channels:`, as written: secrets are still `${NAME}`. */
export type ChannelSettings = Readonly<Record<string, unknown>> & { readonly kind: string };

export type Resolved<T> =
  | { readonly kind: "ready"; readonly value: T }
  /** A sentence that names what is missing, and never a value. */
  | { readonly kind: "unusable"; readonly reason: string };

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
export const SECRET_MANAGER = "sm://";

/** Replaces each `${NAME}` of a text by the variable's value; says which one is missing. `sm://` texts need the cloud deployment. */
export function resolveSecret(text: string, variables: Variables): Resolved<string> {
  if (text.startsWith(SECRET_MANAGER)) {
    return unusable(
      `${text} is a secret of Secret Manager, which comes with the cloud deployment and is not available here; use a variable, \${NAME}`,
    );
  }
  const missing = [...text.matchAll(REFERENCE)].map((match) => match[1]!).find((name) => !variables[name]);
  if (missing !== undefined) {
    return unusable(
      `the variable ${missing} is ${variables[missing] === undefined ? "not set" : "empty"} here; set it, and the channel works again`,
    );
  }
  return { kind: "ready", value: text.replace(REFERENCE, (_, name: string) => variables[name]!) };
}

const unusable = (reason: string): { kind: "unusable"; reason: string } => ({ kind: "unusable", reason });

/**
 * A channel's settings with its secrets in place, checked by its kind; or why the channel cannot be used on this
 * machine. A run never fails of it, and the reason holds no secret.
 */
export function resolveChannel(
  name: string,
  settings: ChannelSettings,
  context: { variables: Variables; channelKinds: ChannelKinds },
): Resolved<unknown> {
  const resolved = resolveDeep(settings, context.variables);
  if (resolved.kind === "unusable") return unusable(`channel ${name} (${settings.kind}): ${resolved.reason}`);
  const schema = kindOf(settings.kind, context.channelKinds);
  if (!schema) return unusable(`channel ${name}: there is no kind ${settings.kind}`);
  const shape = checkShape(schema, resolved.value);
  if (shape.data !== null) return { kind: "ready", value: shape.data };
  const said = shape.problems.map(({ path, message }) => {
    const value = path.reduce<unknown>(innerOf, resolved.value);
    return `${pathText(path) || "its settings"}: ${withoutValue(message, value)}`;
  });
  const variables = referencesIn(settings);
  const filled = variables.length > 0 ? ` (with ${variables.join(", ")} filled in)` : "";
  return unusable(`channel ${name} (${settings.kind}): ${said.join("; ")}${filled}`);
}

/** Null for a word that is no kind, also where every object has something by that name. */
export const kindOf = (kind: string, kinds: ChannelKinds): z.ZodType | null =>
  Object.hasOwn(kinds, kind) ? kinds[kind]! : null;

export const innerOf = (inner: unknown, key: string | number): unknown =>
  typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined;

/** What is said of a value must not show it: it may be a secret. */
export function withoutValue(message: string, value: unknown): string {
  if (value === undefined || value === null || typeof value === "object") return message;
  const plain = String(value);
  const quoted = [show(value), JSON.stringify(value), JSON.stringify(plain)];
  // A letter or two are in the words around them, too, and no secret.
  const bare = plain.length < 4 ? [] : [plain, plain.slice(0, 60)];
  return [...quoted, ...bare].reduce((text, spelling) => text.replaceAll(spelling, "the value"), message);
}

function resolveDeep(value: unknown, variables: Variables): Resolved<unknown> {
  if (typeof value === "string") return resolveSecret(value, variables);
  if (typeof value !== "object" || value === null) return { kind: "ready", value };
  const entries: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const resolved = resolveDeep(inner, variables);
    if (resolved.kind === "unusable") return resolved;
    entries.push([key, resolved.value]);
  }
  return {
    kind: "ready",
    value: Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries),
  };
}

/** Whether a value, somewhere inside, is known only once variables are filled in. */
export function hasReference(value: unknown): boolean {
  if (typeof value === "string") return value.includes("${") || value.startsWith(SECRET_MANAGER);
  return typeof value === "object" && value !== null && Object.values(value).some(hasReference);
}

/** What a setting is filled in from: variables, or a secret of Secret Manager as it is written. */
export function referencesIn(value: unknown): string[] {
  if (typeof value === "string" && value.startsWith(SECRET_MANAGER)) return [value];
  const variables = [...JSON.stringify(value ?? "").matchAll(REFERENCE)].map((match) => match[1]!);
  return [...new Set(variables)];
}

/** Why a text that looks like a reference is none, or null. */
export function referenceProblem(text: string): string | null {
  if (!text.replace(REFERENCE, "").includes("${")) return null;
  return `a variable is written \${NAME}: letters, digits and _, with the closing brace`;
}
