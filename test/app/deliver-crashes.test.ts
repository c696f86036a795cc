import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../src/app/deliver.ts";
import type { Deps } from "../../src/app/deps.ts";
import { mustArrive, type Notice } from "../../src/core/notice.ts";
import type { Channel, Message, RunStore } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";
import { aNotice, aStart } from "../support/documents.ts";

const EVENTS = ["run.started", "job.skipped", "job.skipped", "run.waiting", "run.completed"] as const;
const STEPS = [
  "queryNotices",
  "readChannel",
  "updateChannel",
  "readThread",
  "updateThread",
  "addNotice",
  "updateNotice",
];

interface Told {
  readonly channel: string;
  readonly message: Message;
}

/** An outbox on three channels: `lab` keeps a thread, `phone` refuses for ever and has a fallback, `ops` is the fallback. */
class Story {
  readonly world = new World(() => ({ kind: "ok" }));
  readonly store = openMemoryStore();
  readonly told: Told[] = [];

  static async begin(): Promise<Story> {
    const story = new Story();
    const at = story.world.now();
    const notices = ["lab", "phone"].flatMap((channel) =>
      EVENTS.map((event, index) =>
        aNotice({
          id: `${channel}-${index}`,
          channel,
          recipient: channel,
          event,
          created_at: at,
          next_at: at,
        }),
      ),
    );
    await story.store.start(aStart({}, {}, { notices }));
    return story;
  }

  deps(store: RunStore, wrap: <T extends object>(port: T, steps: readonly string[]) => T): Deps {
    const channels = ["lab", "phone", "ops"].map(
      (name) => [name, wrap(this.#channel(name), ["deliver"])] as const,
    );
    return { ...monitorDeps(this.world, store), channels: new Map(channels) };
  }

  #channel(name: string): Channel {
    return {
      name,
      kind: "test",
      recipients: [name],
      paceMilliseconds: 0,
      ...(name === "phone" ? { fallback: "ops" } : {}),
      deliver: async (message) => {
        this.told.push({ channel: name, message });
        if (name === "phone") return { kind: "permanent", reason: "no such number", disable: false };
        return { kind: "delivered", keep: { told: Number(message.kept["told"] ?? 0) + 1 } };
      },
    };
  }

  notices(): Promise<Notice[]> {
    return this.store.queryNotices({ limit: 50 });
  }
}

/** A port whose calls are counted together with others'; at the fatal one the process stands still for ever. */
function fatal(call: number, when: "before" | "after") {
  let calls = 0;
  const wrap = <T extends object>(port: T, steps: readonly string[]): T =>
    new Proxy(port, {
      get: (target, key) => {
        const value = Reflect.get(target, key);
        if (typeof value !== "function" || !steps.includes(String(key))) return value;
        return async (...args: unknown[]) => {
          const isFatal = ++calls === call;
          if (calls > call || (isFatal && when === "before")) await new Promise(() => {});
          const result = await value.apply(target, args);
          if (isFatal) await new Promise(() => {});
          return result;
        };
      },
    });
  return { wrap, calls: () => calls };
}

const alive = <T>(port: T): T => port;

/** Delivers until nothing is open any more, letting all claims and pauses run out. */
async function settle(story: Story): Promise<void> {
  for (let pass = 0; pass < 12; pass++) {
    story.world.pass(400);
    await deliver(story.deps(story.store, alive), { limit: 20 });
  }
}

function check(notices: readonly Notice[], told: readonly Told[], where: string): void {
  for (const notice of notices) {
    const open = notice.status === "pending" || notice.status === "sending";
    assert.ok(!open, `${where}: ${notice.id} is still ${notice.status}`);
    if (notice.channel === "phone") continue;
    const tellings = told.filter(
      ({ channel, message }) => channel === notice.channel && message.notice_id === notice.id,
    );
    const must = mustArrive(notice.event);
    if (must && notice.status !== "dropped")
      assert.ok(tellings.length > 0, `${where}: ${notice.id} was never told`);
    if (!must) assert.ok(tellings.length <= 1, `${where}: ${notice.id} was told twice`);
    assert.ok(tellings.length <= 2, `${where}: ${notice.id} was told ${tellings.length} times`);
    // Who died between claim and sending may have sent, for all that the next one knows: then a first telling is marked, too.
    for (const { message } of tellings.slice(1))
      assert.ok(message.possible_repeat, `${where}: the repeat of ${notice.id} is not marked`);
  }
  const instead = notices.filter(({ channel }) => channel === "ops").map(({ event }) => event);
  assert.deepEqual(instead.toSorted(), ["run.completed", "run.waiting"], `${where}: told instead`);
  const ends = told.filter(({ message }) => message.event === "run.completed");
  assert.ok(ends.some(({ channel }) => channel === "lab") && ends.some(({ channel }) => channel === "ops"));
}

/** All calls of one delivery of this outbox, one after the other. */
async function callsOfADelivery(): Promise<number> {
  const story = await Story.begin();
  const counter = fatal(Number.POSITIVE_INFINITY, "before");
  const deps = story.deps(counter.wrap(story.store, STEPS), counter.wrap);
  for (let pass = 0; pass < 3; pass++) await deliver(deps, { limit: 20 });
  return counter.calls();
}

test("without a crash everything is told once, and what was refused for ever is told elsewhere", async () => {
  const story = await Story.begin();
  await settle(story);
  const notices = await story.notices();
  check(notices, story.told, "no crash");
  const lab = story.told.filter(({ channel }) => channel === "lab").map(({ message }) => message.event);
  assert.deepEqual(lab, ["run.started", "job.skipped", "run.waiting", "run.completed"]);
  assert.deepEqual((await story.store.readThread(notices[0]!.run_id, "lab")).recipients["lab"]?.kept, {
    told: 4,
  });
});

for (const when of ["before", "after"] as const) {
  test(`a deliverer that dies ${when} any one of its calls loses nothing, and repeats only what may have arrived, marked`, async () => {
    const calls = await callsOfADelivery();
    assert.ok(calls > 60, `${calls} calls`);
    for (let call = 1; call <= calls; call++) {
      const story = await Story.begin();
      const crash = fatal(call, when);
      const deps = story.deps(crash.wrap(story.store, STEPS), crash.wrap);
      // It never ends: it stands still where it died.
      void (async () => {
        for (let pass = 0; pass < 3; pass++) await deliver(deps, { limit: 20 });
      })();
      while (crash.calls() < call) await new Promise((done) => setImmediate(done));
      await settle(story);
      check(await story.notices(), story.told, `died ${when} call ${call}`);
    }
  });
}
