import assert from "node:assert/strict";
import { chmod, cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { cli, folder, json } from "./support/cli.ts";
import { DEMO } from "./support/pipelines.ts";

const root = process.getuid?.() === 0;
/** Permissions stop everybody but root. */
const NOBODY = 65_534;

async function setModes(path: string, modes: { folder: number; file: number }): Promise<void> {
  await chmod(path, modes.folder);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await setModes(inner, modes);
    else await chmod(inner, modes.file);
  }
}

test("what only reads works on a store that may only be read, and what writes says so", async (t) => {
  const first = await folder(t, { "demo.yaml": DEMO });
  await cli(["run", "demo.yaml", "--samples", "a,b,bad", "--wait"], { cwd: first });
  // Cleanups go in this order, and what may not be written cannot be removed either.
  t.after(() => setModes(cwd, { folder: 0o755, file: 0o644 }));
  const cwd = await folder(t);
  // Copied, because a store that was never written by another user has no traces of it.
  await cp(first, cwd, { recursive: true });
  // Another user's machine has no folder of the executor, and none can be made.
  await rm(join(cwd, "bioagent", "local"), { recursive: true });
  await setModes(cwd, { folder: 0o555, file: 0o444 });
  const elsewhere = await folder(t);
  await chmod(elsewhere, 0o777);
  const as = root ? { cwd, uid: NOBODY } : { cwd };
  for (const args of [
    ["list"],
    ["show", "2"],
    ["jobs", "2"],
    ["events", "2"],
    ["why", "2"],
    ["notices"],
    ["rules", "2"],
  ]) {
    const { code, stdout, stderr } = await cli(args, as);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    assert.ok(stdout.length > 100, args.join(" "));
  }
  for (const args of [
    ["run", "demo.yaml", "--samples", "a", "--output", elsewhere],
    ["retry", "2", "--detach"],
  ]) {
    const { code, stderr } = await cli(args, as);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^(bioagent: warning: .*\n)*bioagent: .*(read|writ|permission)/i);
    assert.ok(stderr.trimEnd().split("\n").length <= 12, stderr);
  }
  const health = (await json(["doctor"], as)) as { ok: boolean };
  assert.equal(health.ok, false);
});

test("a store of a newer version is refused, and left as it is", async (t) => {
  const cwd = await folder(t, { "demo.yaml": DEMO });
  await cli(["run", "demo.yaml", "--samples", "a", "--detach"], { cwd });
  const store = new DatabaseSync(join(cwd, "bioagent", "store.db"));
  store.exec("PRAGMA user_version = 9999");
  store.close();
  for (const args of [["list"], ["tick"], ["run", "demo.yaml", "--samples", "a"]]) {
    const { code, stderr } = await cli(args, { cwd });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^bioagent: .*newer/);
    assert.ok(stderr.trimEnd().split("\n").length <= 12);
  }
});
