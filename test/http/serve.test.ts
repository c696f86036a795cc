import assert from "node:assert/strict";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { readBytes } from "../../src/http/node-request.ts";
import { type ServeOptions, type Serving, serve } from "../../src/http/serve.ts";
import { aStartBody, type MemoryApp, openMemoryApp } from "./memory-app.ts";

async function serving(
  t: TestContext,
  options: Partial<ServeOptions> = {},
): Promise<{ app: MemoryApp; at: Serving }> {
  const app = await openMemoryApp(t);
  const at = await serve({ app, port: 0, every: 50, ...options });
  t.after(() => at.stop());
  return { app, at };
}

/** What fetch does not let one send: any Host. */
function raw(
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<{ status: number; headers: IncomingHttpHeaders; continued: boolean }> {
  return new Promise((done, fail) => {
    const { body, ...rest } = options;
    let continued = false;
    const asked = httpRequest({ host: "127.0.0.1", port, ...rest }, (response) => {
      response.resume().on("end", () => {
        asked.destroy();
        done({ status: response.statusCode!, headers: response.headers, continued });
      });
    });
    asked.on("error", fail).on("continue", () => {
      continued = true;
      asked.end(body);
    });
    if (rest.headers?.["expect"]) asked.flushHeaders();
    else asked.end(body);
  });
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

test("what is started over HTTP is driven, cancelled and told by the server's own ticker", async (t) => {
  const { app, at } = await serving(t);
  const answer = await post(`${at.url}/v1/runs`, aStartBody(app));
  assert.equal(answer.status, 201);
  const { run_id } = (await answer.json()) as { run_id: string };
  const status = async () =>
    ((await (await fetch(`${at.url}/v1/runs/${run_id}`)).json()) as { status: string }).status;
  await until("the run is running", async () => (await status()) === "running");
  assert.equal((await fetch(`${at.url}/v1/runs/${run_id}/cancel`, { method: "POST" })).status, 200);
  await until("the run is cancelled", async () => (await status()) === "cancelled");
  await until("it is told", () => app.told.length > 0);
  assert.deepEqual(app.told, [`${run_id} run.cancelled`]);
});

test("a request wakes the ticker: nobody waits for the next pass", async (t) => {
  const { app, at } = await serving(t, { every: 3_600_000 });
  await post(`${at.url}/v1/runs`, aStartBody(app, { name: "quick" }));
  await until("the run is running", async () => {
    const [id] = await app.deps.store.resolve("quick");
    return (await app.deps.store.readRun(id!))?.status === "running";
  });
});

test("a body of 50 MB is 413 and is not kept, and the server answers on", async (t) => {
  const { at } = await serving(t);
  const answer = await fetch(`${at.url}/v1/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.alloc(50_000_000, "["),
  });
  assert.equal(answer.status, 413);
  assert.equal(((await answer.json()) as { status: number }).status, 413);
  const asks = { expect: "100-continue", "content-type": "application/json" };
  const early = await raw(at.port, {
    method: "POST",
    path: "/v1/runs",
    headers: { ...asks, "content-length": "50000000" },
  });
  assert.deepEqual([early.status, early.continued], [413, false], "told before it is sent");
  const small = await raw(at.port, {
    method: "POST",
    path: "/v1/runs",
    headers: { ...asks, "content-length": "2" },
    body: "{}",
  });
  assert.deepEqual([small.status, small.continued], [400, true]);
  assert.equal((await fetch(`${at.url}/v1/health`)).status, 200);
});

test("a name that was rebound to this machine, and a page of another site, get 403", async (t) => {
  const { app, at } = await serving(t);
  assert.equal((await raw(at.port, { path: "/v1/runs", headers: { host: "evil.example" } })).status, 403);
  assert.equal(
    (await raw(at.port, { path: "/v1/runs", headers: { host: `localhost:${at.port}` } })).status,
    200,
  );
  const foreign = await post(`${at.url}/v1/runs`, aStartBody(app), { origin: "https://evil.example" });
  assert.equal(foreign.status, 403);
  assert.equal((await app.deps.store.queryRuns({ limit: 1 })).items.length, 0);
});

test("with a token nobody comes in without it", async (t) => {
  const token = "0123456789abcdef";
  const { at } = await serving(t, { token });
  const refused = await fetch(`${at.url}/v1/runs`);
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate")!, /^Bearer/);
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await fetch(`${at.url}/v1/runs`, { headers })).status, 200);
});

test("it refuses to listen beyond this machine without a token, and on a port that is taken", async (t) => {
  const { app, at } = await serving(t);
  for (const host of ["0.0.0.0", "::"])
    await assert.rejects(serve({ app, port: 0, host }), { code: "token_needed", message: /BIOAGENT_TOKEN/ });
  await assert.rejects(serve({ app, port: at.port }), { code: "cannot_listen", message: /EADDRINUSE/ });
});

test("of a body that is too long no more is kept than shows that it is", async () => {
  const chunks = Array.from({ length: 30 }, () => Buffer.alloc(2 ** 20));
  const body = await readBytes(Readable.from(chunks) as never);
  assert.equal(body?.byteLength, 10 * 2 ** 20 + 1);
  const endless = Array.from({ length: 130 }, () => chunks[0]);
  assert.equal(await readBytes(Readable.from(endless) as never), null);
});

test("a sender that goes away in the middle of its body harms nobody", async (t) => {
  const { app, at } = await serving(t);
  const asked = httpRequest({
    host: "127.0.0.1",
    port: at.port,
    method: "POST",
    path: "/v1/runs",
    headers: { "content-length": "1000" },
  });
  asked.on("error", () => {});
  await new Promise<void>((done) => asked.write('{"pipeline":', () => done()));
  asked.destroy();
  assert.equal((await fetch(`${at.url}/v1/health`)).status, 200);
  assert.deepEqual(app.warnings, []);
});

test("a store that is away for a while is told once, and the ticker goes on afterwards", async (t) => {
  let away = true;
  let passes = 0;
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      activeRuns: (...args) => {
        passes++;
        return away ? Promise.reject(new Error("locked")) : store.activeRuns(...args);
      },
    }),
  });
  const at = await serve({ app, port: 0, every: 10 });
  t.after(() => at.stop());
  await post(`${at.url}/v1/runs`, aStartBody(app, { name: "late" }));
  await until("several passes have failed", () => passes >= 3);
  away = false;
  await until(
    "the run is running",
    async () =>
      (await app.deps.store.readRun((await app.deps.store.resolve("late"))[0]!))?.status === "running",
  );
  assert.equal(app.warnings.filter((warning) => warning.includes("locked")).length, 1);
});
