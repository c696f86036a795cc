import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openEmail } from "../../../src/channels/email/channel.ts";
import { EmailConfig } from "../../../src/channels/email/config.ts";
import { headerOf, readMail } from "../../support/mail-text.ts";
import { type SesServer, sesError, startSesServer, stsKeys } from "../../support/ses-server.ts";
import { STORIES } from "../notice-stories.ts";

const ROLE = "arn:aws:iam::123456789012:role/bioagent-ses";
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.google-says-who-this-is.c2lnbmF0dXJl";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIATESTKEY000000001", AWS_SECRET_ACCESS_KEY: "s3cr3tKeyOfTheTest" };

Object.assign(process.env, {
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_CONFIG_FILE: "/nonexistent",
});

interface Given {
  readonly config?: object;
  readonly keys?: boolean;
  readonly timeoutMilliseconds?: number;
  readonly identityToken?: (audience: string) => Promise<string>;
}

/** A channel as a deployed one, with the server as SES and as STS. */
async function opened(
  t: TestContext,
  { config = {}, keys = true, identityToken, timeoutMilliseconds = 400 }: Given = {},
) {
  const server: SesServer = await startSesServer();
  t.after(() => server.close());
  for (const name of Object.keys(KEYS)) delete process.env[name];
  Object.assign(process.env, keys ? KEYS : {}, {
    AWS_ENDPOINT_URL_SES: server.url,
    AWS_ENDPOINT_URL_STS: server.url,
  });
  const settings = {
    kind: "email",
    region: "eu-west-1",
    from: "BioAgent <runs@lab.org>",
    to: ["PI <pi@lab.org>"],
  };
  const deps = { write: () => assert.fail(), allowPrivateUrls: false, identityToken };
  const channel = openEmail("pi", EmailConfig.parse({ ...settings, ...config }), deps, {
    timeoutMilliseconds,
  });
  const send = (story = "some-failed", kept = {}) =>
    channel.deliver({ ...STORIES[story]!, kept }, channel.recipients[0]!);
  return { server, send, channel };
}

const actions = (server: SesServer) => server.calls.map(({ fields }) => fields.get("Action"));

test("asks SES once, for one recipient, in the region, with the configuration set", async (t) => {
  // The first call of a process loads Amazon's parts, which takes a busy machine a while.
  const config = { configuration_set: "runs" };
  const { server, send } = await opened(t, { config, timeoutMilliseconds: 10_000 });
  assert.equal((await send()).kind, "delivered");
  const [{ fields, headers } = assert.fail("no call")] = server.calls;
  assert.deepEqual([...fields].filter(([key]) => key !== "RawMessage.Data").toSorted(), [
    ["Action", "SendRawEmail"],
    ["ConfigurationSetName", "runs"],
    ["Destinations.member.1", "pi@lab.org"],
    ["Source", "runs@lab.org"],
    ["Version", "2010-12-01"],
  ]);
  assert.match(
    headers.authorization!,
    /Credential=AKIATESTKEY000000001\/\d{8}\/eu-west-1\/ses\/aws4_request/,
  );
});

test("what SES keeps is what was told", async (t) => {
  const { server, send } = await opened(t);
  await send();
  const [mail = {}] = await server.stored();
  assert.partialDeepStrictEqual(mail, {
    from: '"BioAgent" <runs@lab.org>',
    destination: { to: ['"PI" <pi@lab.org>'], cc: [], bcc: [] },
    subject:
      "🧬 BioAgent Run Complete: 2026-02-27_rnaseq_001 (✅ 7/10 succeeded, ❌ 2 failed, ⏭ 1 skipped, step multiqc failed)",
    attachments: [],
  });
  assert.match(JSON.stringify(mail["body"]), /8 GiB, 16 GiB and 32 GiB were not enough/);
});

