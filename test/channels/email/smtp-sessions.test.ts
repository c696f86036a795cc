import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { SMTPServerOptions } from "smtp-server";
import { openEmail } from "../../../src/channels/email/channel.ts";
import { EmailConfig } from "../../../src/channels/email/config.ts";
import { headerOf, readMail } from "../../support/mail-text.ts";
import { needs } from "../../support/require.ts";
import { startSmtpServer, type TestSmtpServer } from "../../support/smtp-server.ts";
import { STORIES } from "../notice-stories.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const OPENSSL = "apt-get install openssl";

/** A self-signed certificate for `localhost`, made for this test only. */
function certificate(t: TestContext): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-smtp-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const what = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"];
  const how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"];
  const made = spawnSync("openssl", ["req", "-x509", ...how, "-keyout", keyFile, "-out", certFile, ...what]);
  assert.equal(made.status, 0, String(made.stderr));
  return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
}

async function started(t: TestContext, options: SMTPServerOptions = {}): Promise<TestSmtpServer> {
  const server = await startSmtpServer(options);
  t.after(() => server.close());
  return server;
}

interface Given {
  readonly url: string;
  readonly allowPrivateUrls?: boolean;
  /** A certificate to trust. */
  readonly ca?: string;
  readonly timeoutMilliseconds?: number;
}

function opened({ url, allowPrivateUrls = false, ca, timeoutMilliseconds = 1_000 }: Given) {
  const config = EmailConfig.parse({
    kind: "email",
    transport: "smtp",
    url,
    from: "BioAgent <runs@lab.org>",
    to: ["PI <pi@lab.org>", "ada@lab.org"],
    reply_to: "ops@lab.org",
  });
  const deps = { write: () => assert.fail(), allowPrivateUrls };
  const options = { timeoutMilliseconds, ...(ca ? { tls: { ca } } : {}) };
  const channel = openEmail("pi", config, deps, options);
  const send = (story = "some-failed", kept = {}, at = 0) =>
    channel.deliver({ ...STORIES[story]!, kept }, channel.recipients[at]!);
  return { channel, send };
}

const named = (url: string) => url.replace("127.0.0.1", "localhost");

test("one session for a mail to one recipient, with the bare addresses in the envelope", async (t) => {
  const server = await started(t);
  const { send, channel } = opened({ url: server.url, allowPrivateUrls: true });
  assert.deepEqual(channel.recipients, ["PI <pi@lab.org>", "ada@lab.org"]);
  for (const at of [0, 1]) assert.equal((await send("started", {}, at)).kind, "delivered");
  assert.deepEqual(
    server.received.map(({ from, to }) => [from, ...to]),
    [
      ["runs@lab.org", "pi@lab.org"],
      ["runs@lab.org", "ada@lab.org"],
    ],
  );
  assert.equal(server.sessions(), 2);
  const mail = await readMail(server.received[0]!.raw);
  assert.equal(headerOf(mail, "Reply-To"), "ops@lab.org");
});

test("keeps the mail's own id, and the next mail answers it", async (t) => {
  const server = await started(t);
  const { send } = opened({ url: server.url, allowPrivateUrls: true });
  const first = await send("started");
  const second = await send("all-succeeded", first.keep);
  const [start, end] = await Promise.all(server.received.map(({ raw }) => readMail(raw)));
  assert.deepEqual(first.keep, {
    first_message_id: start!.messageId,
    last_message_id: start!.messageId,
    subject: start!.subject,
  });
  assert.equal(end!.subject, `Re: ${start!.subject}`);
  assert.deepEqual(second.keep, { first_message_id: start!.messageId, last_message_id: end!.messageId });
  assert.deepEqual([end!.inReplyTo, end!.references], [start!.messageId, start!.messageId]);
});

test("whatever comes back, there is one session", async (t) => {
  const server = await started(t);
  const { send } = opened({ url: server.url, allowPrivateUrls: true });
  for (const does of [
    "reset",
    { code: 451, text: "4.3.0 later" },
    { code: 550, text: "5.1.1 no" },
  ] as const) {
    for (const at of ["rcpt", "data"] as const) {
      const before = server.sessions();
      server.script({ at, does });
      await send();
      assert.equal(server.sessions(), before + 1);
    }
  }
});

