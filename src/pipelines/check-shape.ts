import type { z } from "zod";
import type { Problem } from "../core/pipeline.ts";
import { explainIssue } from "./explain-issue.ts";

/** A problem, and whether its key or its value is at fault. */
export interface ShapeProblem extends Problem {
  readonly at: "key" | "value";
}

/** Data of the schema, or every problem in words for the person who wrote it. */
export type Shape<T> =
  | { readonly data: T; readonly problems: readonly [] }
  | { readonly data: null; readonly problems: readonly ShapeProblem[] };

export function checkShape<S extends z.ZodType>(schema: S, value: unknown): Shape<z.output<S>> {
  const read = schema.safeParse(value, { error: explainIssue });
  if (read.success) return { data: read.data, problems: [] };
  return { data: null, problems: read.error.issues.flatMap((issue) => flatten(issue, [], value)) };
}

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** Unknown keys one by one, and of a union the alternative that was meant. */
function flatten(issue: Issue, base: Path, root: unknown): ShapeProblem[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  switch (issue.code) {
    case "unrecognized_keys": {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, at) => ({ path: [...path, key], message: messages[at] ?? "", at: "key" }));
    }
    case "invalid_key":
      return [{ path, message: issue.issues[0]?.message ?? issue.message, at: "key" }];
    case "invalid_union": {
      const meant = issue.errors.find(
        (branch) => !branch.some((inner) => isOtherKind(inner, valueAt(root, path))),
      );
      if (meant && meant.length > 0) return meant.flatMap((inner) => flatten(inner, path, root));
      return [{ path, message: issue.message, at: "value" }];
    }
    default:
      return [{ path, message: issue.message, at: "value" }];
  }
}

/** Whether an alternative of a union was not meant at all: the value is of another kind altogether. */
const isOtherKind = (issue: Issue, value: unknown): boolean =>
  issue.path.length === 0 &&
  (issue.code === "invalid_type" || (issue.code === "invalid_value" && typeof value !== "string"));

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
