import { type DurationParts, durationParts, durationText } from "../validate/duration.ts";
import { type FieldSchema, type FieldType, type MessageSchema, messageSchema } from "../validate/schema.ts";
import { type TimestampParts, timestampParts, timestampText } from "../validate/timestamp.ts";

/**
 * Between JSON form and what proto-loader makes of messages (camelCase, enum names, int64 as strings): they differ in durations
 * and instants only, which are texts here and `{ seconds, nanos }` there.
 */
type Leaf = (type: FieldType, value: unknown) => unknown;
type Message = Readonly<Record<string, unknown>>;

/** A message of a request in JSON form. An enum value that the protos do not name stays a number. */
export const messageToJson = (schema: MessageSchema, message: object): Record<string, unknown> =>
  mapped(schema, message as Message, (type, value) => {
    if (type.kind !== "scalar") return value;
    if (type.scalar === "duration") return durationText(whole(value));
    return type.scalar === "timestamp" ? timestampText(whole(value)) : value;
  });

/** What proto-loader serialises, made of JSON form. */
export const jsonToMessage = (schema: MessageSchema, json: object): Record<string, unknown> =>
  mapped(schema, json as Message, (type, value) => {
    if (type.kind !== "scalar") return value;
    if (type.scalar === "duration") return durationParts(String(value));
    return type.scalar === "timestamp" ? timestampParts(String(value)) : value;
  });

/** An operation in JSON form as a message: what its `Any` fields hold is of the type that `@type` says. */
export function operationToMessage(operation: object): Record<string, unknown> {
  const { metadata, ...rest } = operation as Message;
  if (metadata === undefined) return rest; // a field mask left it out
  const schema = messageSchema("google.cloud.batch.v1.OperationMetadata");
  const { "@type": type, ...fields } = metadata as Message;
  return { ...rest, metadata: { "@type": type, ...jsonToMessage(schema, fields) } };
}

function mapped(schema: MessageSchema, message: Message, leaf: Leaf): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of schema.fields) {
    const value = message[field.jsonName];
    if (value !== undefined && value !== null) out[field.jsonName] = mappedField(field, value, leaf);
  }
  return out;
}

function mappedField({ shape, type }: FieldSchema, value: unknown, leaf: Leaf): unknown {
  const one = (item: unknown): unknown =>
    type.kind === "message" ? mapped(type.message, item as Message, leaf) : leaf(type, item);
  if (shape === "repeated") return (value as unknown[]).map(one);
  if (shape === "single") return one(value);
  return Object.fromEntries(Object.entries(value as Message).map(([key, item]) => [key, one(item)]));
}

/** Fields with their zero are not there. */
function whole(value: unknown): DurationParts & TimestampParts {
  const { seconds = "0", nanos = 0 } = value as { seconds?: string; nanos?: number };
  return { seconds, nanos };
}
