import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../src/app/deliver.ts";
import type { Deps } from "../../src/app/deps.ts";
import { mustArrive, type Notice } from "../../src/core/notice.ts";
import { NOTICE_EVENTS } from "../../src/core/run.ts";
import type { Channel, Delivery, Message, RunStore, RunView } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { World } from "../sim/world.ts";
import { aNotice, aStart } from "../support/documents.ts";

type Answer = Delivery | Error;

/** An outbox with these notices, and channels that answer as they are told to. */
class Outbox {
  readonly world = new World(() => ({ kind: "ok" }));
  readonly store: RunStore = openMemoryStore();
  readonly sent: Message[] = [];
  answer: (message: Message, channel: string) => Answer = () => ({ kind: "delivered" });
  readonly channels = new Map<string, Channel>();

  static async of(...notices: Partial<Notice>[]): Promise<Outbox> {
    const outbox = new Outbox();
    for (const name of ["lab", "ops"]) outbox.add(name);
    const at = outbox.world.now();
    const given = notices.map((fields) => aNotice({ created_at: at, next_at: at, ...fields }));
    await outbox.store.start(aStart({}, {}, { notices: given }));
    return outbox;
  }

  add(name: string, paceMilliseconds = 0, more: Partial<Channel> = {}): void {
    this.channels.set(name, {
      name,
      kind: "test",
      recipients: [name],
      paceMilliseconds,
      deliver: async (message) => {
        this.sent.push(message);
        const answer = this.answer(message, name);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      ...more,
    });
  }

  deps(store: RunStore = this.store): Deps {
    return { ...monitorDeps(this.world, store), channels: this.channels };
  }

  deliver(limit = 20) {
    return deliver(this.deps(), { limit });
  }

  async only(): Promise<Notice> {
    const [notice, ...rest] = await this.store.queryNotices({ limit: 10 });
    assert.equal(rest.length, 0);
    return notice!;
  }
}

test("what is taken by the channel is sent, and not again", async () => {
  const outbox = await Outbox.of({});
  assert.deepEqual(await outbox.deliver(), { sent: 1, postponed: 0, failed: [] });
  assert.deepEqual(await outbox.deliver(), { sent: 0, postponed: 0, failed: [] });
  const notice = await outbox.only();
  assert.deepEqual([notice.status, notice.next_at, notice.tries], ["sent", null, 1]);
});

test("a provider that asks for no pause is not asked again at once", async () => {
  const outbox = await Outbox.of({});
  outbox.answer = () => ({ kind: "rejected", reason: "429", after_seconds: 0 });
  await outbox.deliver();
  await outbox.deliver();
  assert.equal(outbox.sent.length, 1);
  outbox.world.pass(1);
  await outbox.deliver();
  assert.equal(outbox.sent.length, 2);
});

test("two deliverers at once: one sends", async () => {
  const processes = new Processes();
  const outbox = await Outbox.of({});
  for (const name of ["one", "two"]) {
    const store = processes.wrap(name, outbox.store, ["updateNotice"]);
    processes.start(name, () => deliver(outbox.deps(store), { limit: 5 }));
  }
  for (let ready = await processes.ready(); ready.length > 0; ready = await processes.ready())
    for (const name of ready) processes.step(name, "go");
  assert.deepEqual(processes.failures, []);
  assert.equal(outbox.sent.length, 1);
});

for (const event of NOTICE_EVENTS) {
  const wanted = mustArrive(event) ? "repeated, and marked" : "not repeated";
  test(`${event}: when a deliverer died between claim and mark, it is ${wanted}, once its claim ran out`, async () => {
    const outbox = await Outbox.of({ event });
    const processes = new Processes();
    const store = processes.wrap("p", outbox.store, ["updateNotice"]);
    processes.start("p", () => deliver(outbox.deps(store), { limit: 5 }));
    await processes.ready();
    processes.step("p", "go");
    await processes.ready();
    processes.step("p", "kill");
    await processes.ready();
    assert.equal(outbox.sent.length, 1);
    outbox.world.pass(119);
    await outbox.deliver();
    assert.equal(outbox.sent.length, 1, "the claim still holds");
    outbox.world.pass(1);
    await outbox.deliver();
    const marks = outbox.sent.map((message) => message.possible_repeat);
    assert.deepEqual(marks, mustArrive(event) ? [false, true] : [false]);
    assert.equal((await outbox.only()).status, mustArrive(event) ? "sent" : "unknown");
  });

  test(`${event}: an ambiguous answer leaves it ${mustArrive(event) ? "pending, as a possible repeat" : "unknown"}`, async () => {
    const outbox = await Outbox.of({ event });
    outbox.answer = () => ({ kind: "ambiguous", reason: "timed out" });
    await outbox.deliver();
    const notice = await outbox.only();
    assert.deepEqual(
      [notice.status, notice.possible_repeat, notice.error],
      mustArrive(event) ? ["pending", true, "timed out"] : ["unknown", false, "timed out"],
    );
  });
}

test("a channel that throws is ambiguous, and stops nothing", async () => {
  const outbox = await Outbox.of({ channel: "lab" }, { channel: "ops" });
  outbox.answer = (_message, channel) =>
    channel === "lab" ? new Error("socket hang up") : { kind: "delivered" };
  assert.deepEqual(await outbox.deliver(), { sent: 1, postponed: 1, failed: [] });
});

test("a channel that never ends is ambiguous while its claim still holds, and so is one that throws at once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = await Outbox.of({ id: "never", channel: "lab" }, { id: "at-once", channel: "ops" });
  outbox.add("lab", 0, { deliver: () => new Promise(() => {}) });
  outbox.add("ops", 0, {
    deliver: () => {
      throw new Error("no such method");
    },
  });
  const delivered = outbox.deliver();
  const isSending = async (): Promise<boolean> =>
    (await outbox.store.readNotice("never"))?.status === "sending";
  while (!(await isSending())) await new Promise((done) => setImmediate(done));
  await new Promise((done) => setImmediate(done));
  t.mock.timers.tick(119_000);
  await delivered;
  const errors = (await outbox.store.queryNotices({ status: ["pending"], limit: 5 })).map(
    ({ error }) => error,
  );
  assert.deepEqual(errors.sort(), ["channel lab did not say within 110 s what came of it", "no such method"]);
});

