import type { MessageSchema } from "../validate/schema.ts";
import { comparison } from "./filter-compare.ts";
import { type FilterNode, parseFilter } from "./filter-parse.ts";

/** Whether a message in JSON form is one that was asked for. */
export type Matches = (message: object) => boolean;

/**
 * An AIP-160 filter as a predicate on messages of this schema. Names of fields are found in any case and in either spelling
 * (`Status.State` is in production code, google/clusterfuzz); `aliases` names first segments, in lower case, that stand for a path.
 * Throws INVALID_ARGUMENT for what cannot be read, for fields that are not there, and for values that a field cannot have.
 */
export function compileFilter(
  schema: MessageSchema,
  filter: string,
  aliases: Readonly<Record<string, string>> = {},
): Matches {
  const node = parseFilter(filter);
  return node === null ? () => true : compile(node, schema, aliases);
}

function compile(
  node: FilterNode,
  schema: MessageSchema,
  aliases: Readonly<Record<string, string>>,
): Matches {
  switch (node.kind) {
    case "not": {
      const inner = compile(node.of, schema, aliases);
      return (message) => !inner(message);
    }
    case "and": {
      const all = node.of.map((one) => compile(one, schema, aliases));
      return (message) => all.every((one) => one(message));
    }
    case "or": {
      const any = node.of.map((one) => compile(one, schema, aliases));
      return (message) => any.some((one) => one(message));
    }
    case "compare":
      return comparison(schema, { ...node, path: unaliased(node.path, aliases) });
    default:
      return node satisfies never;
  }
}

function unaliased(path: readonly string[], aliases: Readonly<Record<string, string>>): readonly string[] {
  const [first = "", ...rest] = path;
  const alias = aliases[first.toLowerCase()];
  return alias && rest.length === 0 ? alias.split(".") : path;
}
