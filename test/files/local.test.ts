import assert from "node:assert/strict";
import { link, lstat, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { test } from "node:test";
import { openLocalFiles } from "../../src/files/local.ts";
import { AdapterError } from "../../src/ports.ts";
import { filesContract } from "../contracts/files.ts";
import { aFolder, put } from "./folder.ts";

filesContract("local disk", async (t) => ({
  files: openLocalFiles(),
  root: await aFolder(t),
  put,
  remove: (path) => rm(path),
}));

const files = openLocalFiles();
const verifyOne = async (root: string, metrics: string[] = []) =>
  (await files.verify(root, [{ job: "j", attempt: 1, id: "i", metrics }])).get("i");
const manifestOf = (...paths: string[]) =>
  JSON.stringify({
    attempt: "i",
    outputs: paths.map((path) => ({ path, size: 1, checksum: null, pattern: path })),
  });

test("a link in the input folder is located as the file it leads to", async (t) => {
  const root = await aFolder(t);
  await put(`${root}store/a.fq`, "abc");
  await put(`${root}in/readme`, "");
  await symlink(`${root}store/a.fq`, `${root}in/a.fq`);
  assert.equal((await files.locate(`${root}in`, "a.fq"))?.path, `${root}store/a.fq`);
});

test("an input folder given relatively, and a bucket's cell", async (t) => {
  const root = await aFolder(t);
  await put(`${root}in/a.fq`, "abc");
  const facts = await stat(`${root}in/a.fq`, { bigint: true });
  const found = await files.locate(relative(process.cwd(), `${root}in`), "a.fq");
  assert.deepEqual(found, { path: `${root}in/a.fq`, size: 3, generation: `3-${facts.mtimeNs}` });
  assert.equal(await files.locate(`${root}in`, "gs://bucket/a.fq"), null);
  assert.equal(await files.locate("gs://bucket/in/", "a.fq"), null);
});

test("an output that is a link or a folder has no size, nor what lies behind a linked folder", async (t) => {
  const root = await aFolder(t);
  await put(`${root}outside/secret.json`, '{"a": 1}');
  await put(`${root}out/real.json`, '{"b": 2}');
  await symlink(`${root}outside/secret.json`, `${root}out/link.json`);
  await symlink(`${root}outside`, `${root}out/dir`);
  const paths = ["real.json", "link.json", "dir", "dir/secret.json"];
  await put(`${root}out/.bioagent/j/a1.json`, manifestOf(...paths));
  const found = await verifyOne(`${root}out`, paths);
  assert.deepEqual(found?.sizes, { "real.json": 8 });
  assert.deepEqual(found?.metrics, { b: 2 });
});

test("a manifest that is a link is none", async (t) => {
  const root = await aFolder(t);
  await put(`${root}elsewhere.json`, manifestOf("x"));
  await mkdir(`${root}out/.bioagent/j`, { recursive: true });
  await symlink(`${root}elsewhere.json`, `${root}out/.bioagent/j/a1.json`);
  assert.equal((await verifyOne(`${root}out`))?.manifest, null);
});

test("adopted files are hard links, and replace what lies there", async (t) => {
  const root = await aFolder(t);
  await put(`${root}old/a.txt`, "abc");
  await put(`${root}new/a.txt`, "stale");
  const adopt = () =>
    files.adopt(`${root}old`, `${root}new`, "j", [{ path: "a.txt", size: 3, checksum: null }]);
  assert.equal(await adopt(), true);
  assert.equal((await lstat(`${root}new/a.txt`)).ino, (await lstat(`${root}old/a.txt`)).ino);
  assert.equal(await adopt(), true);
  assert.deepEqual((await readdir(`${root}new`)).sort(), [".bioagent", "a.txt"]);
});

test("a file of the same size and another checksum is not adopted", async (t) => {
  const root = await aFolder(t);
  await put(`${root}old/a.txt`, "abd");
  const checksum = "900150983cd24fb0d6963f7d28e17f72"; // MD5 of "abc"
  const adopt = () => files.adopt(`${root}old`, `${root}new`, "j", [{ path: "a.txt", size: 3, checksum }]);
  assert.equal(await adopt(), false);
  await put(`${root}old/a.txt`, "abc");
  assert.equal(await adopt(), true);
});

test("a source that is a link out of its folder is not adopted", async (t) => {
  const root = await aFolder(t);
  await put(`${root}secret/a.txt`, "abc");
  await mkdir(`${root}old`);
  await symlink(`${root}secret`, `${root}old/dir`);
  const wanted = [{ path: "dir/a.txt", size: 3, checksum: null }];
  assert.equal(await files.adopt(`${root}old`, `${root}new`, "j", wanted), false);
});

test("prepare says which folder cannot be written, and why", async (t) => {
  const root = await aFolder(t);
  await put(`${root}file`, "");
  for (const folder of [`${root}file`, `${root}file/run`]) {
    const said = (await files.prepare(folder)) ?? "";
    assert.ok(said.startsWith(`the output folder ${folder} cannot be written: `), said);
    assert.match(said, /in the way|a file, not a folder/);
  }
});

test("writing where a folder is in the way says so, and leaves nothing behind", async (t) => {
  const root = await aFolder(t);
  await mkdir(`${root}a.json/x`, { recursive: true });
  await assert.rejects(files.write(`${root}a.json`, "text"), (error) => {
    assert.ok(error instanceof AdapterError);
    assert.match(error.message, /^writing .*a\.json: a folder is in the way \(EISDIR\)/);
    return !error.retryable;
  });
  assert.deepEqual(await readdir(root), ["a.json"]);
});

test("a bucket's address is refused with words", async () => {
  await assert.rejects(files.write("gs://bucket/x", ""), /gs:\/\/bucket\/x is no path on this machine/);
});

test("leftovers of crashed writers go after an hour, nobody else's", async (t) => {
  const root = await aFolder(t);
  const now = Date.parse("2026-02-27T10:00:00Z");
  const left = async (name: string, minutesAgo: number) => {
    await writeFile(`${root}${name}`, "");
    await utimes(`${root}${name}`, now / 1000, now / 1000 - minutesAgo * 60);
  };
  await left(".bioagent-tmp-1-old", 61);
  await left(".bioagent-tmp-1-young", 59);
  await left(".nfs0001", 9999);
  await openLocalFiles({ now: () => now }).write(`${root}m.md`, "text");
  assert.deepEqual((await readdir(root)).sort(), [".bioagent-tmp-1-young", ".nfs0001", "m.md"]);
});

test("a file with a second name keeps its old text there", async (t) => {
  const root = await aFolder(t);
  await put(`${root}a.txt`, "old");
  await link(`${root}a.txt`, `${root}b.txt`);
  await files.write(`${root}a.txt`, "new");
  assert.equal(await files.read(`${root}b.txt`), "old");
});
