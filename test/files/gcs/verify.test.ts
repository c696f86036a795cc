import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { clientOf } from "../../infra/storage-emulator/conformance.ts";
import { type OpenedBucket, openBucket } from "./open.ts";

const RUN = "gs://lab-data/out/run-1/";
const md5 = (text: string) => `md5:${createHash("md5").update(text).digest("hex")}`;
const entry = (path: string, size: number, checksum: string | null = null) => ({
  path,
  size,
  checksum,
  pattern: path,
});
const attempt = (at: number) => ({ job: `qc-s${at}`, attempt: 1, id: `id-${at}`, metrics: [] });

const putManifest = ({ put }: OpenedBucket, at: number, outputs: object[]) =>
  put(`${RUN}.bioagent/qc-s${at}/a1.json`, JSON.stringify({ attempt: `id-${at}`, outputs }));

/** So many jobs, each with its manifest and one output of three bytes. */
async function fill(bucket: OpenedBucket, jobs: number): Promise<void> {
  for (let at = 0; at < jobs; at += 1) {
    await putManifest(bucket, at, [entry(`qc/s${at}.txt`, 3)]);
    await bucket.put(`${RUN}qc/s${at}.txt`, "abc");
  }
}

test("many attempts cost one listing of manifests and one of outputs, and each manifest is read once", async (t) => {
  const bucket = await openBucket(t);
  await fill(bucket, 60);
  const attempts = Array.from({ length: 80 }, (_, at) => attempt(at));
  const found = await bucket.files.verify(RUN, attempts);
  assert.deepEqual(await bucket.storage.requests(), { "objects.list": 2, "objects.media": 60 });
  assert.equal(found.size, 80);
  assert.deepEqual(found.get("id-59")?.sizes, { "qc/s59.txt": 3 });
  assert.deepEqual(found.get("id-60"), { manifest: null, sizes: {}, metrics: {} });
  assert.deepEqual(await bucket.files.verify(RUN, attempts), found);
  assert.deepEqual(
    await bucket.storage.requests(),
    { "objects.list": 2 },
    "those that wait are not read again",
  );
  await putManifest(bucket, 7, [entry("qc/s8.txt", 3)]);
  assert.deepEqual((await bucket.files.verify(RUN, attempts)).get("id-7")?.sizes, { "qc/s8.txt": 3 });
  assert.deepEqual(await bucket.storage.requests(), { "objects.list": 2, "objects.media": 1 });
});

test("a few attempts of a large run cost a few looks, and no listing", async (t) => {
  const bucket = await openBucket(t);
  await fill(bucket, 40);
  const found = await bucket.files.verify(RUN, [attempt(3), attempt(30), attempt(99)]);
  assert.deepEqual(
    [...found.values()].map(({ sizes }) => sizes),
    [{ "qc/s3.txt": 3 }, { "qc/s30.txt": 3 }, {}],
  );
  assert.deepEqual(await bucket.storage.requests(), { "objects.media": 3, "objects.get": 2 });
});

test("10,000 outputs are seen in ten pages, and folders between them are left out", async (t) => {
  const bucket = await openBucket(t);
  const name = (at: number) => `s${String(at).padStart(5, "0")}`;
  const paths = Array.from({ length: 10_000 }, (_, at) => (at < 9_000 ? `a/${name(at)}` : `z/${name(at)}`));
  const others = Array.from({ length: 1_500 }, (_, at) => `m/${name(at)}`);
  for (const folder of ["a", "m", "z"]) await bucket.put(`${RUN}${folder}/.keep`, "");
  // By the synchronous way: ten thousand files in a second or two.
  const folder = join(bucket.storage.directory, RUN.slice("gs://".length));
  for (const path of [...paths, ...others]) writeFileSync(join(folder, path), "x");
  await putManifest(
    bucket,
    0,
    paths.map((path) => entry(path, 1)),
  );
  const found = await bucket.files.verify(RUN, [attempt(0)]);
  assert.equal(Object.keys(found.get("id-0")?.sizes ?? {}).length, 10_000);
  assert.deepEqual(await bucket.storage.requests(), { "objects.media": 1, "objects.list": 10 });
});

