import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { start, until } from "../cli/support/cli.ts";
import { temporary } from "./clone.ts";
import { documentAt, fencesOf } from "./documents.ts";

const blockOf = (path: string, language: string, info: string): string =>
  fencesOf(documentAt(path)).find((fence) => fence.language === language && fence.info === info)!.text;

/** The address of `bioagent serve` in this folder; it ends with the test. */
async function serveIn(cwd: string, t: TestContext): Promise<string> {
  const server = start(["serve", "--port", "0", "--json"], { cwd });
  t.after(() => {
    server.child.kill();
    return server.ended;
  });
  await until("the server says where it is", () => server.seen().includes("\n"));
  return (JSON.parse(server.seen()) as { url: string }).url;
}

test("the request of docs/http.md runs the pipeline of docs/pipelines.md, and its key starts it once", async (t) => {
  const cwd = await temporary(t);
  await mkdir(join(cwd, "pipelines"));
  await mkdir(join(cwd, "reads"));
  await writeFile(join(cwd, "pipelines/counts.yaml"), blockOf("docs/pipelines.md", "yaml", ""));
  await writeFile(
    join(cwd, "reads/ctrl_rep1_R1.fastq.gz"),
    gzipSync(`@r1\n${"A".repeat(60)}\n+\n${"I".repeat(60)}\n`),
  );
  const body = blockOf("docs/http.md", "json", "start").replaceAll("/data/", `${cwd}/`);

  const url = await serveIn(cwd, t);
  const post = () =>
    fetch(`${url}/v1/runs`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "6f1c" },
      body,
    });

  const [first, again] = [await post(), await post()];
  assert.deepEqual([first.status, again.status], [201, 200]);
  const { run_id } = (await first.json()) as { run_id: string };
  assert.equal(((await again.json()) as { run_id: string }).run_id, run_id);
  const outcome = async () => ((await (await fetch(`${url}/v1/runs/${run_id}`)).json()) as Outcome).outcome;
  await until("the run has ended", async () => (await outcome()) !== null);
  assert.equal(await outcome(), "all_succeeded");
});

interface Outcome {
  readonly outcome: string | null;
}

test("the problem that docs/http.md shows is what a request without an output gets", async (t) => {
  const cwd = await temporary(t);
  const url = await serveIn(cwd, t);
  const answer = await fetch(`${url}/v1/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"pipeline": "counts"}',
  });
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json\b/);
  assert.deepEqual(await answer.json(), JSON.parse(blockOf("docs/http.md", "json", "")));
});
