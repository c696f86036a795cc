import { durationParts, durationSeconds } from "../validate/duration.ts";
import type { FieldType, Scalar } from "../validate/schema.ts";
import { timestampNanos, timestampParts } from "../validate/timestamp.ts";
import { fieldIsInvalid } from "../validate/violation.ts";
import type { Comparison, Operator } from "./filter-parse.ts";

type Ordered = string | number | bigint | boolean;
type Test = (value: unknown) => boolean;
type Reader = (text: string) => Ordered | null;

/** A test of one value (undefined: the field's zero) against what the comparison says, read as the field's type demands. */
export function valueTest(type: FieldType, node: Comparison): Test {
  const { operator, value } = node;
  if (type.kind === "message") throw wrong(node, "it is a message: name a field of it");
  if (type.kind === "enum") return enumTest(type.enum.numbers, type.enum.names.get(0) ?? "", node);
  if (type.scalar === "string") return textTest(operator, value);
  const [read, zero] = READERS[type.scalar];
  const wanted = read(value);
  if (wanted === null) throw wrong(node, `${JSON.stringify(value)} is not a ${type.scalar}`);
  return (given) => compare(operator, given === undefined ? zero : (read(String(given)) ?? zero), wanted);
}

/** How each type's text becomes something that can be ordered (null: it cannot be read), and its zero. */
const READERS: Readonly<Record<Exclude<Scalar, "string">, readonly [Reader, Ordered]>> = {
  bool: [(text) => (/^(?:true|false)$/i.test(text) ? text.toLowerCase() === "true" : null), false],
  int32: [integer, 0n],
  int64: [integer, 0n],
  duration: [(text) => (durationParts(text) ? durationSeconds(text) : null), 0],
  timestamp: [instant, 0n],
};

function integer(text: string): bigint | null {
  return /^-?\d+$/.test(text) ? BigInt(text) : null;
}

function instant(text: string): bigint | null {
  const parts = timestampParts(text);
  return parts && timestampNanos(parts);
}

function enumTest(numbers: ReadonlyMap<string, number>, zero: string, node: Comparison): Test {
  const { operator, value } = node;
  if (operator !== "=" && operator !== "!=" && operator !== ":") {
    throw wrong(node, `an enum cannot be compared with "${operator}"`);
  }
  if (!numbers.has(value))
    throw wrong(node, `${JSON.stringify(value)} is not one of ${[...numbers.keys()].join(", ")}`);
  return (given) => compare(operator, (given as string | undefined) ?? zero, value);
}

/** Of texts `=` knows `*` at either end, and `:` asks for a part. */
function textTest(operator: Operator, value: string): Test {
  if (operator === ":") return (given) => String(given ?? "").includes(value.replaceAll("*", ""));
  const isPattern = (operator === "=" || operator === "!=") && /^\*|\*$/.test(value);
  if (!isPattern) return (given) => compare(operator, String(given ?? ""), value);
  const fits = (text: string): boolean => {
    const inner = value.replace(/^\*|\*$/g, "");
    if (value.startsWith("*") && value.endsWith("*")) return text.includes(inner);
    return value.startsWith("*") ? text.endsWith(inner) : text.startsWith(inner);
  };
  return (given) => fits(String(given ?? "")) === (operator === "=");
}

function compare(operator: Operator, left: Ordered, right: Ordered): boolean {
  switch (operator) {
    case "=":
    case ":":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return operator satisfies never;
  }
}

const wrong = ({ path }: Comparison, why: string): Error =>
  fieldIsInvalid("filter", `field "${path.join(".")}": ${why}`);
