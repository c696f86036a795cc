import assert from "node:assert/strict";
import { test } from "node:test";
import { retold } from "../../src/core/wait-detail.ts";

const SINCE = "2026-02-27T10:00:00Z";
const GROUP =
  "VM in Managed Instance Group meets error: Batch Error: code - CODE_GCE_QUOTA_EXCEEDED, description - error count is";

const told = (before: string, now: string | undefined) =>
  retold(
    { reason: "quota", since: SINCE, detail: before },
    { reason: "quota", ...(now === undefined ? {} : { detail: now }) },
  );

/** Two tellings of one thing: what counts on, the time, and what is drawn anew for each try. */
const SAME: readonly (readonly [string, string])[] = [
  [
    "due to inadequate quotas [Quota: CPUS, limit: 200, usage: 196, wanted: 8.]",
    "due to inadequate quotas [Quota: CPUS, limit: 200, usage: 200, wanted: 8.]",
  ],
  [
    `${GROUP} 1, latest message example: Instance 'bioagent-20260227-1b2c3d4e-aa11-0f3d2-group0-0-x4kd' creation failed`,
    `${GROUP} 12, latest message example: Instance 'bioagent-20260227-1b2c3d4e-aa11-0f3d2-group0-0-zz9p' creation failed`,
  ],
  ["no answer since 2026-02-27T10:00:00.123Z", "no answer since 2026-02-27T11:30:00Z"],
  ["no answer in 9.8 s", "no answer in 10 s"],
  ["no answer in 800ms", "no answer in 1200ms"],
  ["connect ECONNREFUSED 10.0.0.7:43210", "connect ECONNREFUSED 10.0.0.12:51"],
  [
    "refused (request 6f1d2c3b-7a8b-4c5d-9e0f-112233445566)",
    "refused (request 01d2c3ba-7a8b-1c5d-9e0f-aa2233445566)",
  ],
  ["disk has 12 MiB free of 1,024 MiB", "disk has 3 MiB free of 1,024 MiB"],
];

test("a detail that only counts on is the same wait still, and nothing is written", () => {
  for (const [before, now] of SAME) {
    const waiting = { reason: "quota", since: SINCE, detail: before } as const;
    assert.equal(retold(waiting, { reason: "quota", detail: now }), waiting, now);
  }
});

/** Names differ by a digit. */
const OTHER: readonly (readonly [string, string])[] = [
  ["Quota 'N2_CPUS' exceeded. Limit: 24.0", "Quota 'C3_CPUS' exceeded. Limit: 24.0"],
  ["Quota 'CPUS' exceeded in region us-east1", "Quota 'CPUS' exceeded in region us-east4"],
  ["zone northamerica-northeast1-a has none", "zone northamerica-northeast2-a has none"],
  ["no n2-standard-4 left", "no n2-standard-8 left"],
  ["HTTP 503", "HTTP 403"],
  ["exit code 50004", "exit code 50002"],
  ["answered with status: 429", "answered with status: 500"],
  ["declared output a.txt is missing; declared output b.txt is missing", "declared output b.txt is missing"],
];

test("a detail that names something else takes the place of the one before, and since when stays", () => {
  for (const [before, now] of OTHER)
    assert.deepEqual(told(before, now), { reason: "quota", since: SINCE, detail: now });
});

test("what says nothing takes nothing away, and a wait of which nothing was said takes the first word", () => {
  for (const now of [undefined, ""]) assert.equal(told("Quota 'CPUS'", now).detail, "Quota 'CPUS'");
  const mute = { reason: "capacity", since: SINCE } as const;
  assert.equal(retold(mute, { reason: "capacity", detail: "zone a" }).detail, "zone a");
});
