#!/usr/bin/env node
// Plain JavaScript without news: it must run far enough on an old Node to find a new one, or to say which is needed.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = 24;
/** Set by an older Node for the one that it starts, and by that one taken away again: its own children are nobody's wrapped. */
const WRAPPED = "BIOAGENT_WRAPPED";
// Resolved through symlinks: npm link, node_modules/.bin.
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const root = dirname(here);

const isNew = Number(process.versions.node.split(".")[0]) >= NEEDED;
const other = isNew ? undefined : nodeOfThePackage();
if (isNew) {
  endWithWrapper();
  start();
} else if (other) {
  runWith(other);
} else {
  console.error(
    `bioagent: needs Node ${NEEDED} or newer; this is ${process.version}. Get it from https://nodejs.org, or "npm install node@${NEEDED}" beside bioagent.`,
  );
  process.exitCode = 2;
}

/** The npm package `node`: our own development dependency, or installed beside us. */
function nodeOfThePackage() {
  return [join(root, "node_modules", "node", "bin", "node"), join(root, "..", "node", "bin", "node")].find(
    (path) => existsSync(path) && realpathSync(path) !== realpathSync(process.execPath),
  );
}

function runWith(node) {
  const child = spawn(node, [join(here, "bioagent.js"), ...process.argv.slice(2)], {
    env: Object.assign({}, process.env, { [WRAPPED]: "1" }),
    // Nothing is said through the channel: its end tells that we are gone, also by a signal that nobody can pass on.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  if (child.channel) child.channel.unref();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`bioagent: ${node} could not be started: ${error.message}`);
    process.exitCode = 2;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code === null ? 128 + (constants.signals[signal] || 0) : code;
  });
}

/** Where an older Node started us, and it is killed: so are we, as if it had never stood in between. */
function endWithWrapper() {
  const isWrapped = WRAPPED in process.env;
  delete process.env[WRAPPED];
  if (!isWrapped || !process.send) return;
  const end = () => process.kill(process.pid, "SIGKILL");
  process.once("disconnect", end);
  if (process.connected) process.channel.unref();
  else end();
}

/** The sources as they are, where Node strips types: not under node_modules. Else what the build made of them. */
function start() {
  const source = join(root, "src", "cli", "main.ts");
  const built = join(root, "dist", "src", "cli", "main.js");
  const installed = root.split(sep).includes("node_modules");
  const main = !installed && existsSync(source) ? source : built;
  if (!existsSync(main)) {
    console.error(`bioagent: ${main} is not there; "npm run build" makes it.`);
    process.exitCode = 2;
    return;
  }
  import("node:module")
    .then(({ enableCompileCache }) => {
      // Halves the start; a cache that cannot be written is only slower.
      enableCompileCache();
      return import(pathToFileURL(main).href);
    })
    .then(({ main: run }) => run(process.argv));
}
