import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../infra/free-port.ts";
import { needsCloud } from "../e2e/needs-cloud.ts";
import { MEMORY_GROUPS } from "../support/memory-groups.ts";
import { needs } from "../support/require.ts";
import { plainEnvironment, run } from "./clone.ts";
import { documentAt, fencesOf } from "./documents.ts";

const ROOT = join(import.meta.dirname, "../..");
const [dev, cloud] = ["dev", "cloud"].map(
  (info) =>
    fencesOf(documentAt("README.md")).find((fence) => fence.language === "sh" && fence.info === info)!.text,
);

test("what the README says of a cloud in a box works: one terminal runs it, the other the quick start through its API", async (t) => {
  if (!needsCloud(t) || !needs(t, ...MEMORY_GROUPS)) return;
  const folder = mkdtempSync(join(tmpdir(), "bioagent-readme-cloud-"));
  cpSync(join(ROOT, "examples"), join(folder, "examples"), { recursive: true });
  const port = await freePort();
  const here = (text: string): string =>
    text
      .replaceAll("npx bioagent dev", `exec npx bioagent dev --port ${port}`)
      .replaceAll("npx bioagent", `${process.execPath} ${join(ROOT, "bin/bioagent.js")}`)
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`);
  const { child, ready, ended } = startDev(folder, here(dev!));
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await ready;
  const done = await run("bash", ["--norc", "-ec", here(cloud!)], folder);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /Status: ✅ 7\/8 succeeded, ⏭ 1 skipped/);
  assert.match(done.stdout, /Retries: 3 oom/);
});

/** `ready` once it says that it is a cloud; rejects with what it printed when it ends before. */
function startDev(cwd: string, command: string) {
  const child: ChildProcess = spawn("bash", ["--norc", "-ec", command], {
    cwd,
    env: plainEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const ended = new Promise<void>((done) => child.on("exit", () => done()));
  const ready = new Promise<void>((done, fail) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk) => {
        printed += String(chunk);
        if (printed.includes("A cloud in a box")) done();
      });
    void ended.then(() => fail(new Error(`it ended: ${printed}`)));
  });
  return { child, ready, ended };
}
