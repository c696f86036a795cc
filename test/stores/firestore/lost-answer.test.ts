import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Run } from "../../../src/core/run.ts";
import type { FirestoreStore } from "../../../src/stores/firestore/firestore-store.ts";
import { current, started } from "../../contracts/run-store/on-stores.ts";
import { aCommit, aJob, aNotice, anEvent, aStart } from "../../support/documents.ts";
import { type CutProxy, cutProxy } from "./cut-proxy.ts";
import { openStore } from "./open-store.ts";

interface Scene {
  /** Direct, and through the proxy. */
  readonly store: FirestoreStore;
  readonly cutOff: FirestoreStore;
  readonly proxy: CutProxy;
  readonly run: Run;
}

async function scene(t: TestContext): Promise<Scene | null> {
  const opened = await openStore(t);
  if (!opened) return null;
  const proxy = await cutProxy(opened.host);
  const cutOff = opened.another({ emulatorHost: proxy.host });
  const run = await started(opened.store);
  await cutOff.readRun(run.run_id);
  return { store: opened.store, cutOff, proxy, run };
}

/** Until `holds`, looking every few milliseconds; fails after 10 s. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`not in time: ${what}`);
}

const committed = ({ store, run }: Scene) =>
  until("the commit is there", async () => (await current(store, run.run_id)).rev > run.rev);

test("a commit whose answer is lost is done", async (t) => {
  const now = await scene(t);
  if (!now) return;
  const { store, cutOff, proxy, run } = now;
  proxy.withhold();
  const job = aJob({ run_id: run.run_id });
  const commit = cutOff.commit(aCommit(run, { jobs: [job], events: [anEvent()] }));
  await committed(now);
  proxy.cut();
  assert.deepEqual(await commit, { kind: "done", rev: 1 });
  assert.deepEqual(await store.readEvents(run.run_id, -1, 10), [anEvent()]);
  assert.deepEqual(await cutOff.commit(aCommit({ ...run, rev: 1 })), { kind: "done", rev: 2 });
});

test("a commit whose answer is lost is done, although another has followed it", async (t) => {
  const now = await scene(t);
  if (!now) return;
  const { store, cutOff, proxy, run } = now;
  proxy.withhold();
  const commit = cutOff.commit(aCommit(run));
  await committed(now);
  assert.equal((await store.commit(aCommit({ ...run, rev: 1 }))).kind, "done");
  proxy.cut();
  assert.deepEqual(await commit, { kind: "done", rev: 1 });
  assert.deepEqual(await cutOff.commit(aCommit({ ...run, rev: 1 })), { kind: "conflict" });
});

test("a commit that never arrived is a conflict when another was faster, else it is done", async (t) => {
  const now = await scene(t);
  if (!now) return;
  const { store, cutOff, proxy, run } = now;
  proxy.hold();
  const lost = cutOff.commit(aCommit({ ...run, description: "ours" }));
  assert.equal((await store.commit(aCommit({ ...run, description: "theirs" }))).kind, "done");
  proxy.cut();
  assert.deepEqual(await lost, { kind: "conflict" });
  const theirs = await current(cutOff, run.run_id);
  assert.equal(theirs.description, "theirs");
  proxy.hold();
  const late = cutOff.commit(aCommit(theirs));
  proxy.cut();
  assert.deepEqual(await late, { kind: "done", rev: 2 });
});

test("a start whose answer is lost has started one run", async (t) => {
  const now = await scene(t);
  if (!now) return;
  const { store, cutOff, proxy } = now;
  // What a start reads first comes back; the answer of its commit, which follows the documents, does not.
  const request = aStart({ name: "mine" });
  const documents: typeof request.documents = (id, name) => {
    proxy.withhold();
    return request.documents(id, name);
  };
  const start = cutOff.start({ ...request, documents });
  await until("the run is there", async () => (await store.resolve("mine")).length === 1);
  proxy.cut();
  const result = await start;
  assert.equal(result.kind === "created" && result.run.run_id, "2026-02-27_rnaseq_002");
  assert.equal((await store.queryRuns({ limit: 10 })).items.length, 2);
});

test("a start that arrives after it was given up, beside its own repeat, has started one run", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const proxy = await cutProxy(opened.host);
  const cutOff = opened.another({ emulatorHost: proxy.host, callMilliseconds: 1_500 });
  await cutOff.uid();
  const request = aStart({ suggestions: ["one", "two", "three"] });
  let tries = 0;
  const documents: typeof request.documents = (id, name) => {
    tries += 1;
    if (tries === 1) proxy.delay();
    else proxy.release();
    return request.documents(id, name);
  };
  const result = await cutOff.start({ ...request, documents });
  assert.ok(tries > 1);
  assert.equal(result.kind === "created" && result.run.run_id, "2026-02-27_rnaseq_001");
  const { items } = await opened.store.queryRuns({ limit: 10 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ["one"],
  );
});

test("a claim whose answer is lost is won", async (t) => {
  const now = await scene(t);
  if (!now) return;
  const { store, cutOff, proxy, run } = now;
  await store.commit(aCommit(run, { notices: [aNotice()] }));
  const [notice] = await cutOff.queryNotices({ limit: 1 });
  proxy.withhold();
  const claim = cutOff.updateNotice({ ...(notice ?? assert.fail()), status: "sending" });
  await until("it is claimed", async () => (await store.queryNotices({ limit: 1 }))[0]?.rev === 1);
  proxy.cut();
  assert.equal((await claim)?.rev, 1);
});

test("a database that does not answer is given up in time, as an error worth a repeat", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const proxy = await cutProxy(opened.host);
  const store = opened.another({ emulatorHost: proxy.host, callMilliseconds: 300 });
  const run = await started(opened.store);
  proxy.hold();
  const away = {
    name: "AdapterError",
    code: "store_unavailable",
    retryable: true,
    message: /read run .* 0\.3 s/,
  };
  await assert.rejects(store.readRun(run.run_id), away);
  await assert.rejects(store.load(run.run_id, 0, "heads"), away);
  await assert.rejects(store.queryRuns({ limit: 1 }), { code: "store_unavailable", message: /list runs/ });
  proxy.cut();
  assert.deepEqual(await store.readRun(run.run_id), run);
});
