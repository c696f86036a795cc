import { readScalar } from "./scalars.ts";
import type { FieldSchema, FieldType, MessageSchema } from "./schema.ts";
import { badRequest, type Violation } from "./violation.ts";

/**
 * A message in canonical JSON form: camelCase keys, enum names, int64 as strings, and, as proto3 prints it, without fields that
 * have their type's zero. What is output only is left out. Throws INVALID_ARGUMENT with everything that is wrong, in the words
 * of Google's JSON parser (real ones: nextflow-io/nextflow 3051, mnfst/llm-gateway 1858).
 */
export function canonical(schema: MessageSchema, value: unknown, path: string): Record<string, unknown> {
  const reader = new CanonicalReader();
  const message = reader.message(schema, value, path);
  if (reader.violations.length > 0) throw badRequest(reader.violations);
  return message;
}

class CanonicalReader {
  readonly violations: Violation[] = [];

  message(schema: MessageSchema, value: unknown, path: string): Record<string, unknown> {
    if (!isObject(value)) {
      this.#invalid(path, `(type.googleapis.com/${schema.fullName}), ${JSON.stringify(value)}`);
      return {};
    }
    const out: Record<string, unknown> = {};
    const taken = new Map<string, string>();
    for (const [key, given] of Object.entries(value)) {
      const field = schema.byName.get(key);
      if (!field) this.#unknownName(key, path, "Cannot find field.");
      else if (given !== null && this.#free(field, taken, path)) this.#put(out, field, given, path);
    }
    return out;
  }

  /** Of two names for one field the later wins: gcloud sends an empty `taskGroups` before a `task_groups` from the file. */
  #put(out: Record<string, unknown>, field: FieldSchema, given: unknown, path: string): void {
    const value = this.#field(
      field,
      given,
      path === "" ? field.protoName : `${path}.${field.protoName}`,
      path,
    );
    if (!field.outputOnly && value !== undefined) out[field.jsonName] = value;
  }

  #free(field: FieldSchema, taken: Map<string, string>, path: string): boolean {
    if (field.oneof === null) return true;
    const other = taken.get(field.oneof);
    taken.set(field.oneof, field.jsonName);
    if (other === undefined || other === field.jsonName) return true;
    this.#invalid(
      path,
      `(oneof), oneof field '${field.oneof}' is already set. Cannot set '${field.jsonName}'`,
    );
    return false;
  }

  #field(field: FieldSchema, given: unknown, path: string, owner: string): unknown {
    if (field.shape === "repeated") return this.#repeated(field, given, path);
    if (field.shape === "map") return this.#map(field, given, path);
    if (Array.isArray(given)) {
      this.#unknownName(field.protoName, owner, "Proto field is not repeating, cannot start list.");
      return undefined;
    }
    const value = this.#value(field.type, given, path);
    return field.oneof === null && isZero(field.type, value) ? undefined : value;
  }

  #repeated(field: FieldSchema, given: unknown, path: string): unknown {
    if (!Array.isArray(given)) {
      this.#invalid(path, readWrong(field.type, given, path));
      return undefined;
    }
    const list = given.map((item, index) => this.#value(field.type, item, `${path}[${index}]`));
    return list.length === 0 ? undefined : list;
  }

  #map(field: FieldSchema, given: unknown, path: string): unknown {
    if (!isObject(given)) {
      this.#invalid(path, "(Map), Cannot bind a list or a scalar to a map");
      return undefined;
    }
    const entries = Object.entries(given).map(
      ([key, item], index) => [key, this.#value(field.type, item, `${path}[${index}].value`)] as const,
    );
    // fromEntries defines own properties, so a key "__proto__" is a key.
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }

  #value(type: FieldType, given: unknown, path: string): unknown {
    if (type.kind === "message") return this.message(type.message, given, path);
    const read = readScalar(type, given, path);
    if ("value" in read) return read.value;
    this.#invalid(path, read.wrong);
    return undefined;
  }

  #invalid(path: string, what: string): void {
    this.violations.push({ field: path, description: `Invalid value at '${path}' ${what}` });
  }

  #unknownName(name: string, path: string, why: string): void {
    const place = path === "" ? "" : ` at '${path}'`;
    this.violations.push({
      field: path,
      description: `Invalid JSON payload received. Unknown name "${name}"${place}: ${why}`,
    });
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readWrong(type: FieldType, given: unknown, path: string): string {
  const read = readScalar(type, given, path);
  return "wrong" in read ? read.wrong : `(repeated), ${JSON.stringify(given)}`;
}

function isZero(type: FieldType, value: unknown): boolean {
  if (type.kind === "enum") return type.enum.numbers.get(String(value)) === 0;
  if (type.kind === "message" || type.scalar === "duration" || type.scalar === "timestamp") return false;
  return value === "" || value === "0" || value === 0 || value === false;
}
