import assert from "node:assert/strict";
import { type Check, codeOf, md5 } from "./check.ts";

export function objects(check: Check): void {
  check("core", "an object is saved, read and described", async (bucket) => {
    const file = bucket.file("runs/a b/ü%+#?.txt");
    await file.save("hello", {
      resumable: false,
      contentType: "text/plain",
      metadata: { metadata: { a: "1" } },
    });
    assert.equal((await file.download())[0].toString(), "hello");
    const [about] = await file.getMetadata();
    const { name, size, md5Hash, crc32c, contentType, metadata } = about;
    assert.deepEqual(
      { name, size: Number(size), md5Hash, crc32c, contentType, metadata },
      {
        ...{ name: "runs/a b/ü%+#?.txt", size: 5, md5Hash: md5("hello"), crc32c: "mnG7TA==" },
        ...{ contentType: "text/plain", metadata: { a: "1" } },
      },
    );
    assert.match(String(about.generation), /^\d{13,}$/);
    assert.equal(String(about.metageneration), "1");
    assert.ok(Math.abs(Date.parse(about.timeCreated!) - Date.now()) < 60_000);
  });

  check("core", "what is not there is 404", async (bucket) => {
    const file = bucket.file("gone.txt");
    assert.deepEqual(await file.exists(), [false]);
    await assert.rejects(file.getMetadata(), codeOf(404));
    await assert.rejects(file.download(), codeOf(404));
    await assert.rejects(file.delete(), codeOf(404));
  });

  check("core", "a new content is a new generation", async (bucket) => {
    const file = bucket.file("a.txt");
    await file.save("one", { resumable: false });
    const before = (await file.getMetadata())[0];
    await file.save("three", { resumable: false });
    const after = (await bucket.file("a.txt").getMetadata())[0];
    assert.ok(BigInt(after.generation!) > BigInt(before.generation!));
    assert.equal(Number(after.size), 5);
  });

  check("core", "ranges are parts of the content", async (bucket) => {
    const file = bucket.file("digits");
    await file.save("0123456789", { resumable: false });
    assert.equal((await file.download({ start: 2, end: 4 }))[0].toString(), "234");
    assert.equal((await file.download({ start: 8 }))[0].toString(), "89");
  });

  check("core", "an object that is deleted is gone", async (bucket) => {
    const file = bucket.file("a/b");
    await file.save("x", { resumable: false });
    await file.delete();
    assert.deepEqual(await file.exists(), [false]);
    assert.deepEqual((await bucket.getFiles())[0], []);
  });

  check("core", "custom metadata is changed without the content", async (bucket) => {
    const file = bucket.file("a.txt");
    await file.save("x", { resumable: false });
    await file.setMetadata({ metadata: { color: "blue" }, contentType: "text/css" });
    const [about] = await file.getMetadata();
    assert.deepEqual(about.metadata, { color: "blue" });
    assert.equal(about.contentType, "text/css");
    assert.equal(String(about.metageneration), "2");
  });

  check("core", "an object is copied with what is known of it", async (bucket) => {
    await bucket.file("from.txt").save("content", { resumable: false, contentType: "text/x-a" });
    await bucket.file("from.txt").copy(bucket.file("to/it.txt"));
    assert.equal((await bucket.file("to/it.txt").download())[0].toString(), "content");
    assert.equal((await bucket.file("to/it.txt").getMetadata())[0].contentType, "text/x-a");
    await bucket.file("from.txt").move("moved.txt");
    assert.deepEqual(await bucket.file("from.txt").exists(), [false]);
    assert.equal((await bucket.file("moved.txt").download())[0].toString(), "content");
  });
}
