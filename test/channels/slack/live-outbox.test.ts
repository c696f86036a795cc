import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../../src/app/deliver.ts";
import type { Deps } from "../../../src/app/deps.ts";
import { openSlackBot } from "../../../src/channels/slack/bot-channel.ts";
import type { Notice } from "../../../src/core/notice.ts";
import type { RunStore } from "../../../src/ports.ts";
import { openMemoryStore } from "../../sim/memory-store.ts";
import { monitorDeps } from "../../sim/monitor.ts";
import { World } from "../../sim/world.ts";
import { aCommit, aNotice, aStart } from "../../support/documents.ts";
import { startSlackServer } from "../../support/slack-server.ts";
import { type StoryState, storyView } from "../../support/slack-story.ts";
import { BOT_TOKEN } from "../../support/slack-workspace.ts";

const RUN = "2026-02-27_rnaseq_001";
const BAD = { jobs: { "fastqc-sample01": "succeeded", "fastqc-sample04": "failed" } } as const;
const ENDED = {
  status: "completed",
  jobs: { "fastqc-sample01": "succeeded", "fastqc-sample04": "failed", multiqc: "succeeded" },
} as const;

/** A store whose process is dead from the first call on before which `dies` holds: that and every later one fails. */
function dyingStore(store: RunStore, dies: (step: string) => boolean): RunStore {
  let dead = false;
  return new Proxy(store, {
    get: (target, key, receiver) => {
      const value = Reflect.get(target, key, receiver);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        dead ||= dies(String(key));
        if (dead) throw new Error("killed");
        return value.apply(target, args);
      };
    },
  });
}

async function openLab(t: { after: (fn: () => Promise<void>) => void }) {
  const world = new World(() => ({ kind: "ok" }));
  const server = await startSlackServer({ pacedBy: () => world.nowMilliseconds });
  t.after(() => server.close());
  const store = openMemoryStore();
  const { run } = storyView({});
  await store.start(aStart({}, { ...run, rev: 0 }));
  const lab = openSlackBot({
    name: "lab",
    token: BOT_TOKEN,
    slackChannel: "#runs",
    live: true,
    apiUrl: server.apiUrl,
    allowPrivateUrls: true,
    timeoutMilliseconds: 1_000,
  });
  const deps = (over: RunStore = store): Deps => ({
    ...monitorDeps(world, over),
    channels: new Map([["lab", lab]]),
  });
  const happens = async (event: Notice["event"], state: StoryState): Promise<void> => {
    const { rev } = (await store.readRun(RUN))!;
    const view = storyView(state);
    const at = world.now();
    const notice = aNotice({ id: `${RUN}~r1~${event}~${at}~lab~lab`, event, created_at: at, next_at: at });
    await store.commit(aCommit({ ...view.run, rev }, { jobs: [...view.jobs], notices: [notice] }));
  };
  const settle = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await deliver(deps(), { limit: 20 });
      world.pass(1);
    }
  };
  const texts = (): string[] =>
    server.workspace.posted.map(
      ({ message: { text }, thread_ts }) => `${thread_ts ? "  " : ""}${text.split("\n")[0]}`,
    );
  return { world, server, store, deps, happens, settle, texts };
}

test("through the real outbox a run is one message and a thread, at Slack's pace, and every notice is sent", async (t) => {
  const { server, store, happens, settle, texts } = await openLab(t);
  await happens("run.started", {});
  await settle(3);
  await happens("run.progress", BAD);
  await settle(5);
  await happens("run.completed", ENDED);
  await settle(5);
  assert.deepEqual(texts(), [
    "🧬 BioAgent Run Complete",
    "  🧬 BioAgent Jobs: 1 failed",
    "  🧬 BioAgent Run Complete",
  ]);
  assert.ok(server.received.every(({ status }) => status === 200));
  const notices = await store.queryNotices({ limit: 10 });
  assert.deepEqual(
    notices.map(({ status, possible_repeat }) => [status, possible_repeat]),
    notices.map(() => ["sent", false]),
  );
});

test("a process that dies between the end's reply and its mark repeats the reply, marked, in the same thread", async (t) => {
  const { server, deps, store, happens, settle, texts } = await openLab(t);
  await happens("run.started", {});
  await settle(2);
  await happens("run.completed", ENDED);
  const { posted } = server.workspace;
  await assert.rejects(deliver(deps(dyingStore(store, () => posted.length > 1)), { limit: 20 }), /killed/);
  assert.equal(posted.length, 2);
  await settle(125);
  assert.deepEqual(texts(), [
    "🧬 BioAgent Run Complete",
    "  🧬 BioAgent Run Complete",
    "  🧬 BioAgent Run Complete",
  ]);
  const marks = posted.map(({ message: { text } }) => /possibly a repeat/.test(text));
  assert.deepEqual(marks, [false, false, true]);
});

test("a process that dies after a run's first post leaves a message that the next one goes on from", async (t) => {
  const { server, deps, store, happens, settle, texts } = await openLab(t);
  await happens("run.started", {});
  await deliver(deps(dyingStore(store, (step) => step === "updateThread")), { limit: 20 }).catch(() => {});
  assert.equal(texts().length, 1);
  await settle(125);
  await happens("run.progress", BAD);
  await settle(5);
  await happens("run.completed", ENDED);
  await settle(5);
  assert.deepEqual(texts(), [
    "🧬 BioAgent Run Started",
    "🧬 BioAgent Run Complete",
    "  🧬 BioAgent Run Complete",
  ]);
  assert.match(server.workspace.posted[1]!.message.text, /goes on from a message about this run/);
});