test("a rejected notice is tried again after 10 s, 20 s, 40 s ... an hour at most, and is no repeat", async () => {
  const outbox = await Outbox.of({});
  outbox.answer = () => ({ kind: "rejected", reason: "500", after_seconds: null });
  const pauses: number[] = [];
  for (let at = 0; at < 12; at++) {
    await outbox.deliver();
    const notice = await outbox.only();
    const pause = (Date.parse(notice.next_at!) - Date.parse(outbox.world.now())) / 1000;
    pauses.push(pause);
    assert.equal(notice.possible_repeat, false);
    outbox.world.pass(pause);
  }
  assert.deepEqual(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
});

test("what may have arrived is repeated seldom: nine sendings in a day, each marked, then it is a dead letter", async () => {
  const outbox = await Outbox.of({});
  outbox.answer = () => ({ kind: "ambiguous", reason: "no answer" });
  const pauses: number[] = [];
  for (let notice = await outbox.only(); notice.status === "pending"; notice = await outbox.only()) {
    const pause = (Date.parse(notice.next_at!) - Date.parse(outbox.world.now())) / 1000;
    pauses.push(pause);
    outbox.world.pass(pause);
    await outbox.deliver();
  }
  assert.deepEqual(pauses, [0, 10, 40, 160, 640, 2560, 10_240, 40_960, 43_200]);
  assert.deepEqual(outbox.sent.map(({ possible_repeat }) => possible_repeat).slice(0, 3), [
    false,
    true,
    true,
  ]);
  assert.equal((await outbox.only()).status, "failed");
});

test("a notice that cannot be delivered for 24 h is a dead letter that says how often, and why", async () => {
  const outbox = await Outbox.of({});
  outbox.answer = () => ({ kind: "rejected", reason: "HTTP 500", after_seconds: 12 * 3600 });
  await outbox.deliver();
  outbox.world.pass(12 * 3600);
  assert.equal((await outbox.deliver()).postponed, 1);
  outbox.world.pass(12 * 3600);
  const [dead] = (await outbox.deliver()).failed;
  assert.deepEqual([dead?.status, dead?.error], ["failed", "given up after 3 tries: HTTP 500"]);
});

test("what is refused for ever fails at once; a disabled channel takes nothing more, and says why", async () => {
  const outbox = await Outbox.of({ id: "first" }, { id: "second" });
  outbox.answer = () => ({ kind: "permanent", reason: "the webhook was revoked", disable: true });
  const { failed } = await outbox.deliver();
  assert.deepEqual(
    failed.map(({ error }) => error),
    ["the webhook was revoked", "channel lab is disabled: the webhook was revoked"],
  );
  assert.equal(outbox.sent.length, 1);
});

test("a message refused for its own sake does not disable its channel", async () => {
  const outbox = await Outbox.of({ id: "first" }, { id: "second" });
  outbox.answer = ({ notice_id }) =>
    notice_id === "first" ? { kind: "permanent", reason: "too long", disable: false } : { kind: "delivered" };
  assert.deepEqual([(await outbox.deliver()).sent, outbox.sent.length], [1, 2]);
});

test("a channel that is not configured here keeps its notice, and says what to do", async () => {
  const outbox = await Outbox.of({ channel: "elsewhere" });
  assert.equal((await outbox.deliver()).postponed, 1);
  const notice = await outbox.only();
  assert.equal(notice.status, "pending");
  assert.match(notice.error!, /^channel elsewhere is not configured here; add it to bioagent\.yaml$/);
  const wait = (Date.parse(notice.next_at!) - Date.parse(outbox.world.now())) / 1000;
  assert.equal(wait, 300);
  const { not_before } = await outbox.store.readChannel("elsewhere");
  assert.equal(not_before, null, "another process may have it");
});

test("a broken channel says which variable it lacks", async () => {
  const outbox = await Outbox.of({ channel: "pi" });
  const deps = { ...outbox.deps(), brokenChannels: new Map([["pi", "SMTP_URL is not set"]]) };
  await deliver(deps, { limit: 5 });
  assert.equal((await outbox.only()).error, "SMTP_URL is not set");
});

test("the pace of a channel is kept over several deliverers, and nothing is lost by it", async () => {
  const outbox = await Outbox.of({ id: "n1" }, { id: "n2" }, { id: "n3" });
  outbox.add("lab", 1000);
  const counts: number[] = [];
  for (let at = 0; at < 4; at++) {
    await outbox.deliver();
    await outbox.deliver();
    counts.push(outbox.sent.length);
    outbox.world.pass(1.1);
  }
  assert.deepEqual(counts, [1, 2, 3, 3]);
});

test("a pause of a notice alone holds up nothing else on its channel", async () => {
  const outbox = await Outbox.of({ id: "first" }, { id: "second" });
  outbox.answer = ({ notice_id }) =>
    notice_id === "first"
      ? { kind: "rejected", reason: "HTTP 503", after_seconds: 7200, alone: true }
      : { kind: "delivered" };
  assert.equal((await outbox.deliver()).sent, 1);
  outbox.world.pass(7199);
  await outbox.deliver();
  assert.equal(outbox.sent.length, 2);
  outbox.world.pass(1);
  await outbox.deliver();
  assert.equal(outbox.sent.length, 3);
});

test("Retry-After holds for the whole channel, and for that channel alone", async () => {
  const lab = Array.from({ length: 25 }, (_, at) => ({ id: `lab${at}`, channel: "lab" }));
  const outbox = await Outbox.of(...lab, { id: "z", channel: "ops" });
  outbox.answer = (_message, channel) =>
    channel === "lab" ? { kind: "rejected", reason: "429", after_seconds: 3600 } : { kind: "delivered" };
  let sent = 0;
  for (let pass = 0; pass < 3; pass++) sent += (await outbox.deliver(20)).sent;
  assert.equal(sent, 1, "25 notices that must wait do not stand in the way of another channel's");
  assert.equal(outbox.sent.filter(({ notice_id }) => notice_id !== "z").length, 1);
  outbox.answer = () => ({ kind: "delivered" });
  outbox.world.pass(3600);
  for (let pass = 0; pass < 3; pass++) sent += (await outbox.deliver(20)).sent;
  assert.equal(sent, 26);
});

test("what a provider says of its channel is kept, also while other processes take turns there", async () => {
  const outbox = await Outbox.of({ id: "a", channel: "lab" }, { id: "b", channel: "ops" });
  outbox.answer = (_message, channel) =>
    channel === "lab"
      ? { kind: "rejected", reason: "429", after_seconds: 600 }
      : { kind: "permanent", reason: "the webhook was revoked", disable: true };
  const { store } = outbox;
  const busy = new Proxy(store, {
    get: (target, key) => {
      const value = Reflect.get(target, key);
      if (key !== "readChannel") return value;
      return async (name: string) => {
        const state = await target.readChannel(name);
        // Twice for each channel: its first read is its own turn.
        if (state.rev < 2) await target.updateChannel(state);
        return state;
      };
    },
  });
  await deliver(outbox.deps(busy), { limit: 5 });
  const until = new Date(Date.parse(outbox.world.now()) + 600_000).toISOString();
  assert.equal((await store.readChannel("lab")).not_before, until);
  assert.equal((await store.readChannel("ops")).disabled?.reason, "the webhook was revoked");
});

const skipped = (id: string, detail: string, fields: Partial<Notice> = {}): Partial<Notice> => ({
  id,
  event: "job.skipped",
  group: id,
  facts: { ...aNotice().facts, details: [detail], more: 0 },
  ...fields,
});

test("a burst of skipped jobs is one message, and what follows within five minutes is the next", async () => {
  const burst = Array.from({ length: 12 }, (_, at) =>
    skipped(`n${String(at).padStart(2, "0")}`, `⏭ s${at} skipped`),
  );
  const outbox = await Outbox.of(...burst);
  await outbox.deliver(1);
  assert.equal(outbox.sent.length, 1, "those that are not due yet, or beyond the limit, are told with it");
  assert.deepEqual([outbox.sent[0]!.facts.details.length, outbox.sent[0]!.facts.more], [10, 2]);
  const late = aNotice({
    ...skipped("late", "⏭ s99 skipped"),
    created_at: outbox.world.now(),
    next_at: outbox.world.now(),
  });
  await outbox.store.addNotice(late);
  await outbox.deliver();
  assert.equal(outbox.sent.length, 1);
  outbox.world.pass(300);
  await outbox.deliver();
  assert.deepEqual(outbox.sent[1]!.facts.details, ["⏭ s99 skipped"]);
  const statuses = (await outbox.store.queryNotices({ limit: 20 })).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set(["sent"]));
});

