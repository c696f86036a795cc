import assert from "node:assert/strict";
import { test } from "node:test";
import { type BacklogOptions, deliverBacklog } from "../../src/app/deliver-backlog.ts";
import type { Deps } from "../../src/app/deps.ts";
import { tellEndsFirst } from "../../src/app/tell-ends-first.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { Channel, Delivery } from "../../src/ports.ts";
import { VirtualTime } from "../http/virtual-time.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";
import { aNotice } from "../support/documents.ts";

const BEGIN = "2026-02-27T10:00:00.000Z";
const HANGS = 14_000;

/** An outbox, and channels that take their time: `pi` one message in two seconds, `ops` hangs. */
async function open(...notices: Partial<Notice>[]) {
  const time = new VirtualTime(BEGIN);
  const world = new World(() => ({ kind: "ok" }));
  const store = openMemoryStore();
  const sent: string[] = [];
  const begun: number[] = [];
  const channel = (name: string, paceMilliseconds: number, takes: number, outcome: Delivery): Channel => ({
    name,
    kind: "test",
    recipients: [name],
    paceMilliseconds,
    async deliver({ event }, recipient) {
      begun.push(time.now() - Date.parse(BEGIN));
      await time.sleep(takes);
      if (outcome.kind === "delivered") sent.push(`${recipient} ${event}`);
      return outcome;
    },
  });
  const deps: Deps = {
    ...monitorDeps(world, store),
    now: () => time.instant(),
    channels: new Map([
      ["pi", channel("pi", 2000, 100, { kind: "delivered" })],
      ["ops", channel("ops", 0, HANGS, { kind: "ambiguous", reason: "timed out" })],
    ]),
  };
  for (const [at, fields] of notices.entries())
    await store.addNotice(aNotice({ id: `n${at}`, created_at: BEGIN, next_at: BEGIN, ...fields }));
  const tell = async (milliseconds: number, more: Partial<BacklogOptions> = {}) => {
    const until = Date.parse(BEGIN) + milliseconds;
    const told = deliverBacklog(deps, { limit: 50, until, sleep: time.sleep, ...more });
    await time.run(told);
    return told;
  };
  return { time, store, deps, sent, begun, tell, passed: () => time.now() - Date.parse(BEGIN) };
}

const to = (channel: string, recipient: string, event: Notice["event"] = "run.completed") => ({
  id: `${channel}~${recipient}~${event}`,
  channel,
  recipient,
  event,
});
const PEOPLE = ["ann", "bob", "cat", "dan", "eve"];

test("all recipients of a channel with a pace are told by one call, in order", async () => {
  const { tell, sent } = await open(...PEOPLE.map((name) => to("pi", name)));
  const { sent: count } = await tell(50_000, { longestWait: 5000 });
  assert.equal(count, 5);
  assert.deepEqual(
    sent,
    PEOPLE.map((name) => `${name} run.completed`),
  );
});

test("a channel that hangs does not hold up those beside it", async () => {
  const { tell, sent, time, deps } = await open(to("ops", "x"), ...PEOPLE.map((name) => to("pi", name)));
  let whenAllWereTold = 0;
  const pi = deps.channels.get("pi")!;
  (deps.channels as Map<string, Channel>).set("pi", {
    ...pi,
    async deliver(message, recipient) {
      const outcome = await pi.deliver(message, recipient);
      whenAllWereTold = time.now() - Date.parse(BEGIN);
      return outcome;
    },
  });
  await tell(50_000, { longestWait: 5000 });
  assert.equal(sent.length, 5);
  assert.ok(whenAllWereTold < HANGS, `${whenAllWereTold} ms`);
});

test("a long queue of a channel that hangs hides no other channel's notices, and slows none down", async () => {
  const queue = Array.from({ length: 100 }, (_, at) => to("ops", `x${at}`));
  const after = new Date(Date.parse(BEGIN) + 1).toISOString();
  const newer = PEOPLE.map((name) => ({ ...to("pi", name), created_at: after, next_at: after }));
  const { tell, sent, begun } = await open(...queue, ...newer);
  await tell(HANGS, { limit: 20 });
  assert.equal(sent.length, PEOPLE.length);
  const [hung, ...told] = begun;
  assert.equal(hung, 0);
  for (const [place, at] of told.entries()) assert.ok(at < 1000 + place * 2500, `the ${place}th at ${at} ms`);
});

