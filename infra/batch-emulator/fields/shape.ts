import { type FieldSchema, type MessageSchema, messageSchema } from "../validate/schema.ts";

/** What an answer can hold, as far as a field mask needs it. */
export type Shape =
  | { readonly kind: "leaf" }
  /** A map; every key has this below it. */
  | { readonly kind: "map"; readonly value: Shape }
  /** An `Any`: what is below is not known here. */
  | { readonly kind: "any" }
  | { readonly kind: "message"; readonly fields: () => readonly Field[] };

export interface Field {
  readonly jsonName: string;
  readonly protoName: string;
  readonly shape: Shape;
}

const LEAF: Shape = { kind: "leaf" };
const ANY: Shape = { kind: "any" };
const mapOf = (value: Shape): Shape => ({ kind: "map", value });

const shapes = new Map<string, Shape>();

/** Of a message of the packaged protos. Messages may contain each other, so fields are looked up when they are asked for. */
function shapeOf(schema: MessageSchema): Shape {
  const known = shapes.get(schema.fullName);
  if (known) return known;
  let fields: readonly Field[] | null = null;
  const shape: Shape = { kind: "message", fields: () => (fields ??= schema.fields.map(fieldOf)) };
  shapes.set(schema.fullName, shape);
  return shape;
}

function fieldOf({ jsonName, protoName, shape, type }: FieldSchema): Field {
  const one = type.kind === "message" ? shapeOf(type.message) : LEAF;
  return { jsonName, protoName, shape: shape === "map" ? mapOf(one) : one };
}

/** Of messages that are not packaged, or that hold an `Any`. */
function written(fields: Readonly<Record<string, Shape>>): Shape {
  const all = Object.entries(fields).map(([jsonName, shape]) => ({
    jsonName,
    protoName: jsonName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    shape,
  }));
  return { kind: "message", fields: () => all };
}

const batch = (name: string) => () => shapeOf(messageSchema(`google.cloud.batch.v1.${name}`));

const OPERATION = written({
  name: LEAF,
  metadata: ANY,
  done: LEAF,
  error: written({ code: LEAF, message: LEAF, details: ANY }),
  response: ANY,
});
const LOCATION = written({
  name: LEAF,
  locationId: LEAF,
  displayName: LEAF,
  labels: mapOf(LEAF),
  metadata: ANY,
});
const EMPTY = written({});

/** What each method answers with. */
export const ANSWERS: Readonly<Record<string, () => Shape>> = {
  CreateJob: batch("Job"),
  GetJob: batch("Job"),
  ListJobs: batch("ListJobsResponse"),
  GetTask: batch("Task"),
  ListTasks: batch("ListTasksResponse"),
  DeleteJob: () => OPERATION,
  CancelJob: () => OPERATION,
  GetOperation: () => OPERATION,
  ListOperations: () => written({ operations: OPERATION, nextPageToken: LEAF }),
  DeleteOperation: () => EMPTY,
  CancelOperation: () => EMPTY,
  GetLocation: () => LOCATION,
  ListLocations: () => written({ locations: LOCATION, nextPageToken: LEAF }),
  CountJobsByState: () => written({ jobCounts: mapOf(LEAF) }),
};