test("what was told together is not looked at again", async () => {
  const outbox = await Outbox.of(...Array.from({ length: 20 }, (_, at) => skipped(`n${at}`, `job ${at}`)));
  let reads = 0;
  const store: RunStore = {
    ...outbox.store,
    readThread: (run_id, channel) => {
      reads += 1;
      return outbox.store.readThread(run_id, channel);
    },
  };
  assert.equal((await deliver(outbox.deps(store), { limit: 20 })).sent, 20);
  assert.ok(reads <= 2, `${reads} reads`);
});

test("after an outage one look tells all progress, under the id of the oldest at every try", async () => {
  const outbox = await Outbox.of(
    ...Array.from({ length: 30 }, (_, minute) => ({
      id: `n${minute}`,
      event: "run.progress" as const,
      created_at: new Date(Date.parse("2026-02-27T10:00:00Z") + minute * 60_000).toISOString(),
      // The first was tried, and waits longer than those behind it.
      next_at: minute === 0 ? "2026-03-01T00:00:00.000Z" : "2026-02-27T10:00:00.000Z",
    })),
  );
  outbox.answer = () => ({ kind: "rejected", reason: "more to tell", after_seconds: 1, alone: true });
  await outbox.deliver();
  outbox.answer = () => ({ kind: "delivered" });
  outbox.world.pass(1);
  await outbox.deliver();
  assert.deepEqual(
    outbox.sent.map(({ notice_id, tries }) => [notice_id, tries]),
    [
      ["n0", 1],
      ["n0", 2],
    ],
  );
  assert.equal((await outbox.store.queryNotices({ status: ["sent"], limit: 50 })).length, 30);
});

test("skips of another run, round, kind or recipient are no part of the same message", async () => {
  const outbox = await Outbox.of(
    skipped("a", "one"),
    skipped("b", "of round 2", { round: 2 }),
    skipped("c", "retried", { event: "job.retried" }),
    skipped("d", "to ops", { channel: "ops", recipient: "ops" }),
  );
  for (let pass = 0; pass < 4; pass++) {
    await outbox.deliver();
    outbox.world.pass(300);
  }
  const details = outbox.sent.map(({ facts }) => facts.details.join());
  assert.deepEqual(details.toSorted(), ["of round 2", "one", "retried", "to ops"]);
});

