import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openGcsFiles } from "../../../src/files/gcs/gcs-files.ts";
import { AdapterError } from "../../../src/ports.ts";
import { startStorage } from "../../infra/storage-emulator/start.ts";
import { openBucket } from "./open.ts";

const BAD_ADDRESSES: readonly (readonly [string, RegExp])[] = [
  ["gs://", /bucket's name/],
  ["gs:///x", /bucket's name/],
  ["gs://Lab/x", /bucket's name/],
  ["gs://a/x", /bucket's name/],
  ["gs://lab..data/x", /bucket's name/],
  ["gs://-lab/x", /bucket's name/],
  ["gs://lab data/x", /bucket's name/],
  ["GS://lab-data/x", /does not begin with gs:\/\//],
  ["s3://lab-data/x", /does not begin with gs:\/\//],
  ["gs://lab-data/../other/x", /part of its path is \. or \.\./],
  ["gs://lab-data/a/./x", /part of its path is \. or \.\./],
  ["gs://lab-data/a//x", /part of its path is empty/],
  ["gs://lab-data//x", /part of its path is empty/],
  ["gs://lab-data/a\u0000x", /control characters/],
  ["gs://lab-data/a\nx", /control characters/],
  ["gs://lab-data/\ud800x", /well-formed/],
  [`gs://lab-data/${"x".repeat(1025)}`, /more than 1024 bytes/],
];

test("a bad address is refused with words, before anything is asked", async (t) => {
  const { files, storage } = await openBucket(t);
  for (const [uri, expected] of BAD_ADDRESSES) {
    const refused = (error: unknown) =>
      error instanceof AdapterError &&
      error.code === "bad_address" &&
      expected.test(error.message) &&
      !error.retryable;
    await assert.rejects(files.read(uri), refused, uri);
    await assert.rejects(files.write(uri, "x"), refused, uri);
    await assert.rejects(files.verify(uri, []), refused, uri);
    assert.match((await files.prepare(uri)) ?? "", expected, uri);
    assert.equal(await files.locate(null, uri), null, uri);
    assert.equal(await files.locate(uri, "a.txt"), null, uri);
    assert.equal(await files.adopt(uri, "gs://lab-data/new/", "j", []), false, uri);
  }
  assert.deepEqual(await storage.requests(), {});
});

test("a folder or a bucket is no file to read or write", async (t) => {
  const { files } = await openBucket(t);
  await assert.rejects(files.read("gs://lab-data"), /names a bucket, not an object/);
  await assert.rejects(files.write("gs://lab-data/a/", "x"), /ends in \/, so it names a folder/);
});

const FAULTS: readonly (readonly [number, string, boolean, RegExp])[] = [
  [401, "unauthenticated", false, /credentials were refused \(401: Invalid Credentials\)\. Sign in again/],
  [
    403,
    "permission",
    false,
    /permission denied \(403: .*\)\. Give the account .* gs:\/\/lab-data.*project my-lab/,
  ],
  [412, "conflict", true, /somebody else changed it meanwhile \(412/],
  [429, "rate_limited", true, /too many requests \(429/],
  [500, "unavailable", true, /Cloud Storage failed \(500/],
  [503, "unavailable", true, /Cloud Storage failed \(503: We encountered an internal error/],
  [408, "timeout", true, /no answer in time \(408/],
  [400, "refused", false, /refused it \(400/],
];

test("each refusal is an error that names cause and remedy", async (t) => {
  const { files, storage, put } = await openBucket(t);
  await put("gs://lab-data/a.txt", "abc");
  for (const [status, code, retryable, words] of FAULTS) {
    await storage.faults({ operation: "objects.media", times: 4, then: { status } });
    await assert.rejects(files.read("gs://lab-data/a.txt"), (error) => {
      assert.ok(error instanceof AdapterError);
      assert.match(error.message, /^reading gs:\/\/lab-data\/a\.txt: /);
      assert.match(error.message, words);
      assert.deepEqual([error.code, error.retryable], [code, retryable]);
      return true;
    });
    await fetch(`${storage.url}/control/faults`, { method: "DELETE" });
  }
});

test("a quota's 403 passes by waiting, an account's without billing does not", async (t) => {
  const { files, storage } = await openBucket(t);
  const then = (reason: string) => ({ status: 403, reason, message: `the words of ${reason}` });
  await storage.faults({ operation: "objects.get", times: 4, then: then("userRateLimitExceeded") });
  await assert.rejects(files.locate(null, "gs://lab-data/a"), { code: "rate_limited", retryable: true });
  await storage.faults({ operation: "objects.get", then: then("accountDisabled") });
  await assert.rejects(files.locate(null, "gs://lab-data/a"), /Turn billing on/);
});

test("what passes is tried again, four times at most, longer and longer", async (t) => {
  const { files, storage, put, slept } = await openBucket(t);
  await put("gs://lab-data/a.txt", "abc");
  await storage.faults({ operation: "objects.media", times: 3, then: { status: 503 } });
  assert.equal(await files.read("gs://lab-data/a.txt"), "abc");
  assert.equal(slept(), 500 + 1000 + 2000);
  await storage.requests();
  await storage.faults({ operation: "objects.media", times: null, then: { status: 429 } });
  await assert.rejects(files.read("gs://lab-data/a.txt"), { code: "rate_limited" });
  assert.deepEqual(await storage.requests(), { "objects.media": 4 });
});

test("an answer that breaks off is asked for again", async (t) => {
  const { files, storage, put } = await openBucket(t);
  await put("gs://lab-data/a.txt", "abc".repeat(100_000));
  await storage.faults({ operation: "objects.media", then: { cut_answer_after: 10 } });
  assert.equal((await files.read("gs://lab-data/a.txt"))?.length, 300_000);
});

test("an answer that does not come in time is none", async (t) => {
  const { files, storage, put } = await openBucket(t, { timeoutMilliseconds: 100 });
  await put("gs://lab-data/a.txt", "abc");
  await storage.faults({ times: 8, then: { delay: 800 } });
  const late = { code: "timeout", retryable: true, message: /no answer in time/ };
  await assert.rejects(files.locate(null, "gs://lab-data/a.txt"), late);
  await assert.rejects(files.read("gs://lab-data/a.txt"), late);
});

test("a service that cannot be reached is said to be so", async (t) => {
  const storage = await startStorage(t);
  await storage.close();
  const patience = { sleep: async () => undefined, random: () => 0 };
  const files = openGcsFiles({ emulator: storage.url.replace("http://", ""), projectId: null, patience });
  for (const ask of [
    () => files.read("gs://lab-data/a"),
    () => files.locate(null, "gs://lab-data/a"),
    () => files.write("gs://lab-data/a", "x"),
    () => files.verify("gs://lab-data/", [{ job: "j", attempt: 1, id: "i", metrics: [] }]),
  ])
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof AdapterError);
      assert.match(error.message, /cannot be reached, or the connection broke \(ECONNREFUSED\)/);
      return error.retryable && error.code === "unavailable";
    });
});

test("a missing bucket is never taken for an empty folder", async (t) => {
  const { files } = await openBucket(t);
  const none = {
    code: "no_bucket",
    retryable: false,
    message: /there is no bucket gs:\/\/not-there .*buckets create gs:\/\/not-there --project=my-lab/,
  };
  const attempts = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ job: `j${at}`, attempt: 1, id: `${at}`, metrics: [] }));
  await assert.rejects(files.read("gs://not-there/a"), none);
  await assert.rejects(files.locate("gs://not-there/", "a"), none);
  await assert.rejects(files.write("gs://not-there/a", "x"), none);
  await assert.rejects(files.verify("gs://not-there/run/", attempts(1)), none);
  await assert.rejects(files.verify("gs://not-there/run/", attempts(50)), none);
});

test("prepare says in one sentence why a folder cannot be written", async (t) => {
  const { files, storage } = await openBucket(t);
  assert.match(
    (await files.prepare("gs://not-there/out/")) ?? "",
    /^the output folder gs:\/\/not-there\/out\/ cannot be written: .* there is no bucket gs:\/\/not-there/,
  );
  await storage.faults({ operation: "objects.insert", then: { status: 403 } });
  assert.match(
    (await files.prepare("gs://lab-data/out/")) ?? "",
    /permission denied .*storage\.objects\.create.* roles\/storage\.objectUser/,
  );
  await storage.faults({ operation: "objects.delete", then: { status: 403 } });
  assert.match((await files.prepare("gs://lab-data/out/")) ?? "", /deleting .*: permission denied/);
  await storage.faults({ operation: "objects.insert", then: { status: 401 } });
  assert.match((await files.prepare("gs://lab-data/out/")) ?? "", /Sign in again/);
});

test("a text larger than 16 MiB is refused, and not downloaded", async (t) => {
  const { files, storage, put } = await openBucket(t);
  await put("gs://lab-data/big.csv", "x".repeat(16 * 2 ** 20 + 1));
  await assert.rejects(files.read("gs://lab-data/big.csv"), { code: "too_large", retryable: false });
  assert.deepEqual(await storage.requests(), { "objects.media": 1 });
});

test("a content that is not what its checksum says is asked for again, then refused", async (t) => {
  const answers = ["abd", "abc", "abd", "abd", "abd", "abd"];
  const md5 = "kAFQmDzST7DWlj99KOF/cg=="; // of "abc"
  const headers = { "x-goog-hash": `md5=${md5}`, "x-goog-stored-content-encoding": "identity" };
  const server = createServer((_, response) => response.writeHead(200, headers).end(answers.shift()));
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const patience = { sleep: async () => undefined, random: () => 0 };
  const files = openGcsFiles({ emulator: `http://127.0.0.1:${port}`, projectId: null, patience });
  assert.equal(await files.read("gs://lab-data/a.txt"), "abc");
  await assert.rejects(files.read("gs://lab-data/a.txt"), /does not have the checksum/);
});
