import assert from "node:assert/strict";
import { type Check, codeOf } from "./check.ts";

export function others(check: Check): void {
  check("buckets", "a bucket is made, listed, described and removed", async (_bucket, storage) => {
    const name = `made-${process.pid}`;
    await storage.createBucket(name, { location: "us-central1" });
    assert.equal((await storage.bucket(name).getMetadata())[0].location, "US-CENTRAL1");
    await assert.rejects(storage.createBucket(name), codeOf(409));
    assert.ok((await storage.getBuckets())[0].some((bucket) => bucket.name === name));
    await storage.bucket(name).file("x").save("x", { resumable: false });
    await assert.rejects(storage.bucket(name).delete(), codeOf(409));
    await storage.bucket(name).file("x").delete();
    await storage.bucket(name).delete();
    assert.deepEqual(await storage.bucket(name).exists(), [false]);
  });

  check("buckets", "a bucket that is missing is named", async (_bucket, storage) => {
    const missing = storage.bucket("no-such-bucket-here");
    const asked = [
      () => missing.getFiles(),
      () => missing.getMetadata(),
      () => missing.file("x").save("x", { resumable: false }),
    ];
    for (const ask of asked)
      await assert.rejects(ask(), { code: 404, message: /The specified bucket does not exist\./ });
  });

  check("core", "an error has code, reason and words", async (bucket) => {
    await assert.rejects(bucket.file("gone").getMetadata(), (error: unknown) => {
      const { code, errors, message } = error as {
        code: number;
        errors: { reason: string }[];
        message: string;
      };
      assert.deepEqual([code, errors[0]?.reason], [404, "notFound"]);
      assert.match(message, /No such object: bucket-.*\/gone/);
      return true;
    });
  });

  check("compose", "objects are joined into one, which has no MD5", async (bucket) => {
    await Promise.all(["a", "b"].map((name) => bucket.file(name).save(name.repeat(3), { resumable: false })));
    await bucket.combine([bucket.file("a"), bucket.file("b")], bucket.file("joined"));
    assert.equal((await bucket.file("joined").download({ validation: "crc32c" }))[0].toString(), "aaabbb");
    const [about] = await bucket.file("joined").getMetadata();
    assert.deepEqual([about.md5Hash, about.componentCount], [undefined, 2]);
  });
}
