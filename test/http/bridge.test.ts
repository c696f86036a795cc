import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { admit } from "../../src/http/gate.ts";
import type { Channel } from "../../src/ports.ts";
import { aNotice, aStart } from "../support/documents.ts";
import { ask, openMemoryApp } from "./memory-app.ts";

const RUN = "2026-02-27_rnaseq_001";
const ID = `${RUN}~r1~run.completed~g%3a1~phone~phone`;

async function openApp(t: TestContext) {
  const app = await openMemoryApp(t);
  const channel: Channel = {
    name: "phone",
    kind: "imessage",
    recipients: ["phone"],
    paceMilliseconds: 0,
    pulled: true,
    deliver: async () => assert.fail("deliver is never called for a bridge's channel"),
  };
  (app.deps.channels as Map<string, Channel>).set("phone", channel);
  const notice = aNotice({
    id: ID,
    channel: "phone",
    recipient: "phone",
    created_at: new Date().toISOString(),
  });
  await app.deps.store.start(aStart({}, {}, { notices: [notice] }));
  const claim = (body: unknown, name = "phone") => ask(app, "POST", `/v1/channels/${name}/claim`, { body });
  const report = (body: unknown, id = ID) =>
    ask(app, "POST", `/v1/notices/${encodeURIComponent(id)}/outcome`, { body });
  const problems = (answer: { json: Record<string, unknown> }) =>
    (answer.json["problems"] as { path: string }[]).map(({ path }) => path).sort();
  return { app, claim, report, problems };
}

const worker = "lab-mac";

/** What the description of the API says that a claimed notice has. */
function claimedFields(openapi: Record<string, unknown>): string[] {
  const path = ["paths", "/v1/channels/{channel}/claim", "post", "responses", "200", "content"];
  path.push("application/json", "schema", "properties", "notices", "items", "properties");
  const fields = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], openapi);
  return Object.keys(fields as object).sort();
}

test("a notice is claimed, told elsewhere, and its outcome taken", async (t) => {
  const { app, claim, report } = await openApp(t);
  const given = await claim({ limit: 5, worker });
  assert.equal(given.status, 200);
  const [notice, ...rest] = given.json["notices"] as Record<string, unknown>[];
  assert.equal(rest.length, 0);
  assert.deepEqual(
    Object.keys(notice!).sort(),
    claimedFields((await ask(app, "GET", "/v1/openapi.json")).json),
  );
  assert.partialDeepStrictEqual(notice, {
    id: ID,
    event: "run.completed",
    recipient: "phone",
    round: 1,
    kept: {},
    possible_repeat: false,
    facts: { run_id: RUN },
  });
  const { rev } = notice as { rev: number };
  const keep = { tried_1: "2026-02-27T10:00:00.000Z" };
  const taken = await report({ rev, outcome: { kind: "ambiguous", reason: "who knows", keep } });
  assert.deepEqual([taken.status, taken.json["status"]], [200, "pending"]);
  assert.equal((await report({ rev, outcome: { kind: "delivered" } })).status, 409, "once only");
  const [stored] = await app.deps.store.queryNotices({ channel: "phone", limit: 1 });
  assert.deepEqual([stored!.error, stored!.possible_repeat], ["who knows", true]);
});

test("every problem of a body is named, and nothing is claimed or marked", async (t) => {
  const { app, claim, report, problems } = await openApp(t);
  for (const [body, paths] of [
    [{}, ["worker"]],
    [{ limit: 99, worker: "a\nb", other: 1 }, ["limit", "other", "worker"]],
    [{ limit: -1, worker }, ["limit"]],
    [{ limit: 1.5, worker }, ["limit"]],
  ] as const) {
    const answer = await claim(body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.deepEqual(problems(answer), paths);
  }
  for (const [body, paths] of [
    [{}, ["outcome", "rev"]],
    [{ rev: 1, outcome: { kind: "arrived" } }, ["outcome.kind"]],
    [{ rev: "1", outcome: { kind: "delivered", reason: "x" } }, ["outcome.reason", "rev"]],
    [
      { rev: 1, outcome: { kind: "rejected", reason: "", after_seconds: -1 } },
      ["outcome.after_seconds", "outcome.reason"],
    ],
    [{ rev: 1, outcome: { kind: "permanent", reason: "x" } }, ["outcome.disable"]],
    [{ rev: 1, outcome: { kind: "delivered", keep: { a: { b: 1 } } } }, ["outcome.keep.a"]],
  ] as const) {
    const answer = await report(body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.deepEqual(problems(answer), paths);
  }
  const [stored] = await app.deps.store.queryNotices({ channel: "phone", limit: 1 });
  assert.deepEqual([stored!.status, stored!.tries], ["pending", 0]);
});

test("a channel that is told from here answers 409, one that is not there 404; limit 0 only asks", async (t) => {
  const { claim, report } = await openApp(t);
  assert.equal((await claim({ worker }, "lab")).status, 409);
  assert.equal((await claim({ worker }, "nowhere")).status, 404);
  assert.deepEqual((await claim({ limit: 0, worker })).json, { notices: [] });
  assert.equal((await report({ rev: 1, outcome: { kind: "delivered" } }, "nothing")).status, 409);
  assert.equal(((await claim({ worker })).json["notices"] as unknown[]).length, 1, "the default is one");
});

test("the routes are posts behind the same gate as all others", async (t) => {
  const { app } = await openApp(t);
  for (const path of ["/v1/channels/phone/claim", `/v1/notices/${encodeURIComponent(ID)}/outcome`]) {
    assert.equal((await ask(app, "GET", path)).status, 405);
  }
  assert.throws(() => admit({ method: "POST", headers: { host: "localhost" } }, "0123456789abcdef"), /token/);
  const { json } = await ask(app, "GET", "/v1/openapi.json");
  const paths = json["paths"] as Record<string, unknown>;
  assert.ok(paths["/v1/channels/{channel}/claim"] && paths["/v1/notices/{notice}/outcome"]);
});