test("keeps the id under which SES sends, and the next mail answers it", async (t) => {
  const { server, send } = await opened(t);
  server.script({ status: 200, body: taken("0102-start") });
  const first = await send("started");
  const id = "<0102-start@eu-west-1.amazonses.com>";
  const subject = "🧬 BioAgent Run: 2026-02-27_rnaseq_001";
  assert.deepEqual(first, {
    kind: "delivered",
    keep: { first_message_id: id, last_message_id: id, subject },
  });
  server.script({ status: 200, body: taken("0102-end") });
  const second = await send("all-succeeded", first.keep);
  assert.equal(second.keep?.["first_message_id"], id);
  assert.equal(second.keep?.["last_message_id"], "<0102-end@eu-west-1.amazonses.com>");
  const mail = await readMail(server.mails()[1]!);
  assert.deepEqual([headerOf(mail, "In-Reply-To"), headerOf(mail, "References")], [id, id]);
  assert.equal(mail.subject, `Re: ${subject}`);
});

test("in us-east-1 the id stands under email.amazonses.com", async (t) => {
  const { server, send } = await opened(t, { config: { region: "us-east-1" } });
  server.script({ status: 200, body: taken("0100-x") });
  assert.equal((await send()).keep?.["last_message_id"], "<0100-x@email.amazonses.com>");
});

const taken = (id: string) =>
  `<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>${id}</MessageId></SendRawEmailResult></SendRawEmailResponse>`;

test("whatever comes back, SES is asked once", async (t) => {
  // Time enough for the second and third attempt that the SDK would make by itself.
  const { server, send } = await opened(t, { timeoutMilliseconds: 5_000 });
  const throttled = sesError(400, "Throttling", "Maximum sending rate exceeded.");
  for (const script of ["reset", "half", { status: 500 }, { status: 503 }, throttled] as const) {
    const before = server.calls.length;
    server.script(script);
    assert.notEqual((await send()).kind, "delivered");
    assert.equal(server.calls.length, before + 1, JSON.stringify(script));
  }
});

test("an answer that cannot have arrived keeps nothing", async (t) => {
  const { server, send } = await opened(t);
  for (const script of ["hang", { status: 400 }] as const) {
    server.script(script);
    assert.equal((await send()).keep, undefined);
  }
});

