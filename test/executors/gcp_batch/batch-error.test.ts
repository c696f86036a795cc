import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BatchError,
  type BatchErrorKind,
  readCallError,
} from "../../../src/executors/gcp_batch/batch-error.ts";

const thrown = (message: string, code?: unknown): Error => Object.assign(new Error(message), { code });
const body = (code: number, status: string, message: string): string =>
  JSON.stringify({ error: { code, message, status } });

const CASES: readonly (readonly [string, Error, BatchErrorKind, string])[] = [
  [
    "gRPC",
    thrown("6 ALREADY_EXISTS: Resource 'x' already exists", 6),
    "exists",
    "ALREADY_EXISTS: Resource 'x' already exists",
  ],
  ["REST", thrown(body(409, "ALREADY_EXISTS", "exists"), 409), "exists", "ALREADY_EXISTS: exists"],
  ["gRPC", thrown("5 NOT_FOUND: no", 5), "not_found", "NOT_FOUND: no"],
  ["REST", thrown(body(404, "NOT_FOUND", "no"), 404), "not_found", "NOT_FOUND: no"],
  ["gRPC", thrown("7 PERMISSION_DENIED: no role", 7), "permission", "PERMISSION_DENIED: no role"],
  [
    "REST",
    thrown(body(403, "PERMISSION_DENIED", "no role"), "403"),
    "permission",
    "PERMISSION_DENIED: no role",
  ],
  ["gRPC", thrown("3 INVALID_ARGUMENT: bad", 3), "invalid", "INVALID_ARGUMENT: bad"],
  ["REST", thrown(body(400, "FAILED_PRECONDITION", "bad"), 400), "invalid", "FAILED_PRECONDITION: bad"],
  ["gRPC", thrown("8 RESOURCE_EXHAUSTED: slow down", 8), "quota", "RESOURCE_EXHAUSTED: slow down"],
  [
    "REST",
    thrown(body(429, "RESOURCE_EXHAUSTED", "slow down"), 429),
    "quota",
    "RESOURCE_EXHAUSTED: slow down",
  ],
  ["gRPC", thrown("14 UNAVAILABLE: away", 14), "unavailable", "UNAVAILABLE: away"],
  [
    "REST, a proxy's page",
    thrown("<html>Bad gateway</html>", 502),
    "unavailable",
    "UNAVAILABLE: <html>Bad gateway</html>",
  ],
  [
    "no connection",
    thrown("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED"),
    "unavailable",
    "UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:1",
  ],
  ["gRPC", thrown("4 DEADLINE_EXCEEDED: late", 4), "deadline", "DEADLINE_EXCEEDED: late"],
  ["REST", thrown(body(504, "DEADLINE_EXCEEDED", "late"), 504), "deadline", "DEADLINE_EXCEEDED: late"],
  ["gRPC", thrown("16 UNAUTHENTICATED: expired", 16), "unauthenticated", "UNAUTHENTICATED: expired"],
  [
    "no login",
    thrown("Could not load the default credentials. Browse to"),
    "unauthenticated",
    "Could not load the default credentials. Browse to",
  ],
  [
    "a login that ran out, told as unavailable",
    thrown("14 UNAVAILABLE: Getting metadata from plugin failed with error: invalid_grant", 14),
    "unauthenticated",
    "UNAVAILABLE: Getting metadata from plugin failed with error: invalid_grant",
  ],
  ["gRPC", thrown("13 INTERNAL: oops", 13), "other", "INTERNAL: oops"],
  ["anything", thrown("oops"), "other", "oops"],
  ["a long word, cut between characters", thrown("🧬".repeat(600)), "other", `${"🧬".repeat(499)}…`],
];

for (const [wire, error, kind, text] of CASES)
  test(`${wire}: ${text.slice(0, 60)} is ${kind}`, () => {
    assert.deepEqual(readCallError(error), { kind, text });
  });

test("an error says what was attempted, what came back and what to do", () => {
  const error = new BatchError("listing the jobs of P", { kind: "unauthenticated", text: "expired" }, null);
  assert.match(error.message, /^listing the jobs of P: expired\. Log in again: gcloud auth/);
  assert.equal(error.retryable, false);
});
