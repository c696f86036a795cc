import assert from "node:assert/strict";
import { test } from "node:test";
import { AdapterError } from "../../../src/ports.ts";
import { storeFailure } from "../../../src/stores/firestore/failure.ts";
import { openFirestoreStore } from "../../../src/stores/firestore/firestore-store.ts";
import { outcomeOf } from "../../../src/stores/firestore/write-outcome.ts";

const said = (code: number, message: string): Error => Object.assign(new Error(message), { code });

test("what Firestore says becomes a cause and a remedy, and says whether a repeat is worth it", () => {
  const link = "https://console.firebase.google.com/project/p/firestore/indexes?create_composite=abc";
  const cases: readonly [Error, string, boolean, RegExp][] = [
    [
      said(7, "7 PERMISSION_DENIED: Missing or insufficient permissions."),
      "store_denied",
      false,
      /roles\/datastore\.user/,
    ],
    [
      said(5, "5 NOT_FOUND: The database bioagent does not exist for project p"),
      "store_missing",
      false,
      /terraform apply/,
    ],
    [
      said(9, `9 FAILED_PRECONDITION: The query requires an index. You can create it here: ${link}`),
      "store_index",
      false,
      /firestore\.indexes\.json/,
    ],
    [said(8, "8 RESOURCE_EXHAUSTED: Quota exceeded."), "store_quota", true, /quota/],
    [said(14, "14 UNAVAILABLE: No connection established."), "store_unavailable", true, /next tick/],
    [said(4, "4 DEADLINE_EXCEEDED"), "store_unavailable", true, /next tick/],
    [said(10, "10 ABORTED: Too much contention on these documents."), "store_unavailable", true, /next tick/],
    [
      said(16, "16 UNAUTHENTICATED: Request had invalid authentication credentials."),
      "store_credentials",
      false,
      /gcloud auth/,
    ],
    [new Error("Could not load the default credentials."), "store_credentials", false, /service account/],
  ];
  for (const [error, code, retryable, remedy] of cases) {
    const failure = storeFailure(error, "list runs", "p/bioagent");
    assert.ok(failure instanceof AdapterError, error.message);
    assert.deepEqual([failure.code, failure.retryable], [code, retryable], error.message);
    assert.match(failure.message, /^Firestore p\/bioagent: cannot list runs: /);
    assert.ok(failure.message.includes(error.message));
    assert.match(failure.message, remedy);
  }
  const bug = new TypeError("x is not a function");
  assert.equal(storeFailure(bug, "list runs", "p/b"), bug);
});

test("of a write that failed it is known whether it was refused, may have been done, or is no matter of chance", () => {
  const kindOf = (code: number, message: string): string => {
    try {
      return outcomeOf(storeFailure(said(code, message), "commit", "p/b")).kind;
    } catch (error) {
      return error instanceof AdapterError ? error.code : "bug";
    }
  };
  const cases: readonly [number, string, string][] = [
    [9, "the stored version (2) does not match the required base version (1)", "refused"],
    [6, "Document already exists: projects/p/databases/b/documents/runs/r", "refused"],
    [5, "No document to update: projects/p/databases/b/documents/runs/r", "refused"],
    [5, "The database b does not exist for project p", "store_missing"],
    [4, "Deadline exceeded", "unknown"],
    [14, "socket hang up", "unknown"],
    [10, "Too much contention on these documents", "unknown"],
    [13, "internal", "unknown"],
    [7, "Missing or insufficient permissions.", "store_denied"],
    [16, "invalid authentication credentials", "store_credentials"],
    [3, "nested arrays", "store_refused"],
  ];
  for (const [code, message, expected] of cases) assert.equal(kindOf(code, message), expected, message);
  assert.throws(() => outcomeOf(new TypeError("x")), TypeError);
});

test("Google's client is loaded at the first call, not when a store is opened", async () => {
  const store = openFirestoreStore({ projectId: "p", databaseId: "b", warn: () => {} });
  const { createRequire } = await import("node:module");
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.deepEqual(
    loaded.filter((file) => file.includes("@google-cloud")),
    [],
  );
  await store.close();
  await assert.rejects(store.readRun("r"), /has been closed/);
});