test("a configuration set that only the sender's identity names is looked for there", async (t) => {
  const { server, send } = await opened(t);
  server.script(sesError(400, "ConfigurationSetDoesNotExist", "x"));
  assert.match(JSON.stringify(await send()), /sender's identity names does not exist in eu-west-1/);
});

test("without any credentials it says what to set, and asks nobody", async (t) => {
  const { server, send } = await opened(t, { keys: false });
  const delivery = await send();
  // Another process that delivers from the same store may have some: the channel itself is not broken.
  assert.partialDeepStrictEqual(delivery, { kind: "rejected", after_seconds: 900, alone: true });
  assert.match(JSON.stringify(delivery), /none were found. Set role_arn .*AWS_ACCESS_KEY_ID/);
  assert.equal(server.calls.length, 0);
});

test("a role is assumed with Google's identity, once for many mails", async (t) => {
  const audiences: string[] = [];
  const identityToken = async (audience: string) => {
    audiences.push(audience);
    return TOKEN;
  };
  const { server, send } = await opened(t, { config: { role_arn: ROLE }, identityToken });
  server.script(stsKeys(3_600));
  for (let mail = 0; mail < 3; mail++) assert.equal((await send()).kind, "delivered");
  assert.deepEqual(audiences, ["bioagent-ses"]);
  assert.deepEqual(actions(server), [
    "AssumeRoleWithWebIdentity",
    "SendRawEmail",
    "SendRawEmail",
    "SendRawEmail",
  ]);
  const [sts, mail] = server.calls;
  assert.equal(sts!.fields.get("RoleArn"), ROLE);
  assert.equal(sts!.fields.get("WebIdentityToken"), TOKEN);
  assert.equal(sts!.fields.get("RoleSessionName"), "bioagent-pi");
  assert.match(mail!.headers.authorization!, /Credential=ASIAROLEKEY000000001\//);
  assert.equal(mail!.headers["x-amz-security-token"], "s3ssionTokenOfTheRole");
});

test("a role's keys that are about to end are asked for anew, with a new token", async (t) => {
  let tokens = 0;
  const identityToken = async () => `${TOKEN}${++tokens}`;
  const { server, send } = await opened(t, { config: { role_arn: ROLE }, identityToken });
  server.script(stsKeys(20), stsKeys(3_600));
  for (let mail = 0; mail < 2; mail++) assert.equal((await send()).kind, "delivered");
  assert.equal(tokens, 2);
  assert.equal(server.calls[1]?.fields.get("WebIdentityToken"), `${TOKEN}2`);
});

test("keys of a role that SES finds expired are thrown away", async (t) => {
  const { server, send } = await opened(t, { config: { role_arn: ROLE }, identityToken: async () => TOKEN });
  server.script(stsKeys(3_600), sesError(403, "ExpiredToken", "x"), stsKeys(3_600));
  assert.partialDeepStrictEqual(await send(), { kind: "rejected", after_seconds: 5 });
  assert.equal((await send()).kind, "delivered");
  assert.equal(actions(server).filter((action) => action === "AssumeRoleWithWebIdentity").length, 2);
});

const refusal = (status: number, code: string) => sesError(status, code, `about ${TOKEN}`);
const STS = {
  "does not trust": [
    refusal(403, "AccessDenied"),
    { kind: "permanent", disable: true },
    /google_account_ids/,
  ],
  "finds the token invalid": [
    refusal(400, "InvalidIdentityToken"),
    { kind: "permanent", disable: true },
    /InvalidIdentityToken/,
  ],
  "finds the token too old": [refusal(400, "ExpiredTokenException"), { kind: "rejected" }, /ExpiredToken/],
  "is out of order": [refusal(500, "InternalFailure"), { kind: "rejected" }, /Nothing was sent/],
  "does not answer": ["hang", { kind: "rejected" }, /timeout|TimeoutError/],
} as const;
for (const [what, [script, expected, says]] of Object.entries(STS)) {
  test(`an STS that ${what}: ${expected.kind}, and nothing is sent`, async (t) => {
    const { server, send } = await opened(t, {
      config: { role_arn: ROLE },
      identityToken: async () => TOKEN,
    });
    server.script(script);
    const delivery = await send();
    assert.partialDeepStrictEqual(delivery, expected);
    assert.match(JSON.stringify(delivery), says);
    assert.ok(!JSON.stringify(delivery).includes(TOKEN));
    assert.deepEqual(actions(server), ["AssumeRoleWithWebIdentity"]);
  });
}

test("a role without an identity is a matter of where it runs; one that fails is tried again", async (t) => {
  const none = await opened(t, { config: { role_arn: ROLE } });
  const here = await none.send();
  assert.partialDeepStrictEqual(here, { kind: "rejected", after_seconds: 900, alone: true });
  assert.match(JSON.stringify(here), /Google identity of a deployed function/);
  const failing = await opened(t, {
    config: { role_arn: ROLE },
    identityToken: () => Promise.reject(new Error(TOKEN)),
  });
  const later = await failing.send();
  assert.partialDeepStrictEqual(later, { kind: "rejected", after_seconds: null });
  assert.match(JSON.stringify(later), /Google identity of a deployed function/);
  assert.ok(!JSON.stringify(later).includes(TOKEN));
  const hanging = await opened(t, {
    config: { role_arn: ROLE },
    identityToken: () => new Promise(() => undefined),
  });
  assert.equal((await hanging.send()).kind, "rejected");
  for (const { server } of [none, failing, hanging]) assert.equal(server.calls.length, 0);
});

test("a recipient that the configuration no longer spells well is told apart, and nothing is sent", async (t) => {
  const { server, channel } = await opened(t);
  const delivery = await channel.deliver(STORIES["started"]!, "pi@lab.org, x@evil.example");
  assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: false });
  assert.equal(server.calls.length, 0);
});
