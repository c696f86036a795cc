import assert from "node:assert/strict";
import { test } from "node:test";
import { admit, isLoopback } from "../../src/http/gate.ts";

const TOKEN = "0123456789abcdef";
const status = (headers: Record<string, string>, token: string | null = null, method = "POST"): number => {
  try {
    admit({ method, headers }, token);
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
};

test("without a token only this machine's own names are answered", () => {
  for (const host of ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST"])
    assert.equal(status({ host }), 200, host);
  for (const host of [
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "",
    "192.168.1.7",
    "x y",
  ])
    assert.equal(status({ host }), 403, host);
  assert.equal(status({}), 403);
});

test("without a token a page of another site may change nothing", () => {
  const host = "127.0.0.1:8080";
  assert.equal(status({ host, origin: "http://127.0.0.1:8080" }), 200);
  assert.equal(status({ host, origin: "http://127.0.0.1:9999" }), 403);
  assert.equal(status({ host, origin: "https://evil.example" }), 403);
  assert.equal(status({ host, origin: "null" }), 403);
  assert.equal(status({ host, "sec-fetch-site": "cross-site" }), 403);
  assert.equal(
    status({ host, origin: "https://evil.example" }, null, "GET"),
    200,
    "it cannot read the answer",
  );
});

test("with a token whoever presents it comes in, under any name, and nobody else", () => {
  const host = "bioagent.lab.org";
  assert.equal(status({ host, authorization: `Bearer ${TOKEN}` }, TOKEN), 200);
  assert.equal(status({ host, authorization: `bearer  ${TOKEN}` }, TOKEN), 200);
  for (const authorization of [
    "",
    TOKEN,
    `Bearer ${TOKEN}x`,
    "Bearer ",
    "Bearer 0123456789abcdeF",
    `Basic ${TOKEN}`,
  ])
    assert.equal(status({ host: "localhost", authorization }, TOKEN), 401, authorization);
  assert.equal(status({ host: "localhost" }, TOKEN), 401);
});

test("loopback is this machine and nothing else", () => {
  for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
    assert.equal(isLoopback(host), true, host);
  for (const host of ["0.0.0.0", "::", "192.168.0.1", "127.0.0.1.evil.example", ""])
    assert.equal(isLoopback(host), false, host);
});
