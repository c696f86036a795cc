import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Child, getJson, needsLinux, startNode, until, workFolder } from "./child-server.ts";

const MAIN = join(import.meta.dirname, "serve-main.ts");

async function startServer(folder: string): Promise<Child & { url: string }> {
  const child = startNode(folder, [MAIN]);
  const url = await until(
    "the server listens",
    () => /listening on (\S+)/.exec(child.printed())?.[1] ?? null,
  );
  return { ...child, url };
}

async function startRun(url: string, folder: string): Promise<string> {
  const answer = await getJson(`${url}/v1/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      pipeline: "waits",
      samples: ["s1"],
      input: join(folder, "in"),
      output: join(folder, "out"),
    }),
  });
  assert.equal(answer?.["status"], "planning", JSON.stringify(answer));
  return String(answer["run_id"]);
}

for (const [signal, how] of [
  ["SIGKILL", "killed"],
  ["SIGTERM", "stopped"],
] as const) {
  test(`a server that is ${how} loses nothing: its job goes on, and the next server finds the end`, async (t) => {
    if (!needsLinux(t)) return;
    const folder = workFolder(t);
    const first = await startServer(folder);
    const id = await startRun(first.url, folder);
    await until("the job runs", async () => {
      const run = await getJson(`${first.url}/v1/runs/${id}`);
      const jobs = Object.values((run?.["jobs"] ?? {}) as Record<string, { status: string }>);
      return jobs.some((job) => job.status === "running");
    });
    first.process.kill(signal);
    assert.equal(await first.ended, signal === "SIGKILL" ? "SIGKILL" : 0, first.printed());
    writeFileSync(join(folder, "in/go"), "");
    const second = await startServer(folder);
    const run = await until("the run ends", async () => {
      const found = await getJson(`${second.url}/v1/runs/${id}`);
      return found?.["completed_at"] ? found : null;
    });
    assert.deepEqual([run["status"], run["outcome"]], ["completed", "all_succeeded"]);
    const [job] = Object.values(run["jobs"] as Record<string, { attempts: unknown[] }>);
    assert.equal(job!.attempts.length, 1, "one execution");
    assert.equal(readFileSync(join(folder, "out", id, "s1.txt"), "utf8"), "went on\n");
    const log = await (await fetch(`${second.url}/v1/runs/${id}/jobs/wait-s1/logs`)).text();
    assert.equal(log, "went on\n");
  });
}
