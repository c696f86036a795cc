import { durationParts, durationText } from "./duration.ts";
import type { FieldType, Scalar } from "./schema.ts";
import { timestampParts, timestampText } from "./timestamp.ts";

/** What a value is in canonical form; a text when it is wrong: Google's own words after `Invalid value at 'PATH' `. */
export type Read = { readonly value: unknown } | { readonly wrong: string };

const RANGES = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** Reads a scalar or an enum leniently as the service does: numbers or strings for integers, numbers or names for enums. */
export function readScalar(type: FieldType, value: unknown, path: string): Read {
  if (type.kind === "message")
    return { wrong: `(type.googleapis.com/${type.message.fullName}), ${shown(value)}` };
  if (type.kind === "enum") {
    const name = typeof value === "number" ? type.enum.names.get(value) : value;
    if (typeof name === "string" && type.enum.numbers.has(name)) return { value: name };
    return { wrong: `(type.googleapis.com/${type.enum.fullName}), ${shown(value)}` };
  }
  return READERS[type.scalar](value, path);
}

const READERS: Readonly<Record<Scalar, (value: unknown, path: string) => Read>> = {
  string: (value) => (typeof value === "string" ? { value } : { wrong: `(TYPE_STRING), ${shown(value)}` }),
  bool: (value) => {
    if (typeof value === "boolean") return { value };
    if (value === "true" || value === "false") return { value: value === "true" };
    return { wrong: `(TYPE_BOOL), ${shown(value)}` };
  },
  int32: (value) => readInteger("int32", value),
  int64: (value) => readInteger("int64", value),
  duration: (value, path) => {
    const parts = typeof value === "string" ? durationParts(value) : null;
    if (parts) return { value: durationText(parts) };
    return { wrong: wrongWellKnown("Duration", path, "Illegal duration format; duration must end with 's'") };
  },
  timestamp: (value, path) => {
    const parts = typeof value === "string" ? timestampParts(value) : null;
    if (parts) return { value: timestampText(parts) };
    return { wrong: wrongWellKnown("Timestamp", path, `Invalid time format: ${value}`) };
  },
};

const wrongWellKnown = (type: string, path: string, why: string): string =>
  `(type.googleapis.com/google.protobuf.${type}), Field '${path.split(".").at(-1)}', ${why}`;

function readInteger(type: "int32" | "int64", value: unknown): Read {
  const wrong = { wrong: `(TYPE_${type.toUpperCase()}), ${shown(value)}` };
  const text = typeof value === "number" ? integerText(value) : value;
  if (typeof text !== "string" || !/^-?\d{1,19}$/.test(text)) return wrong;
  const [least, most] = RANGES[type];
  const integer = BigInt(text);
  if (integer < least || integer > most) return wrong;
  return { value: type === "int64" ? String(integer) : Number(integer) };
}

const integerText = (value: number): string | null => (Number.isSafeInteger(value) ? String(value) : null);

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "null";
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
};
