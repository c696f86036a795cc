import { type ProtoField, type ProtoNode, readProtos } from "./protos.ts";

export type Scalar = "string" | "bool" | "int32" | "int64" | "duration" | "timestamp";

export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: Scalar }
  | { readonly kind: "enum"; readonly enum: EnumSchema }
  | { readonly kind: "message"; readonly message: MessageSchema };

export interface EnumSchema {
  /** `google.cloud.batch.v1.LogsPolicy.Destination` */
  readonly fullName: string;
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

export interface FieldSchema {
  readonly jsonName: string;
  readonly protoName: string;
  readonly shape: "single" | "repeated" | "map";
  readonly type: FieldType;
  /** The service fills it in; what a request says there is ignored. */
  readonly outputOnly: boolean;
  /** The name of the oneof it belongs to, or null. */
  readonly oneof: string | null;
}

export interface MessageSchema {
  readonly fullName: string;
  readonly fields: readonly FieldSchema[];
  /** By its name in JSON and by its name in the proto: both are accepted. */
  readonly byName: ReadonlyMap<string, FieldSchema>;
}

const WELL_KNOWN: Readonly<Record<string, Scalar>> = {
  "google.protobuf.Duration": "duration",
  "google.protobuf.Timestamp": "timestamp",
};
const SCALARS = new Set<string>(["string", "bool", "int32", "int64"]);

let root: ProtoNode | null = null;
const messages = new Map<string, MessageSchema>();

/** A message of the packaged protos by its full name. Throws when there is none: the package changed. */
export function messageSchema(fullName: string): MessageSchema {
  const known = messages.get(fullName);
  if (known) return known;
  const node = nodeAt(fullName);
  if (!node?.fields) throw new Error(`@google-cloud/batch has no message ${fullName} in its protos.json`);
  const fields = Object.entries(node.fields).map(([name, field]) => fieldSchema(fullName, node, name, field));
  const byName = new Map(
    fields.flatMap((field) => [[field.jsonName, field] as const, [field.protoName, field] as const]),
  );
  const schema = { fullName, fields, byName };
  messages.set(fullName, schema);
  return schema;
}

function fieldSchema(owner: string, node: ProtoNode, jsonName: string, field: ProtoField): FieldSchema {
  const oneof = Object.entries(node.oneofs ?? {}).find(([, members]) => members.oneof.includes(jsonName));
  return {
    jsonName,
    protoName: jsonName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    shape: field.keyType ? "map" : field.rule === "repeated" ? "repeated" : "single",
    type: fieldType(owner, field.type),
    outputOnly: field.options?.["(google.api.field_behavior)"] === "OUTPUT_ONLY",
    oneof: oneof?.[0] ?? null,
  };
}

function fieldType(owner: string, type: string): FieldType {
  if (SCALARS.has(type)) return { kind: "scalar", scalar: type as Scalar };
  const fullName = resolve(owner, type);
  const wellKnown = WELL_KNOWN[fullName];
  if (wellKnown) return { kind: "scalar", scalar: wellKnown };
  const values = nodeAt(fullName)?.values;
  if (values) return { kind: "enum", enum: enumSchema(fullName, values) };
  // Looked up when it is first needed, so that messages may contain each other.
  return {
    kind: "message",
    get message() {
      return messageSchema(fullName);
    },
  };
}

function enumSchema(fullName: string, values: Readonly<Record<string, number>>): EnumSchema {
  const entries = Object.entries(values);
  return {
    fullName,
    numbers: new Map(entries),
    names: new Map(entries.map(([name, number]) => [number, name])),
  };
}

/** As protobuf resolves a name: innermost scope first. */
function resolve(owner: string, type: string): string {
  const scope = owner.split(".");
  for (let depth = scope.length; depth >= 0; depth--) {
    const candidate = [...scope.slice(0, depth), type].join(".");
    if (nodeAt(candidate)) return candidate;
  }
  throw new Error(`@google-cloud/batch: ${owner} uses ${type}, which its protos.json does not have`);
}

function nodeAt(fullName: string): ProtoNode | undefined {
  root ??= readProtos();
  let node: ProtoNode | undefined = root;
  for (const part of fullName.split(".")) node = node?.nested?.[part];
  return node;
}
