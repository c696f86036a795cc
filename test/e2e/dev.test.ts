import assert from "node:assert/strict";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { childrenOf, ends } from "../infra/cloud/lives.ts";
import { openTestCloud } from "./cloud.ts";
import { needsCloud } from "./needs-cloud.ts";
import { openProject, type Project } from "./project.ts";

test("a cloud in a box listens on this machine's loopback only", async (t) => {
  if (!needsCloud(t)) return;
  const cloud = await openTestCloud(t);
  const others = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter(({ internal, family }) => !internal && family === "IPv4"),
  );
  for (const { url } of Object.values(cloud.functions)) {
    assert.ok((await fetch(url)).status > 0);
    for (const { address } of others)
      await assert.rejects(fetch(url.replace("127.0.0.1", address), { signal: AbortSignal.timeout(3000) }));
  }
});

test("bioagent dev on a port that is taken says so and ends", async (t) => {
  if (!needsCloud(t)) return;
  const project = openProject(t);
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const ended = await project.run("dev", "--port", String(port));
  assert.equal(ended.code, 1);
  assert.match(ended.err, new RegExp(`port ${port} of the function api cannot be used \\(EADDRINUSE\\)`));
});

test("bioagent dev that is killed leaves no process behind: neither the emulator's Java nor a function", async (t) => {
  if (!needsCloud(t)) return;
  const { child } = await dev(t, openProject(t));
  const parts = await childrenOf(child.pid!);
  const java = parts.filter(({ command }) => command.includes("CloudFirestore"));
  assert.equal(java.length, 1);
  assert.ok(parts.length >= 4, `Java and three functions: ${JSON.stringify(parts)}`);
  child.kill("SIGKILL");
  const left: string[] = [];
  for (const part of parts) {
    if (await ends(part.pid)) continue;
    left.push(part.command);
    process.kill(part.pid, "SIGKILL");
  }
  assert.deepEqual(left, []);
});

test("bioagent dev says on a later start in the same folder that runs are forgotten and which files remain, once", async (t) => {
  if (!needsCloud(t)) return;
  const project = openProject(t);
  const bucket = ["--bucket", `reads=${join(import.meta.dirname, "../../examples/fastq-qc/reads")}`];
  const first = await dev(t, project, ...bucket);
  first.child.kill("SIGTERM");
  assert.doesNotMatch((await first.done).out, /forgotten/);
  const second = await dev(t, project, ...bucket);
  second.child.kill("SIGTERM");
  const said = (await second.done).out.match(/.*forgotten.*/g);
  const buckets = join(project.folder, "bioagent/dev/buckets");
  assert.deepEqual(said, [`Runs of an earlier start are forgotten; files remain in ${buckets}: gs://reads`]);
});

/** Started on free ports, once it has said what it is; killed after the test. */
async function dev(t: TestContext, project: Project, ...args: string[]) {
  const started = project.start("dev", "--port", "0", ...args);
  const { child, done } = started;
  t.after(async () => {
    child.kill("SIGTERM");
    await done;
  });
  let printed = "";
  child.stdout!.on("data", (chunk) => (printed += chunk));
  const deadline = Date.now() + 60_000;
  while (!printed.includes("gcloud batch jobs list")) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(
        `bioagent dev did not start: ${printed}${child.exitCode === null ? "" : (await done).err}`,
      );
    await new Promise((next) => setTimeout(next, 50));
  }
  return { child, done };
}
