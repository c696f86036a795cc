import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AdapterError } from "../../src/ports.ts";
import { aStartBody, ask, openMemoryApp, QC } from "./memory-app.ts";

test("what is not there is 404, and another method is 405 with what is allowed", async (t) => {
  const app = await openMemoryApp(t);
  for (const path of ["/", "/v1", "/v1/runs/", "/v1/runs//jobs", "/v2/runs", "/v1/runs/%ff", "/healthz"])
    assert.equal((await ask(app, "GET", path)).status, 404, path);
  const answer = await ask(app, "DELETE", "/v1/runs");
  assert.deepEqual([answer.status, answer.headers["allow"]], [405, "POST, GET, HEAD"]);
  assert.equal((await ask(app, "OPTIONS", "/v1/runs")).status, 405);
  assert.equal((await ask(app, "GET", "/v1/runs/x/cancel")).headers["allow"], "POST");
  const head = await ask(app, "HEAD", "/v1/health");
  assert.deepEqual([head.status, head.body], [200, ""]);
});

test("an error is a problem document with the headers of every answer", async (t) => {
  const app = await openMemoryApp(t);
  const answer = await ask(app, "GET", "/v1/runs/none");
  assert.equal(answer.headers["content-type"], "application/problem+json; charset=utf-8");
  assert.deepEqual(Object.keys(answer.json), ["type", "title", "status", "detail"]);
  assert.deepEqual([answer.json["title"], answer.json["status"]], ["Not Found", 404]);
  for (const { headers } of [answer, await ask(app, "GET", "/v1/health")]) {
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["access-control-allow-origin"], undefined);
  }
});

test("a body that is no JSON object in UTF-8 is 400 and is not quoted; another type is 415", async (t) => {
  const app = await openMemoryApp(t);
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  for (const body of [
    "{secret",
    "[]",
    "7",
    "null",
    '"x"',
    deep,
    `{"pipeline":{"x":${deep}},"output":"/tmp/x"}`,
    Buffer.from([0x7b, 0xff, 0x7d]),
  ]) {
    const answer = await ask(app, "POST", "/v1/runs", { body });
    assert.equal(answer.status, 400, String(body).slice(0, 20));
    assert.equal(answer.body.includes("secret"), false);
  }
  const bytes = await ask(app, "POST", "/v1/runs", { body: Buffer.from('{"pipeline":"\xff"}', "latin1") });
  assert.match(bytes.body, /not text in UTF-8/);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]) {
    const headers = { "content-type": type };
    assert.equal((await ask(app, "POST", "/v1/runs", { body: aStartBody(app), headers })).status, 415, type);
  }
  const charset = { "content-type": "Application/JSON; charset=utf-8" };
  assert.equal((await ask(app, "POST", "/v1/runs", { body: aStartBody(app), headers: charset })).status, 201);
});

test("a body over 10 MiB is 413, by what is sent or only said, and is not parsed", async (t) => {
  const app = await openMemoryApp(t);
  const long = Buffer.alloc(10 * 2 ** 20 + 1, "[");
  assert.equal((await ask(app, "POST", "/v1/runs", { body: long })).status, 413);
  const headers = { "content-length": String(11 * 2 ** 20) };
  assert.equal((await ask(app, "POST", "/v1/runs", { body: aStartBody(app), headers })).status, 413);
});

test("a bug shows an id and no internals; what is away is 503", async (t) => {
  let error: Error = new Error("password=hunter2 at /srv/db");
  const app = await openMemoryApp(t, {
    store: (store) => ({ ...store, queryRuns: () => Promise.reject(error) }),
  });
  const bug = await ask(app, "GET", "/v1/runs");
  assert.equal(bug.status, 500);
  assert.equal(/hunter2|srv/.test(bug.body), false);
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(bug.body)![0];
  assert.ok(app.warnings.some((warning) => warning.includes(id)));
  error = new AdapterError("store /srv/db is locked", { code: "store_busy", retryable: true });
  const away = await ask(app, "GET", "/v1/runs");
  assert.deepEqual([away.status, away.headers["retry-after"]], [503, "5"]);
  assert.equal(away.body.includes("srv"), false);
});

const words = fc.string({ unit: "binary" });

/** Values that a field of a start request may be given: good ones, wrong ones, and ones that are no values at all. */
const FIELDS = {
  pipeline: fc.oneof(fc.constant(QC), fc.constantFrom("../qc", "__proto__"), words, fc.object()),
  samples: fc.oneof(
    fc.array(fc.oneof(fc.constantFrom("a", "B", "c-1"), words), { maxLength: 5 }),
    fc.array(fc.record({ sample: fc.constantFrom("a", "b"), fastq_1: words }), { maxLength: 4 }),
    fc.array(fc.dictionary(fc.string(), fc.string()), { maxLength: 3 }),
  ),
  output: fc.constantFrom("/proc/nowhere", "gs://bucket/x", "..", "/../etc", "/tmp\u0000x"),
  input: words,
  name: fc.oneof(fc.constant("one-name"), words),
  description: words,
  reference: words,
  region: words,
  labels: fc.dictionary(fc.constantFrom("team", "__proto__", "X"), words),
  params: fc.dictionary(fc.string(), fc.anything()),
  notify: fc.array(fc.constantFrom("lab", "nobody")),
  set: fc.dictionary(fc.constantFrom("reads", "toString"), fc.object()),
  plan_only: fc.boolean(),
  executor: fc.constantFrom("local", "slurm", "moon"),
  unknown: fc.anything(),
};

/** A good request in which up to three fields are something else. */
const nearly = (good: object) =>
  fc
    .subarray(Object.entries(FIELDS), { maxLength: 3 })
    .chain((fields) =>
      fc.record(Object.fromEntries(fields.map(([name, value]) => [name, fc.oneof(value, fc.anything())]))),
    )
    .map((wrong) => ({ ...good, ...wrong }));

test("whatever is sent to POST /v1/runs: never a 500, and a run only for a 201", async (t) => {
  const app = await openMemoryApp(t, { runsPerHour: 100_000 });
  const count = async () => (await app.deps.store.queryRuns({ limit: 100_000 })).items.length;
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    nearly(aStartBody(app)).map((value) => Buffer.from(JSON.stringify(value))),
  );
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const before = await count();
      const { status, body: text } = await ask(app, "POST", "/v1/runs", { body });
      seen.add(status);
      assert.ok([201, 400, 409].includes(status), `${status} ${text}\n${app.warnings.at(-1)}`);
      assert.equal(await count(), before + (status === 201 ? 1 : 0));
    }),
    { numRuns: 1500 },
  );
  assert.ok(seen.has(400) && seen.has(201), `only ${[...seen]} were reached`);
});
