import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deps } from "../../src/app/deps.ts";
import { type DriveOptions, drive } from "../../src/app/drive.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { RunStore } from "../../src/ports.ts";
import { monitorDeps, startIn, watchedStore } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";
import { aNotice } from "../support/documents.ts";

const PIPELINE = {
  pipeline: "p",
  steps: [{ id: "a", script: "true", resources: { memory: "1GiB" }, outputs: ["a/{sample}.txt"] }],
};

/** A run on the clock of this machine, with a channel; it goes on when `mayGoOn`. */
async function open(mayGoOn: () => Promise<unknown>) {
  const world = new World(() => ({ kind: "ok" }));
  const store: RunStore = watchedStore(world);
  const told: string[] = [];
  const warnings: string[] = [];
  const executor = {
    ...world.executor(),
    changed: async () => {
      await mayGoOn();
      world.progress();
    },
  };
  const deps: Deps = {
    ...monitorDeps(world, store),
    executors: new Map([["local", executor]]),
    now: () => new Date().toISOString(),
    warn: (text) => warnings.push(text),
    subscriptions: [],
  };
  const runId = await startIn(deps, PIPELINE, ["s1", "s2"]);
  const tell = (deliver: () => Promise<unknown>): void =>
    void (deps.channels as Map<string, unknown>).set("lab", {
      name: "lab",
      kind: "test",
      recipients: ["lab"],
      paceMilliseconds: 0,
      deliver: async ({ notice_id }: { notice_id: string }) => {
        await deliver();
        told.push(notice_id);
        return { kind: "delivered" };
      },
    });
  tell(async () => {});
  const add = async (fields: Partial<Notice>): Promise<void> => {
    const at = deps.now();
    await store.addNotice(aNotice({ run_id: runId, created_at: at, next_at: at, ...fields }));
  };
  const follow = (options: DriveOptions, own: Partial<Deps> = {}) =>
    drive({ ...deps, ...own }, new RunsCache(), runId, options);
  return { store, told, warnings, add, tell, follow };
}

const soon = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

test("what is due is told while the run goes on", async () => {
  const told = Promise.withResolvers<void>();
  const scene = await open(() => Promise.race([told.promise, pause(3000)]));
  scene.tell(async () => told.resolve());
  await scene.add({ id: "start", event: "run.started" });
  let before: readonly string[] = [];
  await scene.follow({
    onPass: ({ status }) => {
      if (status === "completed") before = [...scene.told];
    },
  });
  assert.deepEqual(before, ["start"]);
});

test("a watcher that is asked to end waits for what is being told", async () => {
  const scene = await open(() => pause(100));
  const begun = Promise.withResolvers<void>();
  scene.tell(async () => {
    begun.resolve();
    await pause(300);
  });
  await scene.add({ id: "start", event: "run.started" });
  const ending = new AbortController();
  await scene.follow({
    signal: ending.signal,
    onPass: async () => {
      await Promise.race([begun.promise, pause(500)]);
      if (!ending.signal.aborted) ending.abort();
    },
  });
  assert.equal((await scene.store.readNotice("start"))?.status, "sent");
});

test("an outbox that cannot be read is said, and whoever waits for the run hears how it ended", async () => {
  const scene = await open(async () => {});
  let looks = 0;
  let most = 0;
  const store: RunStore = {
    ...scene.store,
    queryNotices: async () => {
      most = Math.max(most, ++looks);
      await pause(20);
      looks -= 1;
      throw new Error("the disk is full");
    },
  };
  const run = await scene.follow({ every: 1 }, { store });
  assert.equal(run?.outcome, "all_succeeded");
  assert.match(scene.warnings.join("\n"), /^notices of \S+ could not be delivered, .*: the disk is full/);
  assert.equal(most, 1, "looks at a time");
});

test("a sending that cannot be written down in between does not end the telling", async () => {
  const scene = await open(() => pause(50));
  let fails = 2;
  const store: RunStore = {
    ...scene.store,
    updateNotice: async (notice) => {
      if (fails-- > 0) throw new Error("the disk is full");
      return scene.store.updateNotice(notice);
    },
  };
  await scene.add({ id: "start", event: "run.started" });
  const run = await scene.follow({}, { store });
  assert.equal(run?.outcome, "all_succeeded");
  assert.deepEqual(scene.told, ["start"]);
  assert.match(scene.warnings.join("\n"), /the disk is full/);
});

for (const [how, options] of [
  ["its patience is over", { lastDeliveries: 300 }],
  ["it is asked to end", {}],
] as const)
  test(`what comes due later is left to the next tick when ${how}`, async () => {
    const scene = await open(async () => {});
    await scene.add({ id: "later", next_at: soon(5000) });
    const ending = new AbortController();
    const begun = Date.now();
    const onPass: DriveOptions["onPass"] = ({ status }) => {
      if (status === "completed" && how === "it is asked to end") setTimeout(() => ending.abort(), 300);
    };
    await scene.follow({ ...options, signal: ending.signal, onPass });
    assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms`);
    assert.equal((await scene.store.readNotice("later"))?.status, "pending");
  });
