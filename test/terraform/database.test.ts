import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { devPlan } from "./dev-plan.ts";
import { block, type Values } from "./planned.ts";
import { needsAnswers, ROOT } from "./workplace.ts";

const dev = devPlan("database");
after(dev.remove);

interface IndexField {
  readonly fieldPath: string;
  readonly order?: string;
  readonly arrayConfig?: string;
}
interface FieldIndex {
  readonly order?: string;
  readonly arrayConfig?: string;
  readonly queryScope?: string;
}
interface Indexes {
  readonly indexes: readonly {
    collectionGroup: string;
    queryScope?: string;
    fields: readonly IndexField[];
  }[];
  readonly fieldOverrides: readonly {
    collectionGroup: string;
    fieldPath: string;
    ttl?: boolean;
    indexes?: readonly FieldIndex[];
  }[];
}
const FILE = JSON.parse(readFileSync(join(ROOT, "infra/firestore.indexes.json"), "utf8")) as Indexes;

const way = (field: { order?: unknown; arrayConfig?: unknown; array_config?: unknown }): string =>
  String(field.order ?? field.arrayConfig ?? field.array_config);

test("every composite index of infra/firestore.indexes.json is made, and no other", (t) => {
  if (!needsAnswers(t)) return;
  const wanted = FILE.indexes.map(({ collectionGroup, queryScope, fields }) =>
    [collectionGroup, queryScope ?? "COLLECTION", ...fields.map((f) => `${f.fieldPath} ${way(f)}`)].join(
      ", ",
    ),
  );
  const planned = dev
    .plan()
    .of("google_firestore_index")
    .map(({ values }) =>
      [
        values["collection"],
        values["query_scope"],
        ...(values["fields"] as Values[]).map((field) => `${field["field_path"]} ${way(field)}`),
      ].join(", "),
    );
  assert.deepEqual(planned.sort(), wanted.sort());
});

test("every override of a field is made with both its scopes, and an exemption as one without indexes", (t) => {
  if (!needsAnswers(t)) return;
  const wanted = FILE.fieldOverrides.map(({ collectionGroup, fieldPath, indexes }) => [
    `${collectionGroup}.${fieldPath}`,
    indexes?.map((index) => `${way(index)} ${index.queryScope ?? "COLLECTION"}`).sort() ?? null,
  ]);
  const planned = dev
    .plan()
    .of("google_firestore_field")
    .map(({ values }) => {
      const configured = (values["index_config"] as Values[]).length > 0;
      const indexes = configured ? (block(values, "index_config")["indexes"] as Values[]) : null;
      const ways = indexes?.map((index) => `${way(index)} ${index["query_scope"]}`).sort() ?? null;
      return [`${values["collection"]}.${values["field"]}`, ways];
    });
  assert.deepEqual(Object.fromEntries(planned), Object.fromEntries(wanted));
});

test("requests alone expire by themselves", (t) => {
  if (!needsAnswers(t)) return;
  const expiring = dev
    .plan()
    .of("google_firestore_field")
    .filter(({ values }) => (values["ttl_config"] as Values[]).length > 0)
    .map(({ values }) => values["collection"]);
  assert.deepEqual(expiring, ["requests"]);
});

test("the rules of the repository are released for this database, and let no client in", (t) => {
  if (!needsAnswers(t)) return;
  const ruleset = dev.plan().one("google_firebaserules_ruleset");
  const content = String(block(ruleset, "source", "files")["content"]);
  assert.equal(content, readFileSync(join(ROOT, "infra/firestore.rules"), "utf8"));
  const conditions = [...content.matchAll(/allow[^:;]*(?::\s*if\s+([^;]+))?;/g)].map((match) => match[1]);
  assert.deepEqual(conditions, ["false"]);
  assert.equal(dev.plan().one("google_firebaserules_release")["name"], "cloud.firestore/bioagent");
});

test("it is a named database in Native mode, where the functions are", (t) => {
  if (!needsAnswers(t)) return;
  const database = dev.plan().one("google_firestore_database");
  assert.equal(database["name"], "bioagent");
  assert.equal(database["type"], "FIRESTORE_NATIVE");
  assert.equal(database["location_id"], "us-central1");
});
