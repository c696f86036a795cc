import type { FieldSchema, MessageSchema } from "../validate/schema.ts";
import { fieldIsInvalid } from "../validate/violation.ts";
import type { Comparison } from "./filter-parse.ts";
import { valueTest } from "./filter-value.ts";

/** Puts what one step of a path finds in a value at the end of `found`. */
type Step = (value: unknown, found: unknown[]) => void;

interface Path {
  readonly steps: readonly Step[];
  /** The field that the path ends at, and whether it ends inside it (at a key of a map). */
  readonly leaf: FieldSchema;
  readonly inMap: boolean;
}

/** One comparison as a predicate. */
export function comparison(schema: MessageSchema, node: Comparison): (message: object) => boolean {
  const path = resolve(schema, node.path);
  if (path.leaf.shape === "map" && !path.inMap) return keyTest(path, node);
  if (node.operator === ":" && node.value === "*") return (message) => valuesOf(path, message).length > 0;
  const test = valueTest(path.leaf.type, node);
  if (node.operator !== "!=") return (message) => valuesAt(path, message).some(test);
  return (message) => valuesAt(path, message).every(test);
}

/** `labels:key`: whether the map has it; nothing else can be said of a whole map. */
function keyTest(path: Path, { path: names, operator, value }: Comparison): (message: object) => boolean {
  if (operator !== ":") {
    throw fieldIsInvalid(
      "filter",
      `"${names.join(".")}" is a map: name a key of it, or use the operator ":"`,
    );
  }
  return (message) =>
    valuesOf(path, message).some((map) =>
      value === "*" ? Object.keys(map as object).length > 0 : Object.hasOwn(map as object, value),
    );
}

/** What is found, or the zero that is not printed, as one undefined. */
function valuesAt(path: Path, message: object): readonly unknown[] {
  const values = valuesOf(path, message);
  return values.length > 0 || path.leaf.shape !== "single" ? values : [undefined];
}

function valuesOf({ steps }: Path, message: object): unknown[] {
  let values: unknown[] = [message];
  for (const step of steps) {
    const found: unknown[] = [];
    for (const value of values) step(value, found);
    values = found;
  }
  return values;
}

function resolve(schema: MessageSchema, names: readonly string[]): Path {
  const steps: Step[] = [];
  let within: MessageSchema | null = schema;
  let leaf: FieldSchema | null = null;
  let inMap = false;
  for (let index = 0; index < names.length; index++) {
    if (!within) throw unknownField(names);
    leaf = fieldOf(within, names[index]!);
    if (!leaf) throw unknownField(names);
    steps.push(fieldStep(leaf));
    inMap = leaf.shape === "map" && index + 1 < names.length;
    if (inMap) steps.push(keyStep(names[++index]!));
    within = leaf.type.kind === "message" ? leaf.type.message : null;
  }
  return { steps, leaf: leaf!, inMap };
}

const unknownField = (names: readonly string[]): Error =>
  fieldIsInvalid("filter", `unknown field "${names.join(".")}"`);

function fieldOf(schema: MessageSchema, name: string): FieldSchema | null {
  const plain = name.replaceAll("_", "").toLowerCase();
  return schema.fields.find((field) => field.jsonName.toLowerCase() === plain) ?? null;
}

const fieldStep = ({ jsonName, shape }: FieldSchema): Step => {
  return (value, found) => {
    const inner = (value as Record<string, unknown>)[jsonName];
    if (inner === undefined) return;
    if (shape === "repeated") found.push(...(inner as unknown[]));
    else found.push(inner);
  };
};

const keyStep = (key: string): Step => {
  return (value, found) => {
    if (Object.hasOwn(value as object, key)) found.push((value as Record<string, unknown>)[key]);
  };
};
