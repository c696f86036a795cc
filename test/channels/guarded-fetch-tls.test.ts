import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type dns from "node:dns";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import tls from "node:tls";
import { GuardedFetchError, guardedFetch } from "../../src/channels/guarded-fetch.ts";
import { needs } from "../support/require.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** A self-signed certificate for `hooks.test`, made for this test only. */
function certificate(t: TestContext): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const what = ["-subj", "/CN=hooks.test", "-addext", "subjectAltName=DNS:hooks.test", "-days", "1"];
  const how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"];
  const made = spawnSync("openssl", ["req", "-x509", ...how, "-keyout", keyFile, "-out", certFile, ...what]);
  assert.equal(made.status, 0, String(made.stderr));
  return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
}

const toLoopback = ((_host: string, _how: unknown, done: (error: null, found: dns.LookupAddress[]) => void) =>
  done(null, [{ address: "127.0.0.1", family: 4 }])) as unknown as typeof dns.lookup;

test("posts over TLS to a certificate that is trusted and fits the name, and to no other", async (t) => {
  if (!needs(t, "openssl", hasOpenssl, "apt-get install openssl")) return;
  const bodies: string[] = [];
  const { key, cert } = certificate(t);
  const server = https.createServer({ key, cert }, async (request, response) => {
    bodies.push(await text(request));
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const fetch = guardedFetch({ allowPrivateUrls: true, lookup: toLoopback });
  const post = (host: string) => fetch(`https://${host}:${port}/`, { method: "POST", body: "hello" });
  const untrusted = (error: unknown) => error instanceof GuardedFetchError && !error.sent;

  await assert.rejects(post("hooks.test"), untrusted);
  // This file's own process only: the test runner gives every file one.
  tls.setDefaultCACertificates([cert]);
  await assert.rejects(post("other.test"), untrusted);
  assert.deepEqual(bodies, []);
  assert.equal(await (await post("hooks.test")).text(), "ok");
  assert.deepEqual(bodies, ["hello"]);
});
