/** What every implementation of the `Files` port does, on disks and in buckets alike. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { LedgerFiles } from "../../src/ledger/places.ts";
import type { Files } from "../../src/ports.ts";

export interface FilesHarness {
  readonly files: Files & LedgerFiles;
  /** A new, empty folder or prefix, ending in `/`. */
  readonly root: string;
  /** Puts an object there behind the port's back, as a job's wrapper or a user does. */
  put(uri: string, text: string): Promise<void>;
  remove(uri: string): Promise<void>;
}

const sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // of "abc"
const entry = (path: string, size: number, pattern = path) => ({ path, size, checksum: null, pattern });
const manifestOf = (attempt: string, outputs: object[]) => JSON.stringify({ attempt, outputs });

export function filesContract(name: string, open: (t: TestContext) => Promise<FilesHarness>): void {
  const check = (behaviour: string, body: (harness: FilesHarness) => Promise<void>) =>
    test(`${name}: ${behaviour}`, async (t) => body(await open(t)));

  check("a cell is located in the input folder, with its size", async ({ files, root, put }) => {
    await put(`${root}in/lane 1/a.fastq.gz`, "abc");
    const found = await files.locate(`${root}in/`, "lane 1/a.fastq.gz");
    assert.equal(found?.path, `${root}in/lane 1/a.fastq.gz`);
    assert.equal(found?.size, 3);
    assert.deepEqual(await files.locate(`${root}in`, "lane 1/a.fastq.gz"), found);
    assert.deepEqual(await files.locate(null, `${root}in/lane 1/a.fastq.gz`), found);
  });

  check("a cell that names no file is not located", async ({ files, root, put }) => {
    await put(`${root}in/a/b.txt`, "abc");
    await put(`${root}secret.txt`, "abc");
    for (const cell of [
      "",
      "treated",
      "a",
      "a/",
      "../secret.txt",
      "a/../../secret.txt",
      "a\u0000b",
      "a/b.txt c",
    ])
      assert.equal(await files.locate(`${root}in/`, cell), null, JSON.stringify(cell));
    assert.equal(await files.locate(null, "a/b.txt"), null);
  });

  check("a file's generation changes with its content only", async ({ files, root, put }) => {
    await put(`${root}in/a.txt`, "abc");
    const before = await files.locate(`${root}in/`, "a.txt");
    assert.deepEqual(await files.locate(`${root}in/`, "a.txt"), before);
    await put(`${root}in/a.txt`, "abd");
    assert.notEqual((await files.locate(`${root}in/`, "a.txt"))?.generation, before?.generation);
  });

  check("verify gives each attempt its manifest, sizes and metrics", async ({ files, root, put }) => {
    await put(`${root}qc/s1.html`, "12345");
    await put(`${root}qc/s1.json`, '{"reads": 7, "gc": {"mean": 41.5}}');
    const outputs = [entry("qc/s1.html", 5, "qc/*.html"), entry("qc/s1.json", 35), entry("qc/gone.txt", 1)];
    await put(`${root}.bioagent/qc-s1/a2.json`, manifestOf("run-qc-s1-a2", outputs));
    const wanted = { job: "qc-s1", attempt: 2, id: "run-qc-s1-a2", metrics: ["qc/s1.json"] };
    const other = { job: "qc-s2", attempt: 1, id: "run-qc-s2-a1", metrics: [] };
    const found = await files.verify(root, [wanted, other]);
    assert.deepEqual(found.get(wanted.id), {
      manifest: { attempt: wanted.id, outputs },
      sizes: { "qc/s1.html": 5, "qc/s1.json": 34 },
      metrics: { reads: 7, "gc.mean": 41.5 },
    });
    assert.deepEqual(found.get(other.id), { manifest: null, sizes: {}, metrics: {} });
  });

  check("a half-written, foreign or other attempt's manifest is none", async ({ files, root, put }) => {
    const whole = manifestOf("id-a1", [entry("x", 1)]);
    const texts = [
      whole.slice(0, 30),
      "",
      "[]",
      '{"attempt":"id-a1"}',
      manifestOf("id-a2", []),
      "\u0000\u0001",
    ];
    await Promise.all(texts.map((text, at) => put(`${root}.bioagent/j${at}/a1.json`, text)));
    const attempts = texts.map((_, at) => ({ job: `j${at}`, attempt: 1, id: "id-a1", metrics: [] }));
    for (const attempt of attempts)
      assert.equal((await files.verify(root, [attempt])).get("id-a1")?.manifest, null, attempt.job);
  });

  check("a path that leaves the output folder is ignored", async ({ files, root, put }) => {
    await put(`${root}other/secret.json`, '{"password": 1}');
    const outside = [
      "../other/secret.json",
      "a/../../other/secret.json",
      "/etc/hostname",
      `${root}other/secret.json`,
    ];
    const outputs = outside.map((path) => entry(path, 15, "m"));
    await put(`${root}out/.bioagent/j/a1.json`, manifestOf("id-a1", outputs));
    const wanted = [{ job: "j", attempt: 1, id: "id-a1", metrics: ["m"] }];
    const found = (await files.verify(`${root}out/`, wanted)).get("id-a1");
    assert.deepEqual(found, { manifest: { attempt: "id-a1", outputs: [] }, sizes: {}, metrics: {} });
  });

  check("an output folder that is missing holds nothing", async ({ files, root }) => {
    const found = await files.verify(`${root}nowhere/`, [{ job: "j", attempt: 1, id: "i", metrics: [] }]);
    assert.deepEqual(found.get("i"), { manifest: null, sizes: {}, metrics: {} });
  });

  check("adopt takes files over, with a manifest", async ({ files, root, put }) => {
    await put(`${root}old/qc/s1.txt`, "abc");
    const taken = [{ path: "qc/s1.txt", size: 3, checksum: sha256 }];
    assert.equal(await files.adopt(`${root}old/`, `${root}new/`, "qc-s1", taken), true);
    assert.equal(await files.read(`${root}new/qc/s1.txt`), "abc");
    const manifest = JSON.parse((await files.read(`${root}new/.bioagent/qc-s1/a0.json`)) ?? "");
    assert.deepEqual(manifest, { attempt: "reused", outputs: [{ ...taken[0], pattern: "qc/s1.txt" }] });
    assert.equal(await files.adopt(`${root}old/`, `${root}new/`, "qc-s1", taken), true, "repeated");
  });

  check("adopt refuses what is gone or has another size", async ({ files, root, put, remove }) => {
    await put(`${root}old/a.txt`, "abc");
    await put(`${root}old/b.txt`, "abc");
    const wanted = ["a.txt", "b.txt"].map((path) => ({ path, size: 3, checksum: null }));
    const adopt = () => files.adopt(`${root}old/`, `${root}new/`, "j", wanted);
    await put(`${root}old/b.txt`, "abcd");
    assert.equal(await adopt(), false);
    await remove(`${root}old/b.txt`);
    assert.equal(await adopt(), false);
    assert.equal(await files.read(`${root}new/.bioagent/j/a0.json`), null);
    await put(`${root}old/b.txt`, "abc");
    assert.equal(await adopt(), true);
  });

  check("prepare makes the output folder writable and leaves nothing in it", async ({ files, root }) => {
    assert.equal(await files.prepare(`${root}a/b/run/`), null);
    assert.equal(await files.prepare(`${root}a/b/run/`), null);
  });

  check("write replaces a text, and read gives it back", async ({ files, root }) => {
    assert.equal(await files.read(`${root}ledger/memory.md`), null);
    for (const text of ["one ✅\n", "", "two\n"]) {
      await files.write(`${root}ledger/memory.md`, text);
      assert.equal(await files.read(`${root}ledger/memory.md`), text);
    }
  });

  check("write leaves a file alone that already says so", async ({ files, root }) => {
    await files.write(`${root}runs/a.json`, "same");
    const before = await files.locate(root, "runs/a.json");
    await files.write(`${root}runs/a.json`, "same");
    assert.deepEqual(await files.locate(root, "runs/a.json"), before);
  });

  check("of writers at once, one wins whole", async ({ files, root }) => {
    const texts = Array.from({ length: 8 }, (_, at) => `${at}`.repeat(50_000));
    await Promise.all(texts.map((text) => files.write(`${root}m.json`, text)));
    assert.ok(texts.includes((await files.read(`${root}m.json`)) ?? ""));
  });
}
