import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Check, codeOf, md5 } from "./check.ts";

export function uploads(check: Check): void {
  const big = randomBytes(5 * 2 ** 17 + 12_345);

  check("core", "a resumable upload in one piece arrives whole", async (bucket) => {
    const file = bucket.file("big.bin");
    await file.save(big, { resumable: true, validation: "md5" });
    assert.equal((await file.getMetadata())[0].md5Hash, md5(big));
    assert.ok((await file.download({ validation: "crc32c" }))[0].equals(big));
  });

  check("chunks", "a resumable upload in chunks arrives whole", async (bucket) => {
    const file = bucket.file("big.bin");
    await file.save(big, { resumable: true, chunkSize: 256 * 1024 });
    assert.equal((await file.getMetadata())[0].md5Hash, md5(big));
  });

  check("core", "an empty object, by every way of uploading", async (bucket) => {
    for (const [at, options] of [{ resumable: false }, { resumable: true }].entries()) {
      await bucket.file(`empty-${at}`).save("", options);
      assert.equal(Number((await bucket.file(`empty-${at}`).getMetadata())[0].size), 0);
      assert.equal((await bucket.file(`empty-${at}`).download())[0].length, 0);
    }
  });

  check("chunks", "an upload tells how much has arrived, and goes on from there", async (bucket) => {
    const [uri] = await bucket.file("slow.bin").createResumableUpload();
    const put = (range: string, body?: Buffer) =>
      fetch(uri, {
        method: "PUT",
        headers: { "content-range": range },
        body: new Uint8Array(body ?? []),
      });
    assert.equal((await put("bytes */*")).headers.get("range"), null);
    const first = await put(`bytes 0-524287/*`, big.subarray(0, 524_288));
    assert.deepEqual([first.status, first.headers.get("range")], [308, "bytes=0-524287"]);
    const asked = await put(`bytes */${big.length}`);
    assert.deepEqual([asked.status, asked.headers.get("range")], [308, "bytes=0-524287"]);
    assert.deepEqual(await bucket.file("slow.bin").exists(), [false]);
    const rest = await put(`bytes 524288-${big.length - 1}/${big.length}`, big.subarray(524_288));
    assert.equal(rest.status, 200);
    assert.equal(((await rest.json()) as { md5Hash: string }).md5Hash, md5(big));
    assert.equal((await put(`bytes */${big.length}`)).status, 200, "asked again after the end");
  });

  check("claims", "what arrives otherwise than it was sent is refused", async (bucket) => {
    const metadata = { md5Hash: md5("another") };
    await assert.rejects(bucket.file("x").save("text", { resumable: false, metadata }), codeOf(400));
    assert.deepEqual(await bucket.file("x").exists(), [false]);
  });
}