test("after a round's end nothing of it is told any more but what must arrive; the next round is", async () => {
  const outbox = await Outbox.of({ id: "end" });
  await outbox.deliver();
  const at = outbox.world.now();
  for (const [id, event, round] of [
    ["skip", "job.skipped", 1],
    ["start", "run.started", 1],
    ["wait", "run.waiting", 1],
    ["progress", "run.progress", 1],
    ["again", "run.started", 2],
    ["failed", "run.failed", 1],
  ] as const)
    await outbox.store.addNotice(aNotice({ id, event, round, created_at: at, next_at: at }));
  const done = await outbox.deliver();
  assert.deepEqual(done, { sent: 2, postponed: 0, failed: [] });
  assert.deepEqual(outbox.sent.map(({ notice_id }) => notice_id).toSorted(), ["again", "end", "failed"]);
  const dropped = await outbox.store.queryNotices({ status: ["dropped"], limit: 9 });
  assert.deepEqual(dropped.map(({ id }) => id).toSorted(), ["progress", "skip", "start", "wait"]);
  for (const { error, next_at } of dropped)
    assert.deepEqual([error, next_at], ["the run's end was told before", null]);
});

test("an end that one was told drops nothing of what another is still to be told", async () => {
  const outbox = await Outbox.of(
    { id: "end", recipient: "ann" },
    skipped("hers", "a", { recipient: "ann" }),
    skipped("his", "a", { recipient: "bob" }),
  );
  await outbox.deliver(1);
  assert.deepEqual(
    (await outbox.store.queryNotices({ limit: 5 })).map(({ id, status }) => `${id} ${status}`).sort(),
    ["end sent", "hers dropped", "his pending"],
  );
});

test("what waits for others like it is dropped as soon as the end is told, and holds nobody up", async () => {
  const outbox = await Outbox.of({ id: "end" });
  const later = new Date(Date.parse(outbox.world.now()) + 30_000).toISOString();
  const skip = { ...skipped("skip", "⏭ s1 skipped"), created_at: outbox.world.now(), next_at: later };
  await outbox.store.addNotice(aNotice(skip));
  await outbox.store.addNotice(aNotice({ ...skip, id: "elsewhere", channel: "ops", recipient: "ops" }));
  await outbox.deliver();
  const statuses = (await outbox.store.queryNotices({ limit: 9 })).map(({ id, status }) => [id, status]);
  assert.deepEqual(Object.fromEntries(statuses), { end: "sent", skip: "dropped", elsewhere: "pending" });
});

test("what a channel keeps of a run is there for its next message, for each recipient by itself", async () => {
  const outbox = await Outbox.of(
    { id: "1", event: "run.started", recipient: "a" },
    { id: "2", event: "run.started", recipient: "b" },
    { id: "3", recipient: "a" },
    { id: "4", recipient: "b" },
  );
  outbox.answer = ({ notice_id }) => ({
    kind: notice_id === "4" ? "ambiguous" : "delivered",
    reason: "timed out",
    keep: { [`n${notice_id}`]: true },
  });
  await outbox.deliver();
  const kept = Object.fromEntries(outbox.sent.map(({ notice_id, kept }) => [notice_id, kept]));
  assert.deepEqual(kept, { 1: {}, 2: {}, 3: { n1: true }, 4: { n2: true } });
  const { recipients } = await outbox.store.readThread("2026-02-27_rnaseq_001", "lab");
  assert.deepEqual(recipients["b"], { ended_round: 0, progress_at: null, kept: { n2: true, n4: true } });
  assert.equal(recipients["a"]?.ended_round, 1);
});

test("what a channel refuses for ever is told on its fallback, with the reason, and never in a circle", async () => {
  const outbox = await Outbox.of({ id: "end" }, { id: "skip", event: "job.skipped", group: "g" });
  outbox.add("lab", 0, { fallback: "ops" });
  outbox.add("ops", 0, { fallback: "lab" });
  outbox.answer = (_message, channel) => ({
    kind: "permanent",
    reason: `${channel} is gone`,
    disable: false,
  });
  for (let pass = 0; pass < 4; pass++) await outbox.deliver();
  const told = outbox.sent.map(({ event, facts }) => [event, facts.details[0] ?? null]);
  assert.deepEqual(
    told.filter(([event]) => event === "run.completed"),
    [
      ["run.completed", null],
      ["run.completed", "Channel lab could not tell this: lab is gone"],
    ],
  );
  assert.equal((await outbox.store.queryNotices({ limit: 9 })).length, 3);
});

test("a channel of a bridge is left to it; unfetched for a quarter of an hour its notice is told elsewhere, and kept for a day", async () => {
  const outbox = await Outbox.of({});
  outbox.add("lab", 0, { pulled: true, fallback: "ops" });
  await outbox.deliver();
  assert.deepEqual([outbox.sent.length, (await outbox.only()).status], [0, "pending"]);
  outbox.world.pass(899);
  await outbox.deliver();
  assert.equal(outbox.sent.length, 0);
  outbox.world.pass(1);
  for (let pass = 0; pass < 3; pass++) await outbox.deliver();
  assert.equal(outbox.sent.length, 1);
  assert.match(outbox.sent[0]!.facts.details[0]!, /^Channel lab could not tell this: nobody has fetched it/);
  for (let hour = 0; hour < 24; hour++) {
    outbox.world.pass(3600);
    await outbox.deliver();
  }
  assert.equal(outbox.sent.length, 1, "told elsewhere once");
  const [dead] = await outbox.store.queryNotices({ status: ["failed"], limit: 5 });
  assert.match(dead!.error!, /^no bridge has fetched it: is `bioagent bridge` running for channel lab\?$/);
});

test("a bridge that died with a notice in hand gives it back, as a possible repeat", async () => {
  const outbox = await Outbox.of({ status: "sending", tries: 1 });
  outbox.add("lab", 0, { pulled: true });
  await outbox.deliver();
  const notice = await outbox.only();
  assert.deepEqual([notice.status, notice.possible_repeat], ["pending", true]);
});

