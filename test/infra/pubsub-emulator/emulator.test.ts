import assert from "node:assert/strict";
import { test } from "node:test";
import { openPubsubEmulator } from "../../../infra/pubsub-emulator/emulator.ts";

const TOPIC = "projects/p/topics/t";
const SUBSCRIPTION = "projects/p/subscriptions/s";

async function open(t: { after(stop: () => Promise<void>): void }) {
  const clock = { now: 1_000_000 };
  const emulator = await openPubsubEmulator({ now: () => clock.now });
  t.after(() => emulator.close());
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${emulator.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { ask, clock };
}

type Ask = Awaited<ReturnType<typeof open>>["ask"];
type Received = { ackId: string; message: { data?: string; attributes?: Record<string, string> } };

async function subscribed(ask: Ask): Promise<void> {
  await ask("PUT", `/v1/${TOPIC}`, { labels: { a: "b" } });
  await ask("PUT", `/v1/${SUBSCRIPTION}`, { topic: TOPIC, ackDeadlineSeconds: 60 });
}

const pull = async (ask: Ask): Promise<Received[]> =>
  ((await ask("POST", `/v1/${SUBSCRIPTION}:pull`, { maxMessages: 10 })).body["receivedMessages"] ??
    []) as Received[];

const envelope = (subscription?: string) => ({
  message: {
    data: "",
    attributes: { NewJobState: "FAILED" },
    messageId: "1",
    publishTime: "2026-01-01T00:00:00Z",
  },
  ...(subscription ? { subscription } : {}),
});

test("what is pushed for a topic is pulled, until it is acknowledged", async (t) => {
  const { ask, clock } = await open(t);
  await subscribed(ask);
  assert.equal((await ask("POST", "/push/t", envelope())).status, 200);
  const [first] = await pull(ask);
  assert.deepEqual(first?.message.attributes, { NewJobState: "FAILED" });
  assert.deepEqual(await pull(ask), []);
  clock.now += 61_000;
  const [again] = await pull(ask);
  assert.ok(again);
  await ask("POST", `/v1/${SUBSCRIPTION}:acknowledge`, { ackIds: [again.ackId] });
  clock.now += 61_000;
  assert.deepEqual(await pull(ask), []);
});

test("without a topic in the path, the envelope's subscription names it", async (t) => {
  const { ask } = await open(t);
  await subscribed(ask);
  await ask("POST", "/push", envelope("projects/p/subscriptions/t-push"));
  await ask("POST", "/push", envelope("projects/p/subscriptions/other-push"));
  assert.equal((await pull(ask)).length, 1);
});

test("messages that are published go to every subscription of their topic", async (t) => {
  const { ask } = await open(t);
  await subscribed(ask);
  const { body } = await ask("POST", `/v1/${TOPIC}:publish`, { messages: [{ data: "aGk=" }] });
  assert.equal((body["messageIds"] as string[]).length, 1);
  assert.equal((await pull(ask))[0]?.message.data, "aGk=");
});

test("refusals are those of the service", async (t) => {
  const { ask } = await open(t);
  const noTopic = await ask("PUT", `/v1/${SUBSCRIPTION}`, { topic: TOPIC });
  assert.equal(noTopic.status, 404);
  await subscribed(ask);
  assert.equal((await ask("PUT", `/v1/${TOPIC}`, {})).status, 409);
  assert.equal((await ask("POST", `/v1/${SUBSCRIPTION}:pull`, { maxMessages: 0 })).status, 400);
  assert.equal((await ask("POST", `/v1/${SUBSCRIPTION}:seek`, {})).status, 404);
});

test("topics and subscriptions are listed with their labels, and deleted", async (t) => {
  const { ask } = await open(t);
  await subscribed(ask);
  const topics = await ask("GET", "/v1/projects/p/topics");
  assert.deepEqual(topics.body, { topics: [{ name: TOPIC, labels: { a: "b" } }] });
  assert.deepEqual((await ask("GET", "/v1/projects/q/topics")).body, { topics: [] });
  assert.equal((await ask("DELETE", `/v1/${TOPIC}`)).status, 200);
  const [left] = (await ask("GET", "/v1/projects/p/subscriptions")).body["subscriptions"] as {
    topic: string;
  }[];
  assert.equal(left?.topic, "_deleted-topic_");
  assert.equal((await ask("DELETE", `/v1/${SUBSCRIPTION}`)).status, 200);
  assert.equal((await ask("DELETE", `/v1/${SUBSCRIPTION}`)).status, 404);
});
