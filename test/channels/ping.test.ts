import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openPing } from "../../src/channels/ping.ts";

async function watcher(t: { after: (end: () => void) => void }) {
  const seen: string[] = [];
  const answer = { status: 200 };
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close());
  const warnings: string[] = [];
  const clock = { now: 0 };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/5ecret-uuid-0000`;
  const ping = openPing({
    url,
    allowPrivateUrls: true,
    warn: (text) => void warnings.push(text),
    now: () => clock.now,
  });
  return { seen, answer, warnings, clock, ping, url, server };
}

test("the watcher hears of passes at most twice a minute", async (t) => {
  const { seen, clock, ping, warnings } = await watcher(t);
  for (let second = 0; second < 60; second++) {
    clock.now = second * 1000;
    await ping();
  }
  assert.deepEqual(seen, ["GET /ping/5ecret-uuid-0000", "GET /ping/5ecret-uuid-0000"]);
  assert.deepEqual(warnings, []);
});

test("a watcher that refuses or is away is warned of once, without its address, until it works again", async (t) => {
  const { answer, clock, ping, warnings, server } = await watcher(t);
  const pass = async (status: number) => {
    answer.status = status;
    clock.now += 60_000;
    await ping();
  };
  await pass(404);
  await pass(500);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^the watcher at ping_url was not told that the monitor lives: it answered 404/);
  await pass(200);
  server.close();
  server.closeAllConnections();
  await pass(200);
  await pass(200);
  assert.equal(warnings.length, 2);
  assert.ok(warnings.every((text) => !text.includes("5ecret")));
});

test("a private address is not asked unless that is allowed", async () => {
  const warnings: string[] = [];
  const ping = openPing({
    url: "https://127.0.0.1/ping/5ecret-uuid",
    allowPrivateUrls: false,
    warn: (text) => void warnings.push(text),
    now: () => 0,
  });
  await ping();
  assert.match(warnings.join(), /private address/);
});