test("a bridge that died for good with a notice in hand: told elsewhere after a quarter of an hour, given up after a day", async () => {
  const error = "fetched by the bridge on mac (7), which has not reported yet";
  const outbox = await Outbox.of({ status: "sending", tries: 1, error });
  outbox.add("lab", 0, { pulled: true, fallback: "ops" });
  await outbox.deliver();
  outbox.world.pass(899);
  await outbox.deliver();
  assert.equal(outbox.sent.length, 0);
  outbox.world.pass(1);
  for (let pass = 0; pass < 3; pass++) await outbox.deliver();
  assert.equal(outbox.sent.length, 1);
  assert.match(outbox.sent[0]!.facts.details[0]!, /^Channel lab could not tell this: fetched by the bridge/);
  outbox.world.pass(86_400);
  await outbox.deliver();
  const [dead] = await outbox.store.queryNotices({ status: ["failed"], limit: 5 });
  assert.equal(dead!.error, `given up after 1 tries: ${error}`);
});

test("what waits for its turn on a channel that is disabled is given up and told elsewhere at once", async () => {
  const notices = Array.from({ length: 20 }, (_, at) => ({ id: `n${at}`, run_id: `run-${at}` }));
  const outbox = await Outbox.of(...notices);
  outbox.add("lab", 1000, { fallback: "ops" });
  await outbox.deliver();
  const state = await outbox.store.readChannel("lab");
  await outbox.store.updateChannel({ ...state, disabled: { reason: "revoked", since: outbox.world.now() } });
  outbox.world.pass(30);
  await outbox.deliver();
  await outbox.deliver();
  const ops = await outbox.store.queryNotices({ channel: "ops", limit: 30 });
  assert.deepEqual(
    ops.map(({ status }) => status),
    Array.from({ length: 19 }, () => "sent"),
  );
});

test("a broken channel is named in the notes of the run that could not be told", async () => {
  const outbox = await Outbox.of({ id: "1" }, { id: "2" });
  outbox.answer = () => ({ kind: "permanent", reason: "the webhook was revoked", disable: true });
  await outbox.deliver();
  const run = await outbox.store.readRun("2026-02-27_rnaseq_001");
  assert.deepEqual(run?.notes, ["channel lab is disabled, nobody is told there: the webhook was revoked"]);
  // So is one that was disabled by another run's notice.
  const run_id = "2026-02-27_rnaseq_002";
  const at = outbox.world.now();
  const notices = [aNotice({ id: "later", run_id, created_at: at, next_at: at })];
  await outbox.store.start(aStart({ suggestions: ["another-name"] }, {}, { notices }));
  await outbox.deliver();
  assert.deepEqual((await outbox.store.readRun(run_id))?.notes, run?.notes);
});

test("a channel can look at the run as it is now", async () => {
  const outbox = await Outbox.of({});
  const views: (RunView | null)[] = [];
  outbox.add("lab", 0, {
    deliver: async (message) => {
      views.push(await message.view());
      return { kind: "delivered" };
    },
  });
  await outbox.deliver();
  assert.equal(views[0]?.run.run_id, "2026-02-27_rnaseq_001");
});

test("a queue behind a slow channel is put into its turns, so that each notice is written down again once", async () => {
  const outbox = await Outbox.of(
    ...Array.from({ length: 20 }, (_, at) => ({ id: `n${String(at).padStart(2, "0")}` })),
  );
  outbox.add("lab", 1000);
  await outbox.deliver();
  const turns = (await outbox.store.queryNotices({ status: ["pending"], limit: 30 })).map(
    ({ next_at }) => (Date.parse(next_at!) - Date.parse(outbox.world.now())) / 1000,
  );
  const expected = Array.from({ length: 19 }, (_, at) => Number((1 + at * 1.1).toFixed(1)));
  assert.deepEqual(turns, expected);
  outbox.world.pass(1);
  for (let turn = 0; turn < 19; turn++) {
    await outbox.deliver();
    assert.equal(outbox.sent.length, turn + 2);
    outbox.world.pass(1.1);
  }
});

test("what is put back all at once waits its turn once, too", async () => {
  const at = new World(() => ({ kind: "ok" })).now();
  const before = new Date(Date.parse(at) - 86_400_000).toISOString();
  const retried = { created_at: before, next_at: at, since: at, tries: 3 };
  const outbox = await Outbox.of(
    ...Array.from({ length: 50 }, (_, number) => ({ id: `n${number}`, ...retried })),
  );
  outbox.add("lab", 1000);
  for (let turn = 0; turn < 60 && outbox.sent.length < 50; turn++) {
    await outbox.deliver(50);
    outbox.world.pass(1.1);
  }
  const notices = await outbox.store.queryNotices({ limit: 50 });
  assert.deepEqual(new Set(notices.map(({ status }) => status)), new Set(["sent"]));
  // Put off, claimed, marked.
  assert.ok(
    notices.every(({ rev }) => rev <= 3),
    `${Math.max(...notices.map(({ rev }) => rev))} writes`,
  );
});

test("turns that nobody came to are given anew, each once", async () => {
  const outbox = await Outbox.of(...Array.from({ length: 30 }, (_, at) => ({ id: `n${at}` })));
  outbox.add("lab", 1000);
  await outbox.deliver(50);
  outbox.world.pass(3600);
  for (let turn = 0; turn < 60 && outbox.sent.length < 30; turn++) {
    await outbox.deliver(50);
    outbox.world.pass(1.1);
  }
  const notices = await outbox.store.queryNotices({ status: ["sent"], limit: 50 });
  assert.equal(notices.length, 30);
  // Put off twice, claimed, marked.
  assert.ok(
    notices.every(({ rev }) => rev <= 4),
    `${Math.max(...notices.map(({ rev }) => rev))} writes`,
  );
});

