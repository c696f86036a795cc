import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openOwnIdentity } from "../../src/google/own-identity.ts";

/** Google's metadata server, as far as identity tokens go: what a function asks who it is. */
test("a function's identity token is asked of the metadata server, for its audience", async (t) => {
  const asked: string[] = [];
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const token = ["{}", JSON.stringify({ exp: expires }), "s"]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("metadata-flavor", "Google");
    response.end(request.url?.includes("/identity") ? token : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  process.env["GCE_METADATA_HOST"] = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env["METADATA_SERVER_DETECTION"] = "assume-present";
  process.env["GOOGLE_CLOUD_PROJECT"] = "my-lab-123";
  delete process.env["GOOGLE_APPLICATION_CREDENTIALS"];
  process.env["HOME"] = "/nowhere";
  process.env["CLOUDSDK_CONFIG"] = "/nowhere";
  assert.equal(await openOwnIdentity()("bioagent-ses"), token);
  assert.ok(
    asked.some((url) => /service-accounts\/default\/identity\?.*audience=bioagent-ses/.test(url)),
    asked.join(),
  );
});

test("a person without a service account is told that one is needed", async () => {
  process.env["METADATA_SERVER_DETECTION"] = "none";
  process.env["CLOUDSDK_CONFIG"] = "/nowhere";
  await assert.rejects(
    openOwnIdentity()("bioagent-ses"),
    /^AdapterError: Google gave no identity token for bioagent-ses/,
  );
});
