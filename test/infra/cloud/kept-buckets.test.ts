import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { keptBuckets } from "../../../infra/cloud/kept-buckets.ts";

function cloudFolder(t: TestContext, folders: readonly string[], files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-kept-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const path of [...folders, ...files.map((file) => dirname(file))])
    mkdirSync(join(folder, "buckets", path), { recursive: true });
  for (const path of files) writeFileSync(join(folder, "buckets", path), "");
  return folder;
}

test("buckets that hold files are named in order, at any depth; empty ones, notes beside them and plain files are not", async (t) => {
  const files = ["reads/a.fq", "bioagent-dev/ledger/deep/a.json", ".metadata/reads/a.json", "readme.txt"];
  const folder = cloudFolder(t, ["empty/folder"], files);
  assert.deepEqual(await keptBuckets(folder), ["bioagent-dev", "reads"]);
});

test("where no cloud was yet, nothing is kept: no folder, or files that somebody laid out for a first start", async (t) => {
  assert.deepEqual(await keptBuckets("/nowhere"), []);
  assert.deepEqual(await keptBuckets(cloudFolder(t, [], ["reads/a.fq"])), []);
});
