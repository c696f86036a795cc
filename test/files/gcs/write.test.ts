import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { openGcsFiles } from "../../../src/files/gcs/gcs-files.ts";
import { openBucket } from "./open.ts";

const MEMORY = "gs://lab-data/bioagent/memory.md";

test("one object is written at most once a second, which the service does not take amiss", async (t) => {
  const { files, storage, slept } = await openBucket(t, { writeIntervalMilliseconds: 1000 });
  for (const text of ["one", "two", "three", "four"]) await files.write(MEMORY, text);
  await files.write("gs://lab-data/bioagent/runs/a.json", "other objects do not wait");
  assert.equal(slept(), 3 * 1050);
  const { "objects.insert": inserts, "objects.get": gets } = await storage.requests();
  assert.deepEqual([inserts, gets], [5, 2], "what we wrote last is not asked for again");
});

test("of texts that wait for their turn only the newest is written", async (t) => {
  const { files, storage } = await openBucket(t);
  await files.write(MEMORY, "before");
  await Promise.all(["a", "b", "c", "d"].map((text) => files.write(MEMORY, text)));
  assert.equal(await files.read(MEMORY), "d");
  assert.equal((await storage.requests())["objects.insert"], 2);
});

test("what somebody else wrote is seen, and then replaced", async (t) => {
  const { files, storage, put } = await openBucket(t);
  await files.write(MEMORY, "ours");
  await put(MEMORY, "theirs");
  await files.write(MEMORY, "ours");
  assert.equal(await files.read(MEMORY), "ours", "the same text again, but it did not stand there any more");
  await put(MEMORY, "theirs");
  await storage.requests();
  await files.write(MEMORY, "new");
  assert.equal(await files.read(MEMORY), "new");
  assert.equal(
    (await storage.requests())["objects.insert"],
    2,
    "refused once, for it was another generation",
  );
});

test("a write whose answer was lost is not made twice", async (t) => {
  const { files, storage } = await openBucket(t);
  await storage.faults({ operation: "objects.insert", then: { status: 503, applied: true } });
  await files.write(MEMORY, "text");
  const first = await files.locate(null, MEMORY);
  await files.write(MEMORY, "text");
  assert.deepEqual(await files.locate(null, MEMORY), first);
  assert.equal(await files.read(MEMORY), "text");
});

test("a race that is lost again and again ends with words", async (t) => {
  const { files, storage } = await openBucket(t);
  await storage.faults({ operation: "objects.insert", times: null, then: { status: 412 } });
  await assert.rejects(files.write(MEMORY, "text"), { code: "conflict", retryable: true });
  assert.equal((await storage.requests())["objects.insert"], 8);
});

test("two writers of one object, each its own process's, end with one of their texts", async (t) => {
  const { files, storage } = await openBucket(t);
  const patience = { sleep: async () => undefined, random: () => 0 };
  const other = openGcsFiles({ emulator: storage.url, projectId: null, patience });
  const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(1000));
  for (const [at, text] of texts.entries()) {
    await Promise.all([files.write(MEMORY, text), other.write(MEMORY, `other ${text}`)]);
    assert.ok([text, `other ${text}`].includes((await files.read(MEMORY)) ?? ""), `round ${at}`);
  }
});

const md5 = (text: string) => `md5:${createHash("md5").update(text).digest("hex")}`;
const [OLD, NEW] = ["gs://lab-data/old/", "gs://lab-data/new/"];

test("adopting copies inside the service, and again copies nothing", async (t) => {
  const { files, storage, put } = await openBucket(t);
  await put(`${OLD}qc/s1.txt`, "abc");
  const taken = [{ path: "qc/s1.txt", size: 3, checksum: md5("abc") }];
  assert.equal(await files.adopt(OLD, NEW, "qc-s1", taken), true);
  assert.equal((await storage.requests())["objects.rewrite"], 1);
  assert.equal(await files.adopt(OLD, NEW, "qc-s1", taken), true);
  const again = await storage.requests();
  assert.deepEqual([again["objects.rewrite"], again["objects.insert"]], [undefined, undefined]);
});

test("what lies in the way is replaced, what has another content is not taken", async (t) => {
  const { files, put } = await openBucket(t);
  await put(`${OLD}a.txt`, "abc");
  await put(`${NEW}a.txt`, "stale");
  const file = (checksum: string | null) => [{ path: "a.txt", size: 3, checksum }];
  assert.equal(await files.adopt(OLD, NEW, "j", file(md5("abd"))), false);
  assert.equal(await files.read(`${NEW}a.txt`), "stale");
  assert.equal(await files.adopt(OLD, NEW, "j", file(md5("abc"))), true);
  assert.equal(await files.read(`${NEW}a.txt`), "abc");
});

test("a source that is replaced while it is taken over is not taken", async (t) => {
  const { files, storage, put } = await openBucket(t);
  await put(`${OLD}a.txt`, "abc");
  await storage.faults({ operation: "objects.rewrite", then: { delay: 500 } });
  const adopting = files.adopt(OLD, NEW, "j", [{ path: "a.txt", size: 3, checksum: null }]);
  const deadline = Date.now() + 20_000;
  while (!("objects.rewrite" in (await storage.requests())))
    assert.ok(Date.now() < deadline, "it is never copied");
  await put(`${OLD}a.txt`, "abd");
  assert.equal(await adopting, false);
  assert.equal(await files.read(`${NEW}a.txt`), null);
  assert.equal(await files.read(`${NEW}.bioagent/j/a0.json`), null);
});

test("prepare leaves nothing in the folder", async (t) => {
  const { files, storage } = await openBucket(t);
  assert.equal(await files.prepare("gs://lab-data"), null);
  assert.equal(await files.prepare("gs://lab-data/a/b"), null);
  const listed = (await (await fetch(`${storage.url}/storage/v1/b/lab-data/o`)).json()) as {
    items?: object[];
  };
  assert.equal(listed.items, undefined);
});
