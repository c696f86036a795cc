import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { deliver } from "../../src/app/deliver.ts";
import type { Notice } from "../../src/core/notice.ts";
import { aNotice, aStart } from "../support/documents.ts";
import { ask, openMemoryApp } from "./memory-app.ts";

const RUN = "2026-02-27_rnaseq_001";
const GONE = "Slack answered 404 no_service: the webhook was removed.";

/** One waits, one was sent, two were given up; `lab` is disabled. */
async function openApp(t: TestContext) {
  const app = await openMemoryApp(t);
  const { store } = app.deps;
  const created_at = new Date().toISOString();
  const notices = [
    { id: `${RUN}~waits`, channel: "lab", next_at: created_at },
    { id: `${RUN}~sent`, channel: "console", status: "sent", next_at: null },
    { id: `${RUN}~lost/1`, channel: "lab", status: "failed", next_at: null, error: GONE, tries: 3 },
    { id: `${RUN}~lost2`, channel: "gone", status: "failed", next_at: null, error: GONE },
  ] as const;
  await store.start(
    aStart(
      {},
      {},
      { notices: notices.map((each) => aNotice({ ...each, recipient: each.channel, created_at })) },
    ),
  );
  const state = await store.readChannel("lab");
  await store.updateChannel({ ...state, disabled: { reason: GONE, since: created_at } });
  const get = (path: string) => ask(app, "GET", path);
  const post = (path: string, body?: unknown) => ask(app, "POST", path, { body });
  const listed = async (query: string) =>
    ((await get(`/v1/notices?${query}`)).json["notices"] as Notice[])
      .map(({ id }) => id.split("~")[1])
      .sort();
  return { app, store, get, post, listed };
}

test("notices are listed by run, channel and status, with how the channels stand", async (t) => {
  const { get, listed } = await openApp(t);
  assert.deepEqual(await listed(""), ["lost/1", "lost2", "sent", "waits"]);
  assert.deepEqual(await listed("status=failed"), ["lost/1", "lost2"]);
  assert.deepEqual(await listed("status=failed,pending&channel=lab"), ["lost/1", "waits"]);
  assert.deepEqual(await listed(`run=${RUN}`), ["lost/1", "lost2", "sent", "waits"]);
  assert.equal((await listed("limit=2")).length, 2);
  const { json } = await get("/v1/notices?channel=lab");
  assert.partialDeepStrictEqual(json, {
    backlog: [{ channel: "lab", waiting: 1, last_told_at: null }],
    disabled: [{ channel: "lab", reason: GONE, remedy: "bioagent notify test lab" }],
    more: false,
  });
});

test("a channel that cannot be used there is named, and why; of one channel only its own", async (t) => {
  const { app, get, post } = await openApp(t);
  const reason = "channel pi (slack): the variable PI is not set here";
  Object.assign(app.deps, { brokenChannels: new Map([["pi", reason]]) });
  assert.deepEqual((await get("/v1/notices")).json["unusable"], [{ channel: "pi", reason }]);
  assert.deepEqual((await get("/v1/notices?channel=lab")).json["unusable"], []);
  const refused = await post("/v1/channels/pi/test");
  assert.deepEqual([refused.status, refused.json["detail"]], [409, `where the API runs, ${reason}`]);
});

test("what is asked for wrongly is named, all at once, and an unknown run or channel too", async (t) => {
  const { get } = await openApp(t);
  const wrong = await get("/v1/notices?status=lost&limit=0&colour=red");
  assert.equal(wrong.status, 400);
  const paths = (wrong.json["problems"] as { path: string }[]).map(({ path }) => path).join(" ");
  for (const name of ["status", "limit"]) assert.match(paths, new RegExp(name));
  assert.equal((await get("/v1/notices?run=nothing")).status, 404);
  const unknown = await get("/v1/notices?channel=labb");
  assert.deepEqual([unknown.status, JSON.stringify(unknown.json).includes("did you mean lab?")], [400, true]);
});

test("one notice is read by its id, percent-encoded", async (t) => {
  const { get } = await openApp(t);
  const found = await get(`/v1/notices/${encodeURIComponent(`${RUN}~lost/1`)}`);
  assert.deepEqual([found.status, found.json["error"], found.json["tries"]], [200, GONE, 3]);
  assert.equal((await get("/v1/notices/nothing")).status, 404);
});

test("what was given up is put back into the outbox, one or all; what was not is refused", async (t) => {
  const { post, store } = await openApp(t);
  const one = await post(`/v1/notices/${encodeURIComponent(`${RUN}~lost/1`)}/retry`);
  assert.deepEqual([one.status, one.json], [200, { retried: 1 }]);
  const again = (await store.readNotice(`${RUN}~lost/1`))!;
  assert.deepEqual([again.status, again.error, again.tries], ["pending", null, 0]);
  assert.equal((await post(`/v1/notices/${encodeURIComponent(`${RUN}~sent`)}/retry`)).status, 404);
  assert.deepEqual((await post("/v1/notices/retry", {})).json, { retried: 1 });
  assert.deepEqual((await post("/v1/notices/retry")).json, { retried: 0 });
  assert.equal((await post("/v1/notices/retry", { all: true })).status, 400);
});

test("a test is told by whoever tells people, and its notice says what came of it", async (t) => {
  const { app, get, post, store } = await openApp(t);
  const asked = await post("/v1/channels/lab/test", { event: "run.failed" });
  assert.equal(asked.status, 202);
  const [notice, ...rest] = asked.json["notices"] as { id: string; recipient: string }[];
  assert.deepEqual([notice!.recipient, rest.length, app.told.length], ["lab", 0, 0]);
  await deliver(app.deps, { limit: 10, runId: "notify-test" });
  assert.equal(app.told.length, 1);
  assert.match(app.told[0]!, /run\.failed$/);
  const told = await get(`/v1/notices/${encodeURIComponent(notice!.id)}`);
  assert.deepEqual([told.json["status"], told.json["test"]], ["sent", true]);
  assert.equal((await store.readChannel("lab")).disabled, null);
  assert.equal((await post("/v1/channels/nobody/test")).status, 404);
  assert.equal((await post("/v1/channels/lab/test", { event: "run.exploded" })).status, 400);
});
