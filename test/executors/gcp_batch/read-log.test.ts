import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { aSubmission, confirmed, executorWith, fakeBatch } from "./fake-batch.ts";

const work = aSubmission();
const known = confirmed(work);
const LOG = `${work.output}.bioagent/${work.job}/a1.log`;

/** Cloud Logging, as far as it is asked; `status` is what it answers with. */
async function logging(t: TestContext, entries: object[], status = 200) {
  const asked: { path: string; body: Record<string, unknown>; login: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
    asked.push({ path: request.url ?? "", body, login: request.headers.authorization });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ entries }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { asked, loggingEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("the uploaded log is the log; Cloud Logging is not asked", async (t) => {
  const { asked, loggingEndpoint } = await logging(t, []);
  const executor = executorWith(fakeBatch(), { [LOG]: "a\nb\r\u001b[31mc\u001b[0m\n" }, { loggingEndpoint });
  assert.equal(await executor.log(known, { lines: null }), "a\nc\n");
  assert.equal(await executor.log(known, { lines: 1 }), "c\n");
  assert.equal(asked.length, 0);
});

test("while it runs, the log is what Cloud Logging has of this very job, oldest first", async (t) => {
  const entries = [{ textPayload: "second\n" }, { jsonPayload: { message: "first" } }];
  const { asked, loggingEndpoint } = await logging(t, entries);
  const executor = executorWith(fakeBatch(), {}, { loggingEndpoint });
  assert.equal(await executor.log(known, { lines: 50 }), "first\nsecond\n");
  assert.deepEqual(asked, [
    {
      path: "/v2/entries:list",
      login: undefined,
      body: {
        resourceNames: ["projects/my-lab-123"],
        filter: `logName="projects/my-lab-123/logs/batch_task_logs" AND labels.job_uid="uid-${work.attempt.id}" AND timestamp>="${work.attempt.recorded_at}"`,
        orderBy: "timestamp desc",
        pageSize: 50,
      },
    },
  ]);
});

test("sixty reads a minute are never exceeded: beyond, there is no live log", async (t) => {
  const { asked, loggingEndpoint } = await logging(t, [{ textPayload: "x" }]);
  const executor = executorWith(fakeBatch(), {}, { loggingEndpoint });
  const answers = [];
  for (let at = 0; at < 65; at++) answers.push(await executor.log(known, { lines: 1 }));
  assert.deepEqual([asked.length, answers.filter((answer) => answer === null).length], [60, 5]);
});

test("a quota that others used up is no error, a missing role is one that says what to grant", async (t) => {
  const full = await logging(t, [], 429);
  const denied = await logging(t, [], 403);
  const open = (loggingEndpoint: string) => executorWith(fakeBatch(), {}, { loggingEndpoint });
  assert.equal(await open(full.loggingEndpoint).log(known, { lines: 1 }), null);
  await assert.rejects(
    open(denied.loggingEndpoint).log(known, { lines: 1 }),
    /HTTP 403.*roles\/logging\.viewer/,
  );
});

test("an attempt that was not confirmed yet is found by its job, and one that is gone has no log", async () => {
  const fake = fakeBatch();
  const executor = executorWith(fake, { [LOG]: "here\n" }, { cloudLogging: false });
  assert.equal(await executor.log(work, { lines: null }), null);
  await executor.submit([work]);
  assert.equal(await executor.log(work, { lines: null }), "here\n");
});
