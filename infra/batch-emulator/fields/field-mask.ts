import type { Violation } from "../validate/violation.ts";
import { maskIsInvalid, unknownPath } from "./invalid.ts";
import { type Mask, parseMask } from "./parse.ts";
import { ANSWERS, type Field, type Shape } from "./shape.ts";

/** Which fields of a message are wanted, by their names in JSON, each with what is wanted below it. */
export type Wanted = "all" | ReadonlyMap<string, Wanted>;

/**
 * What a mask wants of a method's answer (https://cloud.google.com/apis/docs/system-parameters); all without one. Names may
 * come in JSON's or in the proto's spelling. Throws INVALID_ARGUMENT with every path that leads nowhere.
 */
export function readFieldMask(text: string | null, method: string): Wanted {
  const shape = ANSWERS[method]?.();
  if (text === null || text.trim() === "" || shape === undefined) return "all";
  const missing: Violation[] = [];
  const wanted = resolved(parseMask(text), shape, [], missing);
  if (missing.length > 0) throw maskIsInvalid(missing);
  return wanted;
}

function resolved(mask: Mask, shape: Shape, path: readonly string[], missing: Violation[]): Wanted {
  const wanted = new Map<string, Wanted>();
  for (const [name, below] of mask) {
    if (name === "*" && below === null) continue;
    const found = fieldsNamed(shape, name, below);
    const here = [...path, name];
    if (found.length === 0)
      missing.push(unknownPath([...here, ...(name === "*" ? firstOf(below) : [])].join(".")));
    for (const { jsonName, shape: inner } of found) {
      const more = below === null ? "all" : resolved(below, inner, here, missing);
      wanted.set(jsonName, joined(wanted.get(jsonName), more));
    }
  }
  return mask.get("*") === null ? "all" : wanted;
}

/** `*` before something stands for every field that has it (`items.pagemap.*.title`, in the guide of Drive). */
function fieldsNamed(shape: Shape, name: string, below: Mask | null): readonly Field[] {
  if (shape.kind === "leaf") return [];
  // That a map's key may be named is our reading of https://google.aip.dev/161.
  if (shape.kind !== "message") {
    return [{ jsonName: name, protoName: name, shape: shape.kind === "map" ? shape.value : shape }];
  }
  const fields = shape.fields();
  if (name !== "*") return fields.filter((field) => field.jsonName === name || field.protoName === name);
  return fields.filter((field) => below !== null && has(field.shape, below));
}

function has(shape: Shape, mask: Mask): boolean {
  const missing: Violation[] = [];
  if (shape.kind === "message") resolved(mask, shape, [], missing);
  return shape.kind === "message" && missing.length === 0;
}

const firstOf = (mask: Mask | null): readonly string[] => [...(mask ?? new Map()).keys()].slice(0, 1);

function joined(one: Wanted | undefined, other: Wanted): Wanted {
  if (one === undefined) return other;
  if (one === "all" || other === "all") return "all";
  const both = new Map(one);
  for (const [name, below] of other) both.set(name, joined(both.get(name), below));
  return both;
}

/** A copy of an answer with what is wanted of it; the answer itself where that is all. */
export function onlyWanted(value: unknown, wanted: Wanted): unknown {
  if (wanted === "all" || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => onlyWanted(item, wanted));
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    // Without its type an `Any` could not be read any more.
    const below = name === "@type" ? "all" : (wanted.get(name) ?? wanted.get("*"));
    return below === undefined ? [] : [[name, onlyWanted(inner, below)] as const];
  });
  return Object.fromEntries(kept);
}
