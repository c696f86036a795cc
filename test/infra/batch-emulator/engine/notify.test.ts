import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openEmulator } from "../../../../infra/batch-emulator/emulator.ts";
import { clientOf, jobOf, newFolder, open, script, until } from "./open.ts";

interface Push {
  readonly authorization: string;
  readonly path: string;
  readonly body: {
    message: { attributes: Record<string, string>; data: string; messageId: string; publishTime: string };
    subscription: string;
    deliveryAttempt?: number;
  };
}

/** An endpoint that answers with these codes in turn, then with 204. */
async function endpoint(t: TestContext, ...codes: number[]) {
  const pushes: Push[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Push["body"];
    pushes.push({ authorization: request.headers.authorization ?? "", path: request.url ?? "", body });
    response.writeHead(codes.shift() ?? 204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`;
  const arrived = (count: number) => until(`${count} pushes`, () => (pushes.length >= count ? pushes : null));
  return { url, pushes, arrived };
}

const notifying = (...messages: object[]) =>
  jobOf(
    [script("true")],
    {},
    {},
    {
      notifications: messages.map((message) => ({ pubsubTopic: "projects/lab/topics/batch", message })),
    },
  );

test("state changes that a topic asked for are pushed in Pub/Sub's envelope, with a token without signature", async (t) => {
  const { url, pushes, arrived } = await endpoint(t);
  const batch = await open(t, {
    push: { url, token: { email: "push@lab.iam.gserviceaccount.com", audience: "poll" } },
  });
  const created = await batch.submit(
    "told",
    notifying({ type: "JOB_STATE_CHANGED", newJobState: "SUCCEEDED" }),
  );
  await batch.ends("told");
  const [push] = await arrived(1);
  const { message, subscription } = push!.body;
  assert.deepEqual(message.attributes, {
    Type: "JOB_STATE_CHANGED",
    JobUID: created.uid,
    JobName: created.name,
    NewJobState: "SUCCEEDED",
    Region: "us-central1",
  });
  assert.match(message.messageId, /^\d+$/);
  assert.equal(subscription, "projects/lab/subscriptions/batch-push");
  const [, payload, signature] = push!.authorization.replace("Bearer ", "").split(".");
  assert.equal(signature, "SIGNATURE_REMOVED_BY_GOOGLE");
  const claims = JSON.parse(Buffer.from(payload!, "base64url").toString()) as Record<string, unknown>;
  assert.deepEqual(
    [claims["iss"], claims["aud"], claims["email"]],
    ["https://accounts.google.com", "poll", "push@lab.iam.gserviceaccount.com"],
  );
  assert.ok((claims["exp"] as number) > Date.now() / 1000);
  assert.equal(pushes.length, 1);
});

test("an unfiltered topic hears every state, one for tasks hears tasks, one without a message nothing", async (t) => {
  const { url, arrived } = await endpoint(t);
  const batch = await open(t, { push: { topics: { batch: url } } });
  const spec = notifying(
    { type: "JOB_STATE_CHANGED" },
    { type: "TASK_STATE_CHANGED", newTaskState: "RUNNING" },
  );
  await batch.submit("all", spec);
  await batch.ends("all");
  const pushes = await arrived(4);
  const states = pushes.map(
    ({ body }) => body.message.attributes["NewJobState"] ?? body.message.attributes["NewTaskState"],
  );
  assert.deepEqual(states.toSorted(), ["RUNNING", "RUNNING", "SCHEDULED", "SUCCEEDED"]);
});

test("what is not acknowledged is sent again, the same message", async (t) => {
  const { url, arrived } = await endpoint(t, 500, 429);
  const batch = await open(t, { push: { url, backoffMs: 20 } });
  await batch.submit("again", notifying({ type: "JOB_STATE_CHANGED", newJobState: "RUNNING" }));
  const pushes = await arrived(3);
  assert.equal(new Set(pushes.map(({ body }) => body.message.messageId)).size, 1);
  assert.equal(pushes[2]!.body.deliveryAttempt, 3);
});

test("a scenario duplicates and delays messages", async (t) => {
  const { url, arrived } = await endpoint(t);
  const rules = [
    { match: { job: "twice" }, effect: { push: { duplicates: 2, delay_ms: 50, shuffle_ms: 30 } } },
  ];
  const batch = await open(t, { push: { url }, scenario: { rules } });
  await batch.submit("twice", notifying({ type: "JOB_STATE_CHANGED", newJobState: "SUCCEEDED" }));
  const ended = await batch.ends("twice");
  const pushes = await arrived(3);
  assert.ok(Date.now() - Date.parse(ended.updateTime) >= 45);
  assert.equal(new Set(pushes.map(({ body }) => body.message.messageId)).size, 1);
});

test("a message that nobody has acknowledged outlives the emulator", async (t) => {
  const { url, arrived } = await endpoint(t, 500);
  const statePath = join(await newFolder(t), "state.json");
  const push = { url, backoffMs: 60_000 };
  const first = await openEmulator({ restPort: 0, grpcPort: 0, statePath, push });
  const batch = clientOf(first.restPort);
  await batch.submit("kept", notifying({ type: "JOB_STATE_CHANGED", newJobState: "SUCCEEDED" }));
  await arrived(1);
  await first.close();
  await open(t, { statePath, push });
  const pushes = await arrived(2);
  assert.equal(pushes[1]!.body.message.messageId, pushes[0]!.body.message.messageId);
});
