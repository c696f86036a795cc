/** Which index a query needs, by Firestore's rules: https://cloud.google.com/firestore/docs/query-data/index-overview */
import { readFileSync } from "node:fs";
import type { Shape } from "../../../src/stores/firestore/firestore-store.ts";

type Scope = "COLLECTION" | "COLLECTION_GROUP";
interface IndexField {
  readonly fieldPath: string;
  readonly order?: "ASCENDING" | "DESCENDING";
  readonly arrayConfig?: "CONTAINS";
}
export interface IndexFile {
  readonly indexes: readonly {
    readonly collectionGroup: string;
    readonly queryScope: Scope;
    readonly fields: readonly IndexField[];
  }[];
  readonly fieldOverrides: readonly {
    readonly collectionGroup: string;
    readonly fieldPath: string;
    readonly ttl?: boolean;
    readonly indexes: readonly (Omit<IndexField, "fieldPath"> & { readonly queryScope: Scope })[];
  }[];
}

export const INDEX_FILE = JSON.parse(
  readFileSync(new URL("../../../infra/firestore.indexes.json", import.meta.url), "utf8"),
) as IndexFile;

/** `status ASCENDING`, `classes CONTAINS`. */
const term = (field: string, kind: string): string => `${field} ${kind}`;
const kindOf = ({ order, arrayConfig }: Omit<IndexField, "fieldPath">): string => order ?? arrayConfig ?? "";

interface Need {
  readonly collection: string;
  readonly scope: Scope;
  /** Fields that are asked for one value: any order of them serves, and indexes of single ones are merged. */
  readonly equal: readonly string[];
  /** Fields that are ordered by, or compared: in this order behind the equal ones, in every index that takes part. */
  readonly ordered: readonly string[];
}

function needOf(shape: Shape): Need {
  const where = shape.where ?? [];
  const equal = where.flatMap(([field, operator]) => {
    if (operator === "array-contains") return [term(field, "CONTAINS")];
    return operator === "==" || operator === "in" ? [term(field, "ASCENDING")] : [];
  });
  const order = [...(shape.order ?? [])];
  const last = order.at(-1)?.[1] ?? "asc";
  for (const [field, operator] of where) {
    const isCompared = ["<", "<=", ">", ">="].includes(operator);
    if (isCompared && !order.some(([known]) => known === field)) order.push([field, last]);
  }
  // Every index ends with the document's name, in the direction of its last field.
  const [beforeName, name] =
    order.at(-1)?.[0] === "__name__" ? [order.slice(0, -1), order.at(-1)] : [order, null];
  const implied = beforeName.at(-1)?.[1] ?? "asc";
  const kept = name && name[1] !== implied ? order : beforeName;
  const ordered = kept.map(([field, way]) => term(field, way === "asc" ? "ASCENDING" : "DESCENDING"));
  const collection = shape.collection.split("/").at(-1) ?? "";
  return { collection, scope: shape.group ? "COLLECTION_GROUP" : "COLLECTION", equal, ordered };
}

/** What a person would create: `jobs COLLECTION_GROUP (status ASCENDING, key ASCENDING)`. */
const named = ({ collection, scope }: Need, fields: readonly string[]): string =>
  `${collection} ${scope} (${fields.join(", ")})`;

/** The indexes that a query uses, and those that it lacks. */
export function indexesFor(shape: Shape, file: IndexFile): { used: string[]; missing: string[] } {
  const need = needOf(shape);
  const singles = [...need.equal, ...need.ordered];
  if (need.ordered.length === 0 || singles.length === 1) {
    return {
      used: [],
      missing: singles.filter((field) => !isSingle(need, field, file)).map((f) => named(need, [f])),
    };
  }
  const wanted = need.equal.length === 0 ? [need.ordered] : need.equal.map((f) => [f, ...need.ordered]);
  const there = new Set(compositesOf(file));
  const names = wanted.map((fields) => named(need, fields));
  return { used: names.filter((name) => there.has(name)), missing: names.filter((name) => !there.has(name)) };
}

export const compositesOf = ({ indexes }: IndexFile): string[] =>
  indexes.map(({ collectionGroup, queryScope, fields }) => {
    const need = { collection: collectionGroup, scope: queryScope, equal: [], ordered: [] };
    return named(
      need,
      fields.map((field) => term(field.fieldPath, kindOf(field))),
    );
  });

/** Whether Firestore keeps the index of a single field: by itself for one collection, unless an override of it, or of a map around it, says otherwise. */
function isSingle({ collection, scope }: Need, wanted: string, { fieldOverrides }: IndexFile): boolean {
  const path = wanted.split(" ")[0]!.split(".");
  for (let length = path.length; length > 0; length--) {
    const field = path.slice(0, length).join(".");
    const found = fieldOverrides.find(
      (override) => override.collectionGroup === collection && override.fieldPath === field,
    );
    if (!found) continue;
    return found.indexes.some((index) => index.queryScope === scope && wanted.endsWith(` ${kindOf(index)}`));
  }
  return scope === "COLLECTION";
}
