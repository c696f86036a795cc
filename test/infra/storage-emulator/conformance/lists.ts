import assert from "node:assert/strict";
import type { Bucket } from "@google-cloud/storage";
import type { Check } from "./check.ts";

export function lists(check: Check): void {
  const names = ["a/1.txt", "a/2.txt", "a/b/3.txt", "a-b", "c/4.json", "ä/5.txt"];
  const fill = (bucket: Bucket) =>
    Promise.all(names.map((name) => bucket.file(name).save(name, { resumable: false })));
  const listed = async (bucket: Bucket, query: object) =>
    (await bucket.getFiles({ autoPaginate: false, ...query }))[0].map(({ name }) => name);

  check("core", "a list is ordered by bytes, and by prefix", async (bucket) => {
    await fill(bucket);
    assert.deepEqual(await listed(bucket, {}), [
      "a-b",
      "a/1.txt",
      "a/2.txt",
      "a/b/3.txt",
      "c/4.json",
      "ä/5.txt",
    ]);
    assert.deepEqual(await listed(bucket, { prefix: "a/" }), ["a/1.txt", "a/2.txt", "a/b/3.txt"]);
    assert.deepEqual(await listed(bucket, { prefix: "a/b" }), ["a/b/3.txt"]);
    assert.deepEqual(await listed(bucket, { prefix: "nothing/" }), []);
  });

  check("core", "a delimiter gathers what lies deeper", async (bucket) => {
    await fill(bucket);
    const [files, , answer] = await bucket.getFiles({ prefix: "a/", delimiter: "/", autoPaginate: false });
    assert.deepEqual(
      files.map(({ name }) => name),
      ["a/1.txt", "a/2.txt"],
    );
    assert.deepEqual((answer as { prefixes: string[] }).prefixes, ["a/b/"]);
  });

  check("core", "a list comes in pages, each object once", async (bucket) => {
    await fill(bucket);
    const seen: string[] = [];
    let query: object | null = { maxResults: 2, autoPaginate: false };
    let pages = 0;
    while (query !== null) {
      const [files, next]: [{ name: string }[], object | null, unknown] = await bucket.getFiles(query);
      seen.push(...files.map(({ name }) => name));
      query = next;
      pages += 1;
    }
    assert.deepEqual(seen.sort(), [...names].sort());
    assert.equal(pages, 3);
  });

  check(
    "listing_filters",
    "a list by glob, by offset, and with the fields that are wanted",
    async (bucket) => {
      await fill(bucket);
      assert.deepEqual(await listed(bucket, { matchGlob: "a/*.txt" }), ["a/1.txt", "a/2.txt"]);
      assert.deepEqual(await listed(bucket, { matchGlob: "**/{1,3}.txt" }), ["a/1.txt", "a/b/3.txt"]);
      assert.deepEqual(await listed(bucket, { startOffset: "a/2.txt", endOffset: "c/4.json" }), [
        "a/2.txt",
        "a/b/3.txt",
      ]);
      const [[file]] = await bucket.getFiles({ prefix: "a-b", fields: "items(name,size),nextPageToken" });
      assert.deepEqual({ ...file }, { name: "a-b", size: "3" }, "the client gives such answers as they are");
    },
  );
}
