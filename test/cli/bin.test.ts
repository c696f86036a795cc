import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { needs } from "../support/require.ts";
import { BIN, cli, folder, start, until } from "./support/cli.ts";
import { PATIENT } from "./support/pipelines.ts";

/** A Node of the machine that is older than the one we need, if there is one. */
function olderNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders
    .map((path) => join(path, "node"))
    .find((path) => existsSync(path) && majorOf(path) < 24 && majorOf(path) >= 14);
}
const majorOf = (node: string): number =>
  Number(/^v(\d+)/.exec(execFileSync(node, ["--version"], { encoding: "utf8" }))?.[1]);

const old = olderNode();
const ownNode = existsSync(new URL("../../node_modules/node/bin/node", import.meta.url));

test("works through symlinks and from any folder", async (t) => {
  const cwd = await folder(t);
  const link = join(cwd, "linked");
  symlinkSync(BIN, link);
  symlinkSync(link, join(cwd, "twice"));
  const { code, stdout } = await cli(["--version"], { cwd: "/", bin: join(cwd, "twice") });
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("where it is installed as a dependency it runs what was built, not the sources", async (t) => {
  const cwd = await folder(t);
  const root = join(cwd, "node_modules", "bioagent");
  for (const path of ["bin", "src/cli", "dist/src/cli"]) mkdirSync(join(root, path), { recursive: true });
  copyFileSync(BIN, join(root, "bin", "bioagent.js"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "src/cli/main.ts"), "export const main = () => console.log('sources');");
  writeFileSync(
    join(root, "dist/src/cli/main.js"),
    "export const main = (argv) => console.log('built', ...argv.slice(2));",
  );
  mkdirSync(join(cwd, "node_modules", ".bin"));
  symlinkSync("../bioagent/bin/bioagent.js", join(cwd, "node_modules", ".bin", "bioagent"));
  const { stdout } = await cli(["list", "-q", "x"], {
    cwd,
    bin: join(cwd, "node_modules", ".bin", "bioagent"),
  });
  assert.equal(stdout, "built list -q x\n");
});

test("an older Node starts the one of the package, with arguments, input and exit code", async (t) => {
  if (
    !needs(
      t,
      "a Node older than 24 on PATH and the package node",
      old !== undefined && ownNode,
      "install one, and npm ci",
    )
  )
    return;
  const cwd = await folder(t, { "bad.yaml": "pipeline: 9\nsteps: []\n" });
  const { code, stderr } = await cli(["validate", "bad.yaml"], { cwd, node: old! });
  assert.equal(code, 2);
  assert.match(stderr, /^bad\.yaml:1:11 /);
});

test("an older Node passes signals on", async (t) => {
  if (
    !needs(
      t,
      "a Node older than 24 on PATH and the package node",
      old !== undefined && ownNode,
      "install one, and npm ci",
    )
  )
    return;
  const cwd = await folder(t, { "patient.yaml": PATIENT });
  const running = start(["run", "patient.yaml", "--samples", "a"], { cwd, node: old! });
  await until("a job runs", () => /nap-a +running/.test(running.seen()));
  running.child.kill("SIGTERM");
  const { code, stderr } = await running.ended;
  assert.equal(code, 143);
  assert.match(stderr, /goes on: /);
  await cli(["cancel", "2", "--wait"], { cwd });
});

test("an older Node without that package says which is needed, exit 2", async (t) => {
  if (!needs(t, "a Node older than 24 on PATH", old !== undefined, "install one")) return;
  const cwd = await folder(t, { "package.json": '{ "type": "module" }' });
  mkdirSync(join(cwd, "bin"));
  copyFileSync(BIN, join(cwd, "bin", "bioagent.js"));
  const { code, stdout, stderr } = await cli(["list"], {
    cwd,
    node: old!,
    bin: join(cwd, "bin", "bioagent.js"),
  });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(
    stderr,
    /^bioagent: needs Node 24 or newer; this is v\d+\.\d+\.\d+\. Get it from https:\/\/nodejs\.org.*\n$/,
  );
});
