import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clientOf } from "./conformance.ts";
import { type Started, startStorage } from "./start.ts";

const objectUrl = ({ url }: Started, name: string, query = "") =>
  `${url}/storage/v1/b/lab-data/o/${encodeURIComponent(name)}${query}`;
const uploadUrl = ({ url }: Started, name: string, query = "") =>
  `${url}/upload/storage/v1/b/lab-data/o?uploadType=media&name=${encodeURIComponent(name)}${query}`;
const send = (storage: Started, name: string, body: string | Uint8Array<ArrayBuffer>, query = "") =>
  fetch(uploadUrl(storage, name, query), { method: "POST", body });
const describe = async (storage: Started, name: string) =>
  (await (await fetch(objectUrl(storage, name))).json()) as Record<string, string>;

test("a file put or changed by hand is an object, of a generation that stays until it changes", async (t) => {
  const storage = await startStorage(t);
  await storage.put("lab-data", "in/a.txt", "abc");
  const first = await describe(storage, "in/a.txt");
  assert.deepEqual([first["size"], first["md5Hash"]], ["3", "kAFQmDzST7DWlj99KOF/cg=="]);
  assert.deepEqual(await describe(storage, "in/a.txt"), first);
  await storage.put("lab-data", "in/a.txt", "abd");
  const second = await describe(storage, "in/a.txt");
  assert.ok(BigInt(second["generation"]!) > BigInt(first["generation"]!));
  assert.notEqual(second["md5Hash"], first["md5Hash"]);
});

test("an object is a plain file in its bucket's folder, and nothing else is there", async (t) => {
  const storage = await startStorage(t);
  assert.equal((await send(storage, "runs/é b.json", "{}")).status, 200);
  assert.equal(await readFile(join(storage.directory, "lab-data/runs/é b.json"), "utf8"), "{}");
  const entries = await readdir(join(storage.directory, "lab-data"), { recursive: true });
  assert.deepEqual(entries.sort(), ["runs", "runs/é b.json"]);
});

test("a restarted emulator knows generation, type and custom metadata", async (t) => {
  const storage = await startStorage(t);
  await clientOf(storage.url)
    .bucket("lab-data")
    .file("a.txt")
    .save("x", { resumable: false, contentType: "text/x", metadata: { metadata: { step: "qc" } } });
  const before = await describe(storage, "a.txt");
  await storage.close();
  const again = await startStorage(t, { directory: storage.directory });
  const { generation, contentType, metadata } = await describe(again, "a.txt");
  assert.deepEqual(
    { generation, contentType, metadata },
    { generation: before["generation"], contentType: "text/x", metadata: { step: "qc" } },
  );
});

test("names that cannot be files are refused, and say why", async (t) => {
  const storage = await startStorage(t);
  await send(storage, "file", "x");
  await send(storage, "folder/file", "x");
  const refused: Record<string, RegExp> = {
    "dir/": /ends in '\/'/,
    "a//b": /a part of its name is empty/,
    "../other/x": /'\.' or '\.\.'/,
    "a/./b": /'\.' or '\.\.'/,
    [`a/${"x".repeat(256)}`]: /longer than 255 bytes/,
    "file/below": /a part of its path is an object already/,
    folder: /other objects' names begin with it/,
    "a\nb": /Disallowed unicode/,
    "": /Required parameter: name/,
    [`${"x/".repeat(600)}x`]: /maximum object length/,
  };
  for (const [name, expected] of Object.entries(refused)) {
    const answer = await send(storage, name, "x");
    assert.equal(answer.status, 400, name);
    assert.match(((await answer.json()) as { error: { message: string } }).error.message, expected);
  }
  assert.equal(
    await (await fetch(objectUrl(storage, "../.metadata", "?alt=media"))).text(),
    "No such object: lab-data/../.metadata",
  );
});

test("a name whose objects are deleted may become a folder, and the other way", async (t) => {
  const storage = await startStorage(t);
  for (const name of ["x", "x/y/z", "x"]) {
    assert.equal((await send(storage, name, "1")).status, 200, name);
    assert.equal((await fetch(objectUrl(storage, name), { method: "DELETE" })).status, 204);
  }
});

test("a failed condition has the envelope of the JSON API", async (t) => {
  const storage = await startStorage(t);
  assert.equal((await send(storage, "once", "1", "&ifGenerationMatch=0")).status, 200);
  const answer = await send(storage, "once", "2", "&ifGenerationMatch=0");
  assert.equal(answer.status, 412);
  const message = "At least one of the pre-conditions you specified did not hold.";
  const entry = {
    message,
    domain: "global",
    locationType: "header",
    location: "If-Match",
    reason: "conditionNotMet",
  };
  assert.deepEqual(await answer.json(), { error: { code: 412, message, errors: [entry] } });
});