test("a Retry-After in the middle of a queue gives new turns, each once", async () => {
  const outbox = await Outbox.of(...Array.from({ length: 30 }, (_, at) => ({ id: `n${at}` })));
  outbox.add("lab", 1000);
  let isRefused = false;
  outbox.answer = () => {
    if (outbox.sent.length !== 5 || isRefused) return { kind: "delivered" };
    isRefused = true;
    return { kind: "rejected", reason: "HTTP 429", after_seconds: 600 };
  };
  for (let second = 0; second < 700; second++) {
    await outbox.deliver(50);
    outbox.world.pass(1.1);
  }
  const notices = await outbox.store.queryNotices({ status: ["sent"], limit: 50 });
  assert.equal(notices.length, 30);
  assert.ok(
    notices.every(({ rev }) => rev <= 6),
    `${Math.max(...notices.map(({ rev }) => rev))} writes`,
  );
});

test("who never gets hold of the channel gives the notice back at once, untried", async () => {
  const outbox = await Outbox.of({});
  outbox.add("lab", 1000);
  const store: RunStore = { ...outbox.store, updateChannel: async () => false };
  assert.equal((await deliver(outbox.deps(store), { limit: 5 })).sent, 0);
  const { status, tries } = await outbox.only();
  assert.deepEqual([outbox.sent.length, status, tries], [0, "pending", 0]);
  outbox.world.pass(1);
  assert.equal((await outbox.deliver()).sent, 1);
});

test("who comes a little late to each turn, as on a real clock, keeps order and pace", async () => {
  const outbox = await Outbox.of(
    ...Array.from({ length: 30 }, (_, at) => ({ id: `n${String(at).padStart(2, "0")}` })),
  );
  outbox.add("lab", 1000);
  const begun = Date.parse(outbox.world.now());
  while (outbox.sent.length < 30) {
    await outbox.deliver();
    const [next] = (await outbox.store.queryNotices({ status: ["pending"], limit: 50 }))
      .map(({ next_at }) => Date.parse(next_at!))
      .sort((a, b) => a - b);
    if (next === undefined) break;
    // Timers and queries take their time.
    outbox.world.pass(Math.max(0, (next - Date.parse(outbox.world.now())) / 1000) + 0.17);
  }
  const order = outbox.sent.map(({ notice_id }) => notice_id);
  assert.deepEqual(order, order.toSorted());
  const seconds = (Date.parse(outbox.world.now()) - begun) / 1000;
  assert.ok(seconds < 30 * 1.25, `${seconds} s for 30`);
});

test("a clock that jumped ahead and came back does not silence a channel", async () => {
  const outbox = await Outbox.of({ id: "first" }, { id: "second" });
  outbox.add("lab", 1000);
  outbox.world.pass(3 * 86_400);
  await outbox.deliver();
  outbox.world.pass(-3 * 86_400);
  const now = outbox.world.now();
  await outbox.store.addNotice(aNotice({ id: "third", created_at: now, next_at: now }));
  await outbox.deliver();
  assert.deepEqual(
    outbox.sent.map(({ notice_id }) => notice_id),
    ["first", "third"],
  );
});

test("a notice made while nobody knew whom its channel reaches is told to each of them, once", async () => {
  const outbox = await Outbox.of({ id: "end", channel: "pi", recipient: "pi" });
  const asked: string[] = [];
  outbox.add("pi", 0, {
    recipients: ["a@lab.org", "b@lab.org"],
    deliver: async (_message, recipient) => {
      asked.push(recipient);
      return { kind: "delivered" };
    },
  });
  for (let pass = 0; pass < 3; pass++) await outbox.deliver();
  assert.deepEqual(asked.toSorted(), ["a@lab.org", "b@lab.org"]);
  const statuses = (await outbox.store.queryNotices({ limit: 9 })).map(({ recipient, status }) => [
    recipient,
    status,
  ]);
  assert.deepEqual(Object.fromEntries(statuses), { pi: "dropped", "a@lab.org": "sent", "b@lab.org": "sent" });
});

test("a notice for a channel as a whole whose deliverer died with it is told to each, as a possible repeat", async () => {
  const dead = { channel: "pi", recipient: "pi", status: "sending" } as const;
  const outbox = await Outbox.of({ id: "end", ...dead }, { id: "start", event: "run.started", ...dead });
  const asked: string[] = [];
  outbox.add("pi", 0, {
    recipients: ["a@lab.org", "b@lab.org"],
    deliver: async ({ event, possible_repeat }, recipient) => {
      asked.push(`${recipient} ${event} ${possible_repeat}`);
      return { kind: "delivered" };
    },
  });
  for (let pass = 0; pass < 3; pass++) await outbox.deliver();
  assert.deepEqual(asked.sort(), ["a@lab.org run.completed true", "b@lab.org run.completed true"]);
  assert.equal((await outbox.store.readNotice("start"))?.status, "unknown");
});

test("what goes on being refused for a quarter of an hour is told on the fallback, once, and still tried", async () => {
  const outbox = await Outbox.of({ id: "end" });
  outbox.add("lab", 0, { fallback: "ops" });
  outbox.answer = (_message, channel) =>
    channel === "lab"
      ? { kind: "rejected", reason: "Slack is away", after_seconds: 300 }
      : { kind: "delivered" };
  const toldByOps = async (): Promise<string[]> => {
    await outbox.deliver();
    await outbox.deliver();
    const notices = await outbox.store.queryNotices({ channel: "ops", limit: 9 });
    return notices.map(({ facts }) => facts.details[0]!);
  };
  for (const minutes of [0, 5, 10]) {
    assert.deepEqual(await toldByOps(), [], `after ${minutes} min`);
    outbox.world.pass(300);
  }
  const told = ["Channel lab could not tell this: Slack is away"];
  assert.deepEqual(await toldByOps(), told);
  outbox.world.pass(300);
  assert.deepEqual(await toldByOps(), told);
  outbox.answer = () => ({ kind: "delivered" });
  outbox.world.pass(300);
  await outbox.deliver();
  assert.equal((await outbox.store.readNotice("end"))?.status, "sent");
});

