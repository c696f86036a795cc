import assert from "node:assert/strict";
import type dns from "node:dns";
import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { GuardedFetchError, guardedFetch } from "../../src/channels/guarded-fetch.ts";

/** A loopback server; its port, and how many connections it has seen. */
async function serve(t: TestContext, handler: http.RequestListener) {
  let connections = 0;
  const server = http.createServer(handler).on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** A resolver that answers as told; only what `guardedFetch` uses of `dns.lookup`. */
function resolver(...addresses: readonly string[]): typeof dns.lookup {
  const lookup = (_host: string, _how: unknown, done: (error: null, found: dns.LookupAddress[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: net.isIPv6(address) ? 6 : 4 })),
    );
  return lookup as unknown as typeof dns.lookup;
}

const failsWith = (code: string, sent: boolean) => (error: unknown) => {
  assert.ok(error instanceof GuardedFetchError, String(error));
  assert.deepEqual({ code: error.code, sent: error.sent }, { code, sent });
  return true;
};

const refused = [
  "http://example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "not a url",
  "https://user:pass@example.com/",
  "https://127.0.0.1/",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://0177.0.0.1/",
  "https://169.254.169.254/computeMetadata/v1/",
  "https://[::1]/",
  "https://[::ffff:10.0.0.1]/",
  "https://[fe80::1]/",
];
for (const url of refused) {
  test(`refuses ${url} before it resolves or connects`, async () => {
    const lookup = (() => assert.fail("it resolved")) as unknown as typeof dns.lookup;
    await assert.rejects(guardedFetch({ lookup })(url), failsWith("url_refused", false));
  });
}

test("refuses a name that resolves to loopback, and never connects", async (t) => {
  const { port, connections } = await serve(t, (_, response) => response.end());
  const url = `https://public.example:${port}/`;
  await assert.rejects(
    guardedFetch({ lookup: resolver("127.0.0.1") })(url),
    failsWith("private_address", false),
  );
  assert.equal(connections(), 0);
});

test("refuses the machine's own name for itself", async (t) => {
  const { port, connections } = await serve(t, (_, response) => response.end());
  await assert.rejects(guardedFetch()(`https://localhost:${port}/`), failsWith("private_address", false));
  assert.equal(connections(), 0);
});

test("refuses a name with one private address among public ones", async () => {
  const fetch = guardedFetch({ lookup: resolver("93.184.216.34", "169.254.169.254") });
  await assert.rejects(fetch("https://public.example/"), failsWith("private_address", false));
});

test("the checked address is the one that is connected to", async (t) => {
  const { port } = await serve(t, (request, response) => response.end(request.headers.host));
  let asked = 0;
  const once = resolver("127.0.0.1") as unknown as (...args: unknown[]) => void;
  const lookup = ((...args: unknown[]) => {
    asked++;
    once(...args);
  }) as unknown as typeof dns.lookup;
  const response = await guardedFetch({ lookup, allowPrivateUrls: true })(
    `http://rebinding.example:${port}/`,
  );
  assert.equal(await response.text(), `rebinding.example:${port}`);
  assert.equal(asked, 1);
});

test("no error tells the URL, not even the system's", async () => {
  const url = "https://no-such-host.invalid/services/s3cr3t";
  const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${url}`), { code: "ENOTFOUND" });
  const lookup = (_host: string, _how: unknown, done: (error: Error) => void) => done(unknown);
  const fetch = guardedFetch({ lookup: lookup as unknown as typeof dns.lookup });
  const error = await fetch(url).catch((thrown: unknown) => thrown);
  assert.ok(failsWith("ENOTFOUND", false)(error));
  assert.doesNotMatch(inspect(error, { depth: 9 }), /s3cr3t|no-such-host/);
});

test("posts a body with its headers, and gives status, headers and text back", async (t) => {
  const { port } = await serve(t, async (request, response) => {
    response.writeHead(429, { "Retry-After": "3" });
    response.end(`${request.method} ${request.headers["content-type"]} ${await text(request)}`);
  });
  const response = await guardedFetch({ allowPrivateUrls: true })(`http://127.0.0.1:${port}/x`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"text":"🧬"}',
  });
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("retry-after"), "3");
  assert.equal(await response.text(), 'POST application/json {"text":"🧬"}');
});

test("gives a redirect back and does not follow it", async (t) => {
  const { port, connections } = await serve(t, (_, response) => {
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  const response = await guardedFetch({ allowPrivateUrls: true })(`http://127.0.0.1:${port}/`);
  assert.equal(response.status, 302);
  assert.equal(connections(), 1);
});

test("takes an answer without a body", async (t) => {
  const { port } = await serve(t, (_, response) => response.writeHead(204).end());
  assert.equal((await guardedFetch({ allowPrivateUrls: true })(`http://127.0.0.1:${port}/`)).status, 204);
});

test("stops reading an answer at its cap", async (t) => {
  const { port } = await serve(t, (_, response) => {
    const pour = () => void (response.destroyed || response.write("x".repeat(10_000), pour));
    pour();
  });
  const fetch = guardedFetch({ allowPrivateUrls: true, maxResponseBytes: 50_000 });
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), failsWith("response_too_large", true));
});

for (const part of ["head", "body"]) {
  test(`stops waiting for the answer's ${part} at its time limit`, async (t) => {
    const { port } = await serve(t, (_, response) => {
      if (part === "body") response.write("o");
    });
    const fetch = guardedFetch({ allowPrivateUrls: true, timeoutMilliseconds: 100 });
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), failsWith("timeout", true));
  });
}

const BODIES: Readonly<Record<string, (response: http.ServerResponse) => void>> = {
  "never ends": () => {},
  "is too long": (response) => response.write("x".repeat(60_000)),
  "breaks off": (response) => response.socket?.resetAndDestroy(),
};
for (const [what, end] of Object.entries(BODIES)) {
  test(`where the head is the answer, a body that ${what} changes nothing of it`, async (t) => {
    const closed = Promise.withResolvers<void>();
    const { port } = await serve(t, (_, response) => {
      response.on("close", closed.resolve);
      response.writeHead(200, { "x-more": "yes" }).write("o", () => end(response));
    });
    const limits = { timeoutMilliseconds: 500, maxResponseBytes: 50_000 };
    const fetch = guardedFetch({ allowPrivateUrls: true, headOnly: true, ...limits });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assert.deepEqual([response.status, response.headers.get("x-more")], [200, "yes"]);
    assert.equal(await response.text(), "");
    await closed.promise;
  });
}

test("a server that speaks another protocol all at once has not answered", async (t) => {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const fetch = guardedFetch({ allowPrivateUrls: true, timeoutMilliseconds: 60_000 });
  const { port } = server.address() as AddressInfo;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), failsWith("bad_response", true));
});

test("heeds the caller's signal, also one that has already aborted", async (t) => {
  const { port } = await serve(t, () => {});
  const fetch = guardedFetch({ allowPrivateUrls: true });
  const url = `http://127.0.0.1:${port}/`;
  await assert.rejects(fetch(url, { signal: AbortSignal.timeout(50) }), failsWith("timeout", true));
  await assert.rejects(fetch(url, { signal: AbortSignal.abort() }), failsWith("timeout", false));
});

test("a server that speaks no TLS has received nothing", async (t) => {
  const { port } = await serve(t, (_, response) => response.end());
  const fetch = guardedFetch({ allowPrivateUrls: true });
  await assert.rejects(fetch(`https://127.0.0.1:${port}/`), (error) => {
    assert.ok(error instanceof GuardedFetchError);
    return error.sent === false;
  });
});
