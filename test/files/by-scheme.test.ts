import assert from "node:assert/strict";
import { test } from "node:test";
import { filesByScheme } from "../../src/files/by-scheme.ts";
import type { Files } from "../../src/ports.ts";

/** Files that tell what they were asked. */
function recording(name: string, calls: string[]): Files {
  const answering =
    <T>(method: string, answer: T) =>
    async (...given: unknown[]): Promise<T> => {
      const told = given.filter((one) => one === null || typeof one === "string").map(String);
      calls.push([name, method, ...told].join(" "));
      return answer;
    };
  return {
    locate: answering("locate", null),
    verify: answering("verify", new Map()),
    adopt: async (from, to) => answering("adopt", true)(from, to),
    prepare: answering("prepare", null),
    read: answering("read", null),
    write: async (uri) => answering("write", undefined)(uri),
  };
}

test("addresses in buckets go to the cloud, everything else stays here", async () => {
  const calls: string[] = [];
  const files = filesByScheme({ local: recording("local", calls), gcs: recording("gcs", calls) });
  for (const root of ["gs://b/", "/data/", "relative/"]) {
    await files.locate(root, "a.fq");
    await files.verify(root, []);
    await files.prepare(root);
    await files.read(root);
    await files.write(root, "");
    assert.equal(await files.adopt(root, root, "j", []), true);
  }
  assert.deepEqual(
    calls.filter((call) => call.includes("gs://")).map((call) => call.slice(0, 4)),
    Array(6).fill("gcs "),
  );
  assert.deepEqual(
    calls.filter((call) => !call.includes("gs://")).map((call) => call.slice(0, 6)),
    Array(12).fill("local "),
  );
});

test("a cell says itself where it lies", async () => {
  const calls: string[] = [];
  const files = filesByScheme({ local: recording("local", calls), gcs: recording("gcs", calls) });
  await files.locate("/in", "gs://b/a");
  await files.locate(null, "gs://b/a");
  await files.locate("gs://b/in", "/data/a");
  await files.locate(null, "a");
  assert.deepEqual(calls, [
    "gcs locate /in gs://b/a",
    "gcs locate null gs://b/a",
    "local locate gs://b/in /data/a",
    "local locate null a",
  ]);
});

test("nothing is taken over between a disk and a bucket", async () => {
  const calls: string[] = [];
  const files = filesByScheme({ local: recording("local", calls), gcs: recording("gcs", calls) });
  assert.equal(await files.adopt("/old/", "gs://b/new/", "j", []), false);
  assert.equal(await files.adopt("gs://b/old/", "/new/", "j", []), false);
  assert.deepEqual(calls, []);
});
