import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../src/app/deliver.ts";
import { Conflict, type Deps, NotFound } from "../../src/app/deps.ts";
import { addTestNotices } from "../../src/app/test-notices.ts";
import type { NoticeEvent } from "../../src/core/run.ts";
import type { Channel, Delivery, Message } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";

const GONE = "Slack answered 404 no_service: the webhook was removed.";

/** A channel with two recipients that answers as it is told to; what it was given. */
function openScene(answer: () => Delivery, traits: Partial<Channel> = {}) {
  const world = new World(() => ({ kind: "ok" }));
  const store = openMemoryStore();
  const sent: Message[] = [];
  const lab: Channel = {
    name: "lab",
    kind: "test",
    recipients: ["ada", "ben"],
    paceMilliseconds: 0,
    deliver: async (message) => {
      sent.push(message);
      return answer();
    },
    ...traits,
  };
  const deps: Deps = { ...monitorDeps(world, store), channels: new Map([["lab", lab]]) };
  const tryIt = async (event: NoticeEvent = "run.completed") => {
    const added = await addTestNotices(deps, "lab", event);
    await deliver(deps, { limit: 20 });
    const notices = await Promise.all(added.map(({ id }) => store.readNotice(id)));
    return notices.map((notice) => `${notice!.recipient} ${notice!.status}: ${notice!.error}`);
  };
  return { world, store, sent, deps, tryIt };
}

test("a test message goes through the outbox to each recipient, and says what it is", async () => {
  const { sent, tryIt } = openScene(() => ({ kind: "delivered" }));
  assert.deepEqual(await tryIt(), ["ada sent: null", "ben sent: null"]);
  assert.deepEqual(
    sent.map(({ test: isTest, event }) => [isTest, event]),
    [
      [true, "run.completed"],
      [true, "run.completed"],
    ],
  );
});

test("one that is refused is tried once, and is nobody's dead letter", async () => {
  for (const answer of [
    { kind: "rejected", reason: "busy", after_seconds: null },
    { kind: "permanent", reason: "too long", disable: false },
  ] as const) {
    const { store, sent, tryIt } = openScene(() => answer);
    assert.deepEqual(await tryIt(), [`ada dropped: ${answer.reason}`, `ben dropped: ${answer.reason}`]);
    assert.equal(sent.length, 2);
    assert.deepEqual(await store.queryNotices({ status: ["failed", "pending", "sending"], limit: 9 }), []);
  }
});

test("of one that may have arrived nobody knows, and it is not repeated", async () => {
  const { sent, tryIt, world, deps } = openScene(() => ({ kind: "ambiguous", reason: "timed out" }));
  assert.deepEqual(await tryIt(), ["ada unknown: timed out", "ben unknown: timed out"]);
  world.pass(3600);
  await deliver(deps, { limit: 20 });
  assert.equal(sent.length, 2);
});

test("a channel that is disabled is tried all the same, and works again when a test arrives", async () => {
  let answer: Delivery = { kind: "permanent", reason: GONE, disable: true };
  const { store, tryIt, world } = openScene(() => answer);
  await tryIt();
  assert.equal((await store.readChannel("lab")).disabled?.reason, GONE);
  answer = { kind: "delivered" };
  world.pass(1);
  assert.deepEqual(await tryIt(), ["ada sent: null", "ben sent: null"]);
  assert.equal((await store.readChannel("lab")).disabled, null);
});

test("tests keep nothing of the run that is none: the next one is told at once, whatever was tried before", async () => {
  const { store, sent, tryIt, world } = openScene(() => ({ kind: "delivered", keep: { ts: "1.2" } }));
  for (const event of [
    "run.completed",
    "job.skipped",
    "job.skipped",
    "run.waiting",
    "run.progress",
  ] as const) {
    world.pass(1);
    assert.deepEqual(await tryIt(event), ["ada sent: null", "ben sent: null"], event);
  }
  assert.equal(sent.length, 10);
  assert.deepEqual((await store.readThread("notify-test", "lab")).recipients, {});
});

test("tests that wait together are all told: the example's end overtakes none of them", async () => {
  const { store, sent, deps, world } = openScene(() => ({ kind: "delivered" }));
  for (const event of ["run.completed", "run.started", "run.stalled"] as const) {
    await addTestNotices(deps, "lab", event);
    world.pass(1);
  }
  await deliver(deps, { limit: 20 });
  assert.equal(sent.length, 6);
  assert.deepEqual(await store.queryNotices({ status: ["dropped", "pending"], limit: 9 }), []);
});

test("a channel that cannot be tried says why", async () => {
  const { deps } = openScene(() => ({ kind: "delivered" }), { pulled: true });
  await assert.rejects(addTestNotices(deps, "lab", "run.completed"), (error) => {
    assert.ok(error instanceof Conflict);
    return /bioagent bridge imessage --channel lab --check/.test(error.message);
  });
  await assert.rejects(addTestNotices(deps, "labb", "run.completed"), (error) => {
    assert.ok(error instanceof NotFound);
    return error.message === "there is no channel labb; did you mean lab?";
  });
  const broken = new Map([["pi", "channel pi (slack): the variable PI is not set here"]]);
  const reached = addTestNotices({ ...deps, brokenChannels: broken }, "pi", "run.completed");
  await assert.rejects(reached, /where the API runs, channel pi \(slack\): the variable PI is not set/);
});

test("a test for people whom only the channel knows stays the notice that is looked at", async () => {
  const { world, store, sent, deps } = openScene(() => ({ kind: "delivered" }));
  const unknown: Channel = { ...deps.channels.get("lab")!, recipients: ["lab"] };
  const [notice] = await addTestNotices(
    { ...deps, channels: new Map([["lab", unknown]]) },
    "lab",
    "run.failed",
  );
  await deliver(deps, { limit: 20 });
  assert.equal((await store.readNotice(notice!.id))!.status, "sent");
  assert.equal(sent.length, 1);
  world.pass(60);
  assert.equal((await store.queryNotices({ due_at: world.now(), limit: 5 })).length, 0);
});