test("an output with another content than was published is not there", async (t) => {
  const bucket = await openBucket(t);
  await bucket.put(`${RUN}a.txt`, "abd");
  await bucket.put(`${RUN}b.txt`, "abc");
  const sha256 = `sha256:${"0".repeat(64)}`;
  await putManifest(bucket, 0, [
    entry("a.txt", 3, md5("abc")),
    entry("b.txt", 3, md5("abc").toUpperCase().replace("MD5", "md5")),
  ]);
  await putManifest(bucket, 1, [entry("a.txt", 3, sha256), entry("b.txt", 9, sha256)]);
  const found = await bucket.files.verify(RUN, [attempt(0), attempt(1)]);
  assert.deepEqual(found.get("id-0")?.sizes, { "b.txt": 3 });
  const { generation } = (await bucket.files.locate(RUN, "a.txt"))!;
  const others = { "a.txt": { size: 3, checksum: md5("abd"), generation } };
  assert.deepEqual(
    Reflect.get(found.get("id-0")!, "others"),
    others,
    "it is there, and is told as another file",
  );
  assert.equal("others" in found.get("id-1")!, false);
  assert.deepEqual(found.get("id-1")?.sizes, { "a.txt": 3, "b.txt": 3 }, "core compares the sizes");
});

test("an object that was composed of parts has no MD5, and counts by its size", async (t) => {
  const bucket = await openBucket(t);
  const objects = clientOf(bucket.storage.url).bucket("lab-data");
  await bucket.put("gs://lab-data/part", "ab");
  await objects.combine(["part", "part"], "out/run-1/joined.bam");
  await putManifest(bucket, 0, [entry("joined.bam", 4, md5("another"))]);
  assert.deepEqual((await bucket.files.verify(RUN, [attempt(0)])).get("id-0")?.sizes, { "joined.bam": 4 });
});

test("an attempt whose manifest cannot be read is left out, the others are told", async (t) => {
  const bucket = await openBucket(t);
  await fill(bucket, 3);
  await bucket.storage.faults({
    operation: "objects.media",
    object: "**/qc-s1/*",
    times: 8,
    then: { status: 503 },
  });
  const found = await bucket.files.verify(RUN, [attempt(0), attempt(1), attempt(2)]);
  assert.deepEqual([...found.keys()], ["id-0", "id-2"]);
  await assert.rejects(bucket.files.verify(RUN, [attempt(1)]), { code: "unavailable" });
});

test("a listing that fails says nothing of any attempt", async (t) => {
  const bucket = await openBucket(t);
  await fill(bucket, 20);
  await bucket.storage.faults({ operation: "objects.list", times: 4, then: { status: 503 } });
  const attempts = Array.from({ length: 20 }, (_, at) => attempt(at));
  await assert.rejects(bucket.files.verify(RUN, attempts), { code: "unavailable", retryable: true });
});

test("a broken metrics file gives nothing, one that is too large is not read", async (t) => {
  const bucket = await openBucket(t);
  const names = ["a.json", "b.json", "c.json"];
  await bucket.put(`${RUN}a.json`, '{"reads": 3}');
  await bucket.put(`${RUN}b.json`, "{");
  await bucket.put(`${RUN}c.json`, `"${"x".repeat(2 ** 20)}"`);
  await putManifest(
    bucket,
    0,
    names.map((name) => entry(name, 1)),
  );
  const found = await bucket.files.verify(RUN, [{ ...attempt(0), metrics: names }]);
  assert.deepEqual(found.get("id-0")?.metrics, { reads: 3 });
  assert.equal((await bucket.storage.requests())["objects.media"], 3, "the manifest and two");
});

test("files that are looked for at the same time are listed together", async (t) => {
  const bucket = await openBucket(t);
  const names = Array.from({ length: 50 }, (_, at) => `s${at}_1.fastq.gz`);
  for (const name of names.slice(1)) await bucket.put(`gs://lab-data/in/${name}`, "x");
  const found = await Promise.all(names.map((name) => bucket.files.locate("gs://lab-data/in", name)));
  assert.equal(found[0], null);
  assert.deepEqual(
    found.slice(1).map((fact) => fact?.path),
    names.slice(1).map((name) => `gs://lab-data/in/${name}`),
  );
  assert.deepEqual(await bucket.storage.requests(), { "objects.list": 1 });
});