test("the fallback of a channel that cannot be used here is told once", async () => {
  const outbox = await Outbox.of({ channel: "pi", recipient: "pi" });
  const deps = {
    ...outbox.deps(),
    brokenChannels: new Map([["pi", "SMTP_URL is not set"]]),
    brokenTraits: new Map([["pi", { fallback: "lab" }]]),
  };
  for (let hour = 0; hour <= 25; hour++) {
    await deliver(deps, { limit: 5 });
    outbox.world.pass(3600);
  }
  assert.deepEqual(
    outbox.sent.map(({ facts }) => facts.details[0]),
    ["Channel pi could not tell this: SMTP_URL is not set"],
  );
});

test("a day of tries counts from the first, and anew when somebody asks for it again", async () => {
  const outbox = await Outbox.of({});
  outbox.world.pass(30 * 3600);
  outbox.answer = () => ({ kind: "rejected", reason: "HTTP 429", after_seconds: 60 });
  await outbox.deliver();
  assert.equal((await outbox.only()).status, "pending", "the monitor was down for a day");
  outbox.world.pass(25 * 3600);
  await outbox.deliver();
  const dead = await outbox.only();
  assert.equal(dead.status, "failed");
  const now = outbox.world.now();
  await outbox.store.updateNotice({ ...dead, status: "pending", next_at: now, since: now });
  await outbox.deliver();
  assert.equal((await outbox.only()).status, "pending");
});

test("a receiver that hangs costs one patience a pass, and holds up no other channel's notices", async () => {
  const lab = Array.from({ length: 10 }, (_, at) => ({ id: `lab${at}` }));
  const outbox = await Outbox.of(...lab, { id: "z", channel: "ops" });
  outbox.answer = (_message, channel) => {
    if (channel === "lab") outbox.world.pass(15);
    return channel === "lab" ? { kind: "ambiguous", reason: "timeout" } : { kind: "delivered" };
  };
  const begun = Date.parse(outbox.world.now());
  await outbox.deliver(20);
  assert.equal((Date.parse(outbox.world.now()) - begun) / 1000, 15);
  assert.deepEqual(outbox.sent.map(({ notice_id }) => notice_id).toSorted(), ["lab0", "z"]);
  outbox.world.pass(29);
  assert.deepEqual(
    await outbox.store
      .queryNotices({ due_at: outbox.world.now(), channel: "lab", limit: 20 })
      .then((due) => due.map(({ id }) => id)),
    ["lab0"],
  );
});

test("a channel that takes its time and delivers keeps nobody waiting", async () => {
  const outbox = await Outbox.of({ id: "a" }, { id: "b" });
  outbox.answer = () => {
    outbox.world.pass(15);
    return { kind: "delivered" };
  };
  assert.equal((await outbox.deliver()).sent, 2);
});

test("nothing is sent after the time that was given", async () => {
  const outbox = await Outbox.of({ id: "a" }, { id: "b" });
  outbox.answer = () => {
    outbox.world.pass(2);
    return { kind: "delivered" };
  };
  const until = Date.parse(outbox.world.now()) + 1000;
  await deliver(outbox.deps(), { limit: 5, until });
  assert.equal(outbox.sent.length, 1);
});

test("a notice whose documents cannot be read is put back and said, and holds up none behind it", async () => {
  const outbox = await Outbox.of({ id: "a", run_id: "spoilt" }, { id: "b" }, { id: "c" });
  const warnings: string[] = [];
  const store: RunStore = {
    ...outbox.store,
    readThread: async (run_id, channel) => {
      if (run_id === "spoilt") throw new Error("threads/spoilt is not as BioAgent writes it");
      return outbox.store.readThread(run_id, channel);
    },
  };
  const deps = { ...outbox.deps(store), warn: (text: string) => warnings.push(text) };
  assert.equal((await deliver(deps, { limit: 2 })).sent, 1);
  assert.equal((await deliver(deps, { limit: 2 })).sent, 1);
  const [notice] = await outbox.store.queryNotices({ status: ["pending"], limit: 5 });
  assert.deepEqual(
    [notice?.id, notice?.error, notice?.tries],
    ["a", "threads/spoilt is not as BioAgent writes it", 0],
  );
  assert.deepEqual(warnings, [
    "notice a could not be handled, and is tried again: threads/spoilt is not as BioAgent writes it",
  ]);
  outbox.world.pass(60);
  assert.equal((await outbox.deliver()).sent, 1);
});

test("a notice whose documents cannot be read for a day is a dead letter, told on the fallback channel", async () => {
  const outbox = await Outbox.of({ id: "a", run_id: "spoilt" });
  outbox.add("lab", 0, { fallback: "ops" });
  const readThread: RunStore["readThread"] = async (run_id, channel) => {
    if (channel === "lab") throw new Error("threads/spoilt is not as BioAgent writes it");
    return outbox.store.readThread(run_id, channel);
  };
  const deps = outbox.deps({ ...outbox.store, readThread });
  assert.deepEqual((await deliver(deps, { limit: 5 })).failed, []);
  outbox.world.pass(24 * 3600);
  assert.deepEqual(
    (await deliver(deps, { limit: 5 })).failed.map(({ id }) => id),
    ["a"],
  );
  const [ops] = await outbox.store.queryNotices({ channel: "ops", limit: 5 });
  assert.equal(ops?.status, "pending");
  assert.match(ops.facts.details[0]!, /^Channel lab could not tell this: given up after 0 tries: threads/);
});