test("one mutation a second of one object, where that is asked for", async (t) => {
  let now = Date.parse("2026-02-27T10:00:00Z");
  const storage = await startStorage(t, { writeIntervalMilliseconds: 1000, now: () => now });
  const statuses: number[] = [];
  for (const [name, later] of [
    ["a", 0],
    ["a", 999],
    ["b", 0],
    ["a", 1],
  ] as const) {
    now += later;
    statuses.push((await send(storage, name, "x")).status);
  }
  assert.deepEqual(statuses, [200, 429, 200, 200]);
});

test("readers see one content or the other, whole, while it is replaced", async (t) => {
  const storage = await startStorage(t);
  const texts = ["a", "b"].map((letter) => letter.repeat(300_000));
  await send(storage, "m", texts[0]!);
  const writing = Promise.all([1, 0, 1, 0, 1].map((at) => send(storage, "m", texts[at]!)));
  for (let reads = 0; reads < 10; reads += 1) {
    const answer = await fetch(objectUrl(storage, "m", "?alt=media"));
    assert.ok(texts.includes(await answer.text()));
  }
  await writing;
});

test("faults come when they were asked for, and no more often", async (t) => {
  const storage = await startStorage(t);
  await storage.faults(
    { operation: "objects.insert", object: "runs/*", skip: 1, times: 2, then: { status: 503 } },
    { operation: "objects.get", then: { status: 429, retry_after: 7 } },
  );
  const statuses = [];
  for (const name of ["runs/a", "other", "runs/a", "runs/b", "runs/b"])
    statuses.push((await send(storage, name, "x")).status);
  assert.deepEqual(statuses, [200, 200, 503, 503, 200]);
  const limited = await fetch(objectUrl(storage, "other"));
  assert.deepEqual([limited.status, limited.headers.get("retry-after")], [429, "7"]);
  assert.equal((await fetch(objectUrl(storage, "other"))).status, 200);
  assert.equal((await fetch(objectUrl(storage, "runs/b"))).status, 200);
  const { "objects.insert": inserts, "objects.get": gets } = await storage.requests();
  assert.deepEqual([inserts, gets], [5, 3]);
});

test("an error may hide that the work was done, and an answer may be lost half-way", async (t) => {
  const storage = await startStorage(t);
  await storage.faults(
    { operation: "objects.insert", then: { status: 503, applied: true } },
    { operation: "objects.media", then: { cut_answer_after: 2 } },
  );
  assert.equal((await send(storage, "a", "abc")).status, 503);
  await assert.rejects(fetch(objectUrl(storage, "a", "?alt=media")).then((answer) => answer.text()));
  assert.equal(await (await fetch(objectUrl(storage, "a", "?alt=media"))).text(), "abc");
});

test("an upload that is cut off leaves nothing, and a resumable one goes on", async (t) => {
  const storage = await startStorage(t);
  const bytes = randomBytes(700_000);
  await storage.faults(
    { operation: "objects.insert", then: { cut_request_after: 100_000 } },
    { operation: "uploads.continue", skip: 1, then: { cut_request_after: 100_000 } },
  );
  await assert.rejects(send(storage, "media.bin", new Uint8Array(bytes)));
  assert.equal((await fetch(objectUrl(storage, "media.bin"))).status, 404);
  const client = clientOf(storage.url, true);
  // The client tries again only what is safe to repeat, which a condition makes it.
  const preconditionOpts = { ifGenerationMatch: 0 };
  const options = { resumable: true, chunkSize: 2 ** 18, preconditionOpts };
  await client.bucket("lab-data").file("big.bin").save(bytes, options);
  assert.ok((await readFile(join(storage.directory, "lab-data/big.bin"))).equals(bytes));
  assert.ok((await storage.requests())["uploads.continue"]! >= 4, "three chunks, one of them twice");
  assert.deepEqual(await readdir(join(storage.directory, ".metadata/incoming")), []);
});

test("a chunk that is too small, or lies behind a gap, is refused in the service's words", async (t) => {
  const storage = await startStorage(t);
  const start = `${storage.url}/upload/storage/v1/b/lab-data/o?uploadType=resumable&name=x`;
  const place = (await fetch(start, { method: "POST" })).headers.get("location")!;
  const put = async (range: string, bytes: number) => {
    const answer = await fetch(place, {
      method: "PUT",
      headers: { "content-range": range },
      body: new Uint8Array(bytes),
    });
    return `${answer.status} ${await answer.text()}`;
  };
  assert.match(await put("bytes 0-99/*", 100), /^400 .*equal or greater than 262144/);
  assert.match(await put("bytes 500-599/600", 100), /^400 .*upload offset is 500 byte\(s\), which exceeds/);
  assert.match(await put("lines 1-2", 1), /^400 .*Failed to parse Content-Range/);
  assert.match(await put("bytes 0-99/100", 100), /^200 /);
  assert.equal((await fetch(`${place}x`, { method: "PUT" })).status, 404);
});
