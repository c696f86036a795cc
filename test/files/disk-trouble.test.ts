import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { openLocalFiles } from "../../src/files/local.ts";
import { AdapterError } from "../../src/ports.ts";
import { needs } from "../support/require.ts";
import { aFolder, put } from "./folder.ts";

const run = promisify(execFile);
const files = openLocalFiles();
const LOCAL = new URL("../../src/files/local.ts", import.meta.url).href;

/** A tiny file system of its own, unmounted after the test; null when this machine allows none. */
async function aSmallDisk(t: TestContext, options: string): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "bioagent-disk-"));
  const mounted = await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).then(
    () => true,
    () => false,
  );
  t.after(async () => {
    if (mounted) await run("umount", [folder]);
    await rmdir(folder);
  });
  return needs(t, "a mounted tmpfs", mounted, "run the tests as root with CAP_SYS_ADMIN") ? folder : null;
}

test("kill -9 of a writer at any moment leaves the file whole", async (t) => {
  const path = `${await aFolder(t)}runs/a.json`;
  const code = `
    import { openLocalFiles } from ${JSON.stringify(LOCAL)};
    const files = openLocalFiles();
    for (let n = 0; ; n += 1) {
      await files.write(process.argv[1], JSON.stringify({ n, text: String(n % 10).repeat(200_000) }));
      if (n === 0) process.stdout.write("ready");
    }`;
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    for (let reads = 0; reads < 3 + round * 5; reads += 1) {
      assertWhole(await readFile(path, "utf8")); // while it writes
      await setImmediate();
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    assertWhole(await readFile(path, "utf8"));
  }
});

function assertWhole(text: string): void {
  const { n, text: body } = JSON.parse(text) as { n: number; text: string };
  assert.equal(body, String(n % 10).repeat(200_000));
}

test("on a full disk the old text stays, the error says so, and nothing is left behind", async (t) => {
  const folder = await aSmallDisk(t, "size=256k");
  if (folder === null) return;
  await files.write(`${folder}/m.json`, "old");
  await assert.rejects(files.write(`${folder}/m.json`, "x".repeat(400_000)), (error) => {
    assert.ok(error instanceof AdapterError);
    assert.match(error.message, /the disk is full \(ENOSPC\)/);
    return error.retryable && error.code === "ENOSPC";
  });
  assert.equal(await files.read(`${folder}/m.json`), "old");
  assert.deepEqual(await readdir(folder), ["m.json"]);
  await writeFile(`${folder}/filler`, "x".repeat(300_000)).catch(() => undefined); // until it is full
  assert.match((await files.prepare(folder)) ?? "", /the disk is full \(ENOSPC\)$/);
});

test("a read-only disk is named before anything is spent", async (t) => {
  const folder = await aSmallDisk(t, "ro");
  if (folder === null) return;
  assert.match((await files.prepare(folder)) ?? "", /the file system is read-only \(EROFS\)$/);
  assert.match((await files.prepare(`${folder}/run`)) ?? "", /read-only \(EROFS\)$/);
  await assert.rejects(files.write(`${folder}/m.md`, "text"), /the file system is read-only \(EROFS\)/);
});

test("files on another disk are adopted by copy", async (t) => {
  const folder = await aSmallDisk(t, "size=1m");
  if (folder === null) return;
  const root = await aFolder(t);
  await put(`${root}qc/a.txt`, "abc");
  const wanted = [{ path: "qc/a.txt", size: 3, checksum: null }];
  assert.equal(await files.adopt(root, folder, "j", wanted), true);
  assert.equal(await files.read(`${folder}/qc/a.txt`), "abc");
  assert.deepEqual(await readdir(`${folder}/qc`), ["a.txt"]);
});

/** Runs the body while the folder is closed to everybody; opened again, so that it can be removed. */
async function whileLocked(folder: string, body: () => Promise<void>): Promise<void> {
  await chmod(folder, 0o000);
  await body().finally(() => chmod(folder, 0o755));
}

/** What an ordinary user is told; root may read everything, so a child gives its rights up first. */
async function asNobody(code: string, ...given: string[]): Promise<string> {
  const script = `
    import { openLocalFiles } from ${JSON.stringify(LOCAL)};
    const files = openLocalFiles();
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    const said = await (async () => { ${code} })().catch((error) => error.name + " " + error.retryable + " " + error.message);
    process.stdout.write(JSON.stringify(said ?? null));`;
  return (await run(process.execPath, ["--input-type=module", "-e", script, ...given])).stdout;
}

test("a folder that may not be read is an error, not an empty folder", async (t) => {
  const root = await aFolder(t);
  await chmod(root, 0o755);
  const locked = `${root}locked`;
  await put(`${locked}/.bioagent/j/a1.json`, "{}");
  const attempt = '[{ job: "j", attempt: 1, id: "i", metrics: [] }]';
  await whileLocked(locked, async () => {
    const said = await asNobody(`return [...(await files.verify(process.argv[1], ${attempt}))]`, locked);
    assert.match(said, /AdapterError false reading the output folder .*permission denied \(EACCES\)/);
    const located = await asNobody(`return files.locate(process.argv[1], "a.fq")`, locked);
    assert.match(located, /AdapterError false looking for the input file .*permission denied/);
    const prepared = await asNobody("return files.prepare(process.argv[1])", locked);
    assert.match(prepared, /cannot be written: permission denied \(EACCES\)/);
  });
});

test("an attempt that cannot be looked up is left out, the others are told", async (t) => {
  const root = await aFolder(t);
  await chmod(root, 0o755);
  for (const job of ["j1", "j2"])
    await put(`${root}.bioagent/${job}/a1.json`, `{"attempt":"${job}","outputs":[]}`);
  const attempts = '["j1", "j2"].map((job) => ({ job, attempt: 1, id: job, metrics: [] }))';
  await whileLocked(`${root}.bioagent/j1`, async () => {
    const said = await asNobody(
      `return [...(await files.verify(process.argv[1], ${attempts})).keys()]`,
      root,
    );
    assert.equal(said, '["j2"]');
  });
});
