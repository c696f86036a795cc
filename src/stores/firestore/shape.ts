import type * as Client from "@google-cloud/firestore";
import type { Connected } from "./connect.ts";

/** The document's own id, as a field to order by. */
export const NAME = "__name__";

export type Operator = "==" | "in" | "array-contains" | "<" | "<=" | ">" | ">=";

/** A query as data: what it needs of the indexes can be read from it. */
export interface Shape {
  /** A collection's path, or with `group` the id of all collections of that id. */
  readonly collection: string;
  readonly group?: boolean;
  readonly where?: readonly (readonly [field: string, operator: Operator, value: unknown])[] | undefined;
  readonly order?: readonly (readonly [field: string, direction: "asc" | "desc"])[];
  /** Goes on behind the document with these values of the ordered fields. */
  readonly after?: readonly unknown[] | undefined;
  readonly limit?: number;
  /** Only these fields; an empty list: ids alone. */
  readonly select?: readonly string[];
}

export function buildQuery({ client, documentId }: Connected, shape: Shape): Client.Query {
  let query: Client.Query = shape.group
    ? client.collectionGroup(shape.collection)
    : client.collection(shape.collection);
  for (const [field, operator, value] of shape.where ?? []) query = query.where(field, operator, value);
  for (const [field, direction] of shape.order ?? [])
    query = query.orderBy(field === NAME ? documentId() : field, direction);
  if (shape.after) query = query.startAfter(...shape.after);
  if (shape.limit !== undefined) query = query.limit(shape.limit);
  return shape.select ? query.select(...shape.select) : query;
}