test("a store that fails in one channel lets the others end what they have begun", async () => {
  const outbox = await Outbox.of({ id: "a", channel: "lab" }, { id: "b", channel: "ops" });
  const store = new Proxy(outbox.store, {
    get: (target, key) => {
      const value = Reflect.get(target, key);
      if (key !== "updateNotice") return value;
      return async (notice: Notice) => {
        if (notice.channel === "lab") throw new Error("disk full");
        for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
        return target.updateNotice(notice);
      };
    },
  });
  await assert.rejects(deliver(outbox.deps(store), { limit: 5 }), /disk full/);
  const [sent] = await outbox.store.queryNotices({ channel: "ops", limit: 1 });
  assert.equal(sent?.status, "sent");
});

test("who follows a run is told by one process at a time, whatever the pace: the second knows what the first has kept", async () => {
  const outbox = await Outbox.of(
    { id: "start", event: "run.started" },
    { id: "wait", event: "run.waiting", group: "quota" },
  );
  const kept: unknown[] = [];
  let answer: () => void = () => {};
  outbox.add("lab", 1000, {
    follows: true,
    deliver: async (message) => {
      kept.push(message.kept["ts"] ?? null);
      if (kept.length === 1) await new Promise<void>((done) => (answer = done));
      return { kind: "delivered", keep: { ts: "1.2" } };
    },
  });
  const first = outbox.deliver(1);
  while (kept.length === 0) await new Promise((done) => setImmediate(done));
  outbox.world.pass(1.2);
  await outbox.deliver();
  assert.deepEqual(kept, [null], "the second stands back");
  answer();
  await first;
  for (let pass = 0; pass < 3; pass++) {
    outbox.world.pass(3);
    await outbox.deliver();
  }
  assert.deepEqual(kept, [null, "1.2"]);
});

test("who follows a run goes by what was kept while it came to its turn", async () => {
  const outbox = await Outbox.of({ id: "mine" });
  outbox.add("lab", 0, { follows: true });
  const store: RunStore = {
    ...outbox.store,
    updateNotice: async (notice) => {
      const thread = await outbox.store.readThread(notice.run_id, "lab");
      const recipients = { lab: { ended_round: 0, progress_at: null, kept: { ts: "1.2" } } };
      if (notice.status === "sending") await outbox.store.updateThread({ ...thread, recipients });
      return outbox.store.updateNotice(notice);
    },
  };
  await deliver(outbox.deps(store), { limit: 5 });
  assert.deepEqual(outbox.sent[0]?.kept, { ts: "1.2" });
});

for (const [who, other, stands] of [
  ["was claimed before", { next_at: 60 }, true],
  ["was claimed after", { next_at: 180 }, false],
  ["belongs to somebody dead", { next_at: -1 }, false],
  ["goes to other people", { next_at: 60, recipient: "others" }, false],
] as const)
  test(`who follows a run ${stands ? "stands back" : "goes on"} when another notice of it that is being told ${who}`, async () => {
    const outbox = await Outbox.of({ id: "mine" });
    outbox.add("lab", 0, { follows: true });
    const next_at = new Date(Date.parse(outbox.world.now()) + other.next_at * 1000).toISOString();
    await outbox.store.addNotice(aNotice({ id: "theirs", status: "sending", ...other, next_at }));
    const mine = (await outbox.store.readNotice("mine"))!;
    await deliver(outbox.deps(), { limit: 5, due: [mine] });
    assert.equal(outbox.sent.length, stands ? 0 : 1);
  });

test("a thousand runs that end at once: a channel of one message a second is told at its pace by three deliverers, and each notice waits its turn once", async () => {
  const outbox = await Outbox.of(
    ...Array.from({ length: 1000 }, (_, at) => ({ id: `n${at}`, run_id: `run-${at}` })),
  );
  const sentAt: number[] = [];
  outbox.add("lab", 1000, {
    deliver: async () => {
      const now = Date.parse(outbox.world.now());
      if (now - (sentAt.at(-1) ?? 0) < 1000)
        return { kind: "rejected", reason: "HTTP 429", after_seconds: 30 };
      sentAt.push(now);
      return { kind: "delivered" };
    },
  });
  let writes = 0;
  const counted = new Proxy(outbox.store, {
    get: (target, key) => {
      const value = Reflect.get(target, key);
      if (
        typeof value !== "function" ||
        !["updateNotice", "updateChannel", "updateThread"].includes(String(key))
      )
        return value;
      return async (...args: unknown[]) => {
        const won = await value.apply(target, args);
        if (won) writes += 1;
        return won;
      };
    },
  });
  const begun = Date.parse(outbox.world.now());
  let refused = 0;
  while (sentAt.length < 1000) {
    const rounds = await Promise.all([5, 5, 5].map((limit) => deliver(outbox.deps(counted), { limit })));
    refused += rounds.reduce((sum, { postponed }) => sum + postponed, 0);
    const [next] = await outbox.store.queryNotices({
      status: ["pending"],
      limit: 1000,
      due_at: outbox.world.now(),
    });
    if (!next) outbox.world.pass(1);
  }
  const seconds = (sentAt.at(-1)! - begun) / 1000;
  assert.equal(refused, 0, "no 429");
  assert.ok(seconds <= 1100, `${seconds} s for 1000`);
  assert.ok(writes / 1000 <= 7, `${writes / 1000} writes a notice`);
  const statuses = (await outbox.store.queryNotices({ limit: 2000 })).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set(["sent"]));
});

test("who comes late lines up behind those who wait", async () => {
  const outbox = await Outbox.of(...Array.from({ length: 4 }, (_, at) => ({ id: `old${at}` })));
  outbox.add("lab", 1000);
  await outbox.deliver();
  outbox.world.pass(1);
  const now = outbox.world.now();
  await outbox.store.addNotice(aNotice({ id: "late", created_at: now, next_at: now }));
  for (let second = 0; second < 6; second++) {
    await outbox.deliver();
    outbox.world.pass(1);
  }
  assert.deepEqual(
    outbox.sent.map(({ notice_id }) => notice_id),
    ["old0", "old1", "old2", "old3", "late"],
  );
});
