import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Deps } from "../../src/app/deps.ts";
import { startTicker, type Ticker } from "../../src/http/ticker.ts";
import type { Channel } from "../../src/ports.ts";
import { aNotice } from "../support/documents.ts";
import { aStartBody, ask, type MemoryApp, openMemoryApp } from "./memory-app.ts";

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** A channel that takes what it is told and never answers, until it is released. */
function hangingChannel(t: TestContext) {
  const releases: (() => void)[] = [];
  const channel: Channel = {
    name: "ops",
    kind: "test",
    recipients: ["ops"],
    paceMilliseconds: 0,
    deliver: () =>
      new Promise((done) => releases.push(() => done({ kind: "ambiguous", reason: "timed out" }))),
  };
  const release = () => {
    for (const end of releases) end();
  };
  t.after(release);
  return { channel, begun: () => releases.length, release };
}

const withDeps = (app: MemoryApp, deps: Partial<Deps>): MemoryApp => ({
  ...app,
  deps: { ...app.deps, ...deps },
});

function ticking(t: TestContext, app: MemoryApp): Ticker {
  const ticker = startTicker(app, 50);
  t.after(() => ticker.stop());
  return ticker;
}

async function addNotices(app: MemoryApp, channel: string, count: number): Promise<void> {
  const at = new Date().toISOString();
  for (let each = 0; each < count; each++)
    await app.deps.store.addNotice(
      aNotice({
        id: `${channel}${each}`,
        run_id: `2026-02-27_r_${each}`,
        channel,
        created_at: at,
        next_at: at,
      }),
    );
}

async function runsToItsEnd(app: MemoryApp, wake: () => void): Promise<void> {
  const body = aStartBody(app, { samples: ["s1"] });
  const started = await ask(app, "POST", "/v1/runs", { body });
  assert.equal(started.status, 201, String(started.body));
  const id = String(started.json["run_id"]);
  wake();
  await until("it runs", async () => (await app.deps.store.readRun(id))?.status === "running");
  app.ends.set("reads-s1", 0);
  await until("it ends", async () => {
    wake();
    return (await app.deps.store.readRun(id))?.completed_at !== null;
  });
  // Without an output folder its end is a failure; that it ended and was told is what counts here.
  await until("it is told", () => app.told.some((told) => told.startsWith(`${id} run.`)));
}

test("a receiver that hangs delays neither runs nor what other channels tell, and gets one message at a time", async (t) => {
  const { channel, begun } = hangingChannel(t);
  const plain = await openMemoryApp(t);
  const app = withDeps(plain, { channels: new Map([...plain.deps.channels, ["ops", channel]]) });
  await addNotices(app, "ops", 5);
  const ticker = ticking(t, app);
  await until("it hangs", () => begun() > 0);
  await runsToItsEnd(app, ticker.wake);
  assert.equal(begun(), 1);
  const stopping = Date.now();
  await ticker.stop();
  assert.ok(Date.now() - stopping < 8000, "nobody waits for it for ever");
});

test("what is being told is waited for when the ticker stops", async (t) => {
  const { channel, begun, release } = hangingChannel(t);
  const plain = await openMemoryApp(t);
  const app = withDeps(plain, { channels: new Map([["ops", channel]]) });
  await addNotices(app, "ops", 1);
  const ticker = ticking(t, app);
  await until("it hangs", () => begun() > 0);
  setTimeout(release, 200);
  await ticker.stop();
  const [notice] = await app.deps.store.queryNotices({ limit: 1 });
  assert.deepEqual([notice?.status, notice?.error], ["pending", "timed out"]);
});

test("what a pass has committed is told at once, however long the pauses are", async (t) => {
  const app = await openMemoryApp(t);
  const ticker = startTicker(app, 60_000);
  t.after(() => ticker.stop());
  await addNotices(app, "lab", 1);
  await until("the first is told", () => app.told.length === 1);
  await addNotices(app, "lab", 2);
  ticker.wake();
  await until("the second is told", () => app.told.length === 2);
});

test("a paced channel is told at its pace, however long the pauses are", async (t) => {
  const plain = await openMemoryApp(t);
  const paced = { ...plain.deps.channels.get("lab")!, paceMilliseconds: 100 };
  const app = withDeps(plain, { channels: new Map([["lab", paced]]) });
  await addNotices(app, "lab", 4);
  const ticker = startTicker(app, 60_000);
  t.after(() => ticker.stop());
  await until("all are told", () => app.told.length === 4);
});

test("a ping that hangs delays nothing, and is not made twice at a time", async (t) => {
  let pings = 0;
  const plain = await openMemoryApp(t);
  const app = withDeps(plain, {
    ping: () => {
      pings += 1;
      return new Promise(() => {});
    },
  });
  const ticker = ticking(t, app);
  await runsToItsEnd(app, ticker.wake);
  await ticker.stop();
  assert.equal(pings, 1);
});

test("an outbox that cannot be read is told once, and does not end the telling", async (t) => {
  const plain = await openMemoryApp(t);
  let isAway = true;
  const { store } = plain.deps;
  const app = withDeps(plain, {
    store: {
      ...store,
      queryNotices: async (query) => {
        if (isAway) throw new Error("the disk is full");
        return store.queryNotices(query);
      },
    },
  });
  await addNotices(app, "lab", 1);
  const ticker = ticking(t, app);
  await until("it is said", () => app.warnings.length > 0);
  await new Promise((done) => setTimeout(done, 500));
  isAway = false;
  await until("it is told", () => app.told.length === 1);
  await ticker.stop();
  assert.deepEqual(app.warnings, ["notices could not be delivered, they are tried again: the disk is full"]);
});