test("no sending begins when time is up, and what cannot come due before is not waited for", async () => {
  const { tell, begun, passed } = await open(...PEOPLE.map((name) => to("pi", name)));
  await tell(5000);
  assert.equal(begun.length, 3);
  assert.ok(begun.every((at) => at < 5000));
  assert.ok(passed() < 5000, `${passed()} ms`);
});

test("with the signal nothing more begins", async () => {
  const stop = new AbortController();
  const { tell, begun, deps } = await open(...PEOPLE.map((name) => to("pi", name)));
  const pi = deps.channels.get("pi")!;
  const deliver: Channel["deliver"] = (message, recipient) => {
    stop.abort();
    return pi.deliver(message, recipient);
  };
  (deps.channels as Map<string, Channel>).set("pi", { ...pi, deliver });
  await tell(50_000, { signal: stop.signal });
  assert.equal(begun.length, 1);
});

test("what comes due later than one waits for is left to the next call", async () => {
  const later = new Date(Date.parse(BEGIN) + 8000).toISOString();
  const { tell, sent, passed } = await open({ ...to("pi", "ann"), next_at: later });
  await tell(50_000, { longestWait: 5000 });
  assert.deepEqual([sent, passed()], [[], 0]);
  await tell(50_000);
  assert.deepEqual(sent, ["ann run.completed"]);
});

test("a store that fails ends the call with its reason, when what was begun is over", async () => {
  const { deps, time, sent } = await open(to("pi", "ann"), to("ops", "x"));
  const broken = {
    ...deps.store,
    readChannel: async (name: string) => {
      if (name === "ops") throw new Error("the disk is full");
      return deps.store.readChannel(name);
    },
    updateNotice: async (notice: Notice) => {
      if (notice.channel === "ops") throw new Error("the disk is full");
      return deps.store.updateNotice(notice);
    },
  };
  const options = { limit: 5, until: Date.parse(BEGIN) + 50_000, sleep: time.sleep };
  const told = assert.rejects(deliverBacklog({ ...deps, store: broken }, options), /the disk is full/);
  await time.run(told);
  assert.deepEqual(sent, ["ann run.completed"]);
});

test("a start that was never told gives its turn to the end, for the same people only", async () => {
  const { tell, time, store, deps, sent, passed } = await open(
    ...PEOPLE.map((name) => to("pi", name, "run.started")),
  );
  const first = deliverBacklog(deps, { limit: 5, until: time.now() + 500, sleep: time.sleep });
  await time.run(first);
  assert.deepEqual(sent, ["ann run.started"]);
  const at = time.instant();
  for (const name of ["ann", "bob", "cat", "dan"])
    await store.addNotice(aNotice({ ...to("pi", name), created_at: at, next_at: at }));
  const { run_id } = (await store.queryNotices({ limit: 1 }))[0]!;
  await tellEndsFirst(deps, run_id);
  await tell(60_000);
  const told = sent.map((line) => line.split(" ") as [string, string]);
  assert.deepEqual(
    told.filter(([, event]) => event === "run.completed").map(([name]) => name),
    ["bob", "cat", "dan", "ann"],
  );
  assert.deepEqual(
    told.filter(([, event]) => event === "run.started").map(([name]) => name),
    ["ann", "eve"],
  );
  assert.ok(passed() < 12_000, `${passed()} ms`);
});

test("an end does not wait as long as the start that was refused before it", async () => {
  const later = new Date(Date.parse(BEGIN) + 600_000).toISOString();
  const start = { ...to("pi", "ann", "run.started"), tries: 1, next_at: later };
  const { tell, deps, sent, store } = await open(start, to("pi", "ann"));
  const { run_id } = (await store.queryNotices({ limit: 1 }))[0]!;
  await tellEndsFirst(deps, run_id);
  await tell(5000);
  assert.deepEqual(sent, ["ann run.completed"]);
});
