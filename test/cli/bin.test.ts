import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ends } from "../infra/cloud/lives.ts";
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
const OWN_NODE = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));

const needsOldNode = (t: TestContext): boolean =>
  needs(
    t,
    "a Node older than 24 on PATH and the package node",
    old !== undefined && existsSync(OWN_NODE),
    "install one, and npm ci",
  );

/** A package of ours with this command line in it; its `bin`. */
function packageWith(root: string, main: string): string {
  for (const path of ["bin", "dist/src/cli", "node_modules/node/bin"])
    mkdirSync(join(root, path), { recursive: true });
  copyFileSync(BIN, join(root, "bin/bioagent.js"));
  symlinkSync(OWN_NODE, join(root, "node_modules/node/bin/node"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "dist/src/cli/main.js"), main);
  return join(root, "bin/bioagent.js");
}

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
  if (!needsOldNode(t)) return;
  const cwd = await folder(t, { "bad.yaml": "pipeline: 9\nsteps: []\n" });
  const { code, stderr } = await cli(["validate", "bad.yaml"], { cwd, node: old! });
  assert.equal(code, 2);
  assert.match(stderr, /^bad\.yaml:1:11 /);
});

test("an older Node passes signals on", async (t) => {
  if (!needsOldNode(t)) return;
  const cwd = await folder(t, { "patient.yaml": PATIENT });
  const running = start(["run", "patient.yaml", "--samples", "a"], { cwd, node: old! });
  await until("a job runs", () => /nap-a +running/.test(running.seen()));
  running.child.kill("SIGTERM");
  const { code, stderr } = await running.ended;
  assert.equal(code, 143);
  assert.match(stderr, /goes on: /);
  await cli(["cancel", "2", "--wait"], { cwd });
});

test("an older Node hands on input, output and exit code, and nothing of its own", {
  timeout: 30_000,
}, async (t) => {
  if (!needsOldNode(t)) return;
  const cwd = await folder(t);
  const main = `
    import { execFileSync } from "node:child_process";
    export async function main() {
      for await (const chunk of process.stdin) process.stdout.write("in: " + chunk);
      process.stderr.write("to stderr\\n");
      process.stdout.write(execFileSync("env", { encoding: "utf8" }).replaceAll(/=.*/g, ""));
      process.exitCode = 7; // and no exit: nothing may keep it alive
    }`;
  const bin = packageWith(cwd, main);
  const running = start([], { cwd, bin, node: old!, stdin: "a line\n" });
  t.after(() => void running.child.kill("SIGTERM"));
  const { code, stdout, stderr } = await running.ended;
  assert.deepEqual([code, stderr], [7, "to stderr\n"]);
  const [said, ...variables] = stdout.trimEnd().split("\n");
  assert.equal(said, "in: a line");
  assert.deepEqual(variables.sort(), ["HOME", "PATH", "TMPDIR"]);
});

test("an older Node that is killed takes with it the one that it started", async (t) => {
  if (!needsOldNode(t)) return;
  const cwd = await folder(t);
  const main = `
    setInterval(() => {}, 1000);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
    export const main = () => console.log(process.pid);`;
  const running = start([], { cwd, bin: packageWith(cwd, main), node: old! });
  await until("the real process says its number", () => running.seen().endsWith("\n"));
  const real = Number(running.seen());
  running.child.kill("SIGKILL");
  const ended = await ends(real);
  if (!ended) process.kill(real, "SIGKILL");
  assert.ok(ended, "the real process lives on");
});

test("who starts a new enough Node with a channel may close it", async (t) => {
  const cwd = await folder(t);
  const main = `
    process.once("disconnect", () => setTimeout(() => process.exit(9), 100));
    export const main = () => process.send("ready");`;
  const child = fork(packageWith(cwd, main));
  await once(child, "message");
  child.disconnect();
  assert.deepEqual(await once(child, "exit"), [9, null]);
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
