import assert from "node:assert/strict";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { openTestCloud } from "./cloud.ts";
import { needsCloud } from "./needs-cloud.ts";
import { openProject } from "./project.ts";

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