test("speaks TLS from the first byte with smtps, also to a private address, and only to whom it trusts", async (t) => {
  if (!needs(t, "openssl", hasOpenssl, OPENSSL)) return;
  const { key, cert } = certificate(t);
  const server = await started(t, { secure: true, key, cert });
  const stranger = await opened({ url: named(server.url) }).send();
  assert.equal(stranger.kind, "rejected");
  assert.match(JSON.stringify(stranger), /SELF_SIGNED.*NODE_EXTRA_CA_CERTS/);
  const misnamed = await opened({ url: server.url, ca: cert }).send();
  assert.equal(misnamed.kind, "rejected");
  assert.match(JSON.stringify(misnamed), /ALTNAME/);
  assert.deepEqual(server.logins, []);
  assert.equal((await opened({ url: named(server.url), ca: cert }).send()).kind, "delivered");
  assert.deepEqual([server.received.length, server.received[0]?.secure], [1, true]);
});

test("upgrades by STARTTLS before it logs in, and never goes on without", async (t) => {
  if (!needs(t, "openssl", hasOpenssl, OPENSSL)) return;
  const { key, cert } = certificate(t);
  const server = await started(t, { key, cert });
  assert.equal((await opened({ url: named(server.url), ca: cert }).send()).kind, "delivered");
  assert.equal(server.received[0]?.secure, true);
  const stranger = await opened({ url: named(server.url) }).send();
  assert.equal(stranger.kind, "rejected");
  assert.equal(server.logins.length, 1);
});

test("a server without STARTTLS hears neither password nor mail, unless private URLs are allowed", async (t) => {
  const server = await started(t, { disabledCommands: ["STARTTLS"] });
  const refused = await opened({ url: server.url }).send();
  assert.partialDeepStrictEqual(refused, { kind: "permanent", disable: true });
  assert.match(JSON.stringify(refused), /no encryption.*smtps/);
  assert.deepEqual([server.logins, server.received], [[], []]);
  assert.equal((await opened({ url: server.url, allowPrivateUrls: true }).send()).kind, "delivered");
});

test("smtps to a port that speaks no TLS says which port is for what", async (t) => {
  const server = await started(t);
  const delivery = await opened({ url: server.url.replace("smtp:", "smtps:") }).send();
  assert.equal(delivery.kind, "rejected");
  assert.match(JSON.stringify(delivery), /465/);
  assert.deepEqual(server.logins, []);
});

test("a relay without a login is not given one", async (t) => {
  const server = await started(t, { authOptional: true });
  const url = `smtp://127.0.0.1:${server.port}`;
  assert.equal((await opened({ url, allowPrivateUrls: true }).send()).kind, "delivered");
  assert.deepEqual(server.logins, []);
});

test("a server that wants a login, and is given none, says so", async (t) => {
  const server = await started(t);
  const url = `smtp://127.0.0.1:${server.port}`;
  const delivery = await opened({ url, allowPrivateUrls: true }).send();
  assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: true });
  assert.match(JSON.stringify(delivery), /530.*put user and password into url of channel pi/);
});

test("a mail that is larger than the server takes is not sent, and not tried again", async (t) => {
  const server = await started(t, { size: 1_000 });
  const delivery = await opened({ url: server.url, allowPrivateUrls: true }).send();
  assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: false });
  assert.match(JSON.stringify(delivery), /no mail of this size/);
  assert.deepEqual(server.received, []);
});

test("a server that looks at the mail for longer than it may greet is waited for", async (t) => {
  const server = await started(t);
  server.script({ at: "data", does: { afterMilliseconds: 800 } });
  const { send } = opened({ url: server.url, allowPrivateUrls: true, timeoutMilliseconds: 500 });
  assert.equal((await send()).kind, "delivered");
  server.script({ at: "rcpt", does: { afterMilliseconds: 800 } });
  assert.equal((await send()).kind, "rejected");
  assert.equal(server.received.length, 1);
});

test("a server that drips words for ever is left at the time limit", async (t) => {
  const server = net.createServer((socket) => {
    socket.write("220 mail.test\r\n");
    socket.once("data", () => {
      const timer = setInterval(() => socket.write("250-AND MORE\r\n"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    socket.on("error", () => undefined); // It is left without a goodbye.
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `smtp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  const began = performance.now();
  const delivery = await opened({ url, allowPrivateUrls: true, timeoutMilliseconds: 300 }).send();
  assert.ok(performance.now() - began < 1_500);
  assert.equal(delivery.kind, "rejected");
  assert.match(JSON.stringify(delivery), /timeout/);
});
