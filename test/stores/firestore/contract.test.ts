import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunStore } from "../../../src/ports.ts";
import { openFirestoreStore, type Shape } from "../../../src/stores/firestore/firestore-store.ts";
import { NOT_INDEXED } from "../../../src/stores/firestore/indexing.ts";
import { runStoreContract } from "../../contracts/run-store.ts";
import { firestoreProject } from "../../support/firestore-emulator.ts";
import { compositesOf, INDEX_FILE as FILE, indexesFor } from "./index-rules.ts";

/** Every query that the stores of this file make: the emulator needs no index and would never miss one. */
const asked: Shape[] = [];
const onQuery = (shape: Shape): void => void asked.push(shape);

runStoreContract("the Firestore store keeps the run store's contract", async (t, handles) => {
  const project = await firestoreProject(t);
  if (!project) return null;
  const { host: emulatorHost, projectId } = project;
  const stores = Array.from({ length: handles }, () =>
    openFirestoreStore({ projectId, databaseId: "bioagent", emulatorHost, warn: () => {}, onQuery }),
  );
  t.after(() => Promise.all(stores.map((store) => store.close())));
  return stores;
});

test("every query that the store makes has its index in the file, and every index of the file its query", async (t) => {
  const project = await firestoreProject(t);
  if (!project) return;
  const { host: emulatorHost, projectId } = project;
  const store = openFirestoreStore({ projectId, databaseId: "b", emulatorHost, warn: () => {}, onQuery });
  t.after(() => store.close());
  await askEverything(store);
  const found = asked.map((shape) => indexesFor(shape, FILE));
  assert.ok(asked.length > 100);
  assert.deepEqual([...new Set(found.flatMap(({ missing }) => missing))], []);
  const used = new Set(found.flatMap((each) => each.used));
  assert.deepEqual(
    compositesOf(FILE).filter((name) => !used.has(name)),
    [],
  );
});

/** Each condition alone, and all of them together. */
async function askEverything(store: RunStore): Promise<void> {
  const at = "2026-02-27T10:00:00Z";
  const runs = {
    status: ["running"],
    pipeline: "p",
    executor: "local",
    labels: { a: "b" },
    since: at,
    text: "x",
  } as const;
  for (const query of parts(runs)) await store.queryRuns({ ...query, limit: 1 });
  const jobs = { status: "running", step: "s", sample: "a", class: "oom" } as const;
  for (const query of [...parts(jobs), ...parts({ exit_code: 1 })]) {
    await store.queryJobs({ ...query, limit: 1 });
    await store.queryJobs({ ...query, run_id: "r", limit: 1 });
  }
  for (const query of parts({ run_id: "r", status: ["pending"], channel: "c" } as const)) {
    await store.queryNotices({ ...query, limit: 1 });
    await store.queryNotices({ ...query, due_at: at, limit: 1 });
  }
}

const parts = <T extends object>(query: T): Partial<T>[] => [
  {},
  ...Object.entries(query).map(([key, value]) => ({ [key]: value }) as unknown as Partial<T>),
  query,
];

test("a query without its index is missed, by name", () => {
  const query: Shape = {
    collection: "jobs",
    group: true,
    where: [["status", "==", "failed"]],
    order: [["rev", "asc"]],
  };
  assert.deepEqual(indexesFor(query, FILE).missing, [
    "jobs COLLECTION_GROUP (status ASCENDING, rev ASCENDING)",
  ]);
  const ofGroup: Shape = { collection: "jobs", group: true, where: [["retry_count", "==", 1]] };
  assert.deepEqual(indexesFor(ofGroup, FILE).missing, ["jobs COLLECTION_GROUP (retry_count ASCENDING)"]);
  const exempt: Shape = { collection: "runs", where: [["config.params.x", "==", 1]] };
  assert.deepEqual(indexesFor(exempt, FILE).missing, ["runs COLLECTION (config.params.x ASCENDING)"]);
});

test("the guard counts as not indexed what the file exempts, and only requests have a time to live", () => {
  const exempt = FILE.fieldOverrides.filter(({ indexes }) => indexes.length === 0);
  const byGroup = Map.groupBy(exempt, ({ collectionGroup }) => collectionGroup);
  const listed = [...byGroup].map(([group, fields]) => [group, fields.map(({ fieldPath }) => fieldPath)]);
  assert.deepEqual(Object.fromEntries(listed), NOT_INDEXED);
  const mortal = FILE.fieldOverrides.filter(({ ttl }) => ttl).map(({ collectionGroup }) => collectionGroup);
  assert.deepEqual(mortal, ["requests"]);
});
