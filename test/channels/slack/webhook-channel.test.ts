import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { openSlackWebhook } from "../../../src/channels/slack/webhook-channel.ts";
import {
  type ChannelFault,
  type ChannelRig,
  HTTP_STATUSES,
  type StatusSweep,
  testChannel,
} from "../../contracts/channel.ts";
import { mentionsIn, type SlackMessage, shownOf } from "../../support/slack-rules.ts";
import { type SlackScript, type SlackServer, startSlackServer } from "../../support/slack-server.ts";
import { HOSTILE_LINES, message, STORIES } from "../notice-stories.ts";

/** For a server that says nothing; far above what the first call of a process takes on a busy machine. */
const TIMEOUT_MILLISECONDS = 1_000;

const payloads = (server: SlackServer): SlackMessage[] =>
  server.received.map((it) => it.payload as SlackMessage);

function rigOf(server: SlackServer, webhookUrl = server.webhookUrl): ChannelRig {
  const path = new URL(webhookUrl).pathname;
  return {
    channel: openSlackWebhook({
      name: "lab",
      webhookUrl,
      allowPrivateUrls: true,
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    }),
    arrived: () => `${JSON.stringify(payloads(server), null, 2)}\n`,
    shown: () => payloads(server).flatMap(shownOf),
    secrets: [webhookUrl, path, ...path.split("/").filter((part) => part.length > 8)],
    close: () => server.close(),
  };
}

/** A fault that the server plays for the first posts. */
function played(
  name: string,
  script: SlackScript | readonly SlackScript[],
  expected: ChannelFault["expected"],
  says?: RegExp,
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startSlackServer();
    server.script(...([script].flat() as SlackScript[]));
    return rigOf(server);
  };
  return { name, arrange, expected, ...(says ? { says } : {}) };
}

/** A fault of the address: the path of the webhook, changed. */
function misaddressed(name: string, change: (url: string) => string, says: RegExp): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startSlackServer();
    return rigOf(server, change(server.webhookUrl));
  };
  return { name, arrange, expected: { kind: "permanent", disable: true }, says };
}

async function closedPort(): Promise<ChannelRig> {
  const server = await startSlackServer();
  await server.close();
  return { ...rigOf(server), close: async () => {} };
}

const rateLimited = '{"retry_after":5,"ok":false,"error":"rate_limited"}';
const broken = { kind: "permanent", disable: true } as const;
const ours = { kind: "permanent", disable: false } as const;
const ambiguous = { kind: "ambiguous" } as const;

const faults: ChannelFault[] = [
  played(
    "200 with another body",
    { status: 200, body: "not ok" },
    { kind: "rejected", after_seconds: null },
    /200/,
  ),
  played(
    "200 with a login page",
    { status: 200, body: "<html>Log in</html>" },
    { kind: "rejected" },
    /point to Slack/,
  ),
  played("204", { status: 204 }, { kind: "rejected" }, /204 with nothing/),
  played(
    "429 with a header",
    { status: 429, body: rateLimited, headers: { "retry-after": "7" } },
    { kind: "rejected", after_seconds: 7 },
    /429/,
  ),
  played(
    "429 with a body only",
    { status: 429, body: rateLimited },
    { kind: "rejected", after_seconds: 5 },
    /429 rate_limited:/,
  ),
  played(
    "429 with no time to wait",
    { status: 429, headers: { "retry-after": "0" } },
    { kind: "rejected", after_seconds: 1 },
  ),
  played("404 in JSON", { status: 404, body: '{"ok":false,"error":"no_service"}' }, broken, /404 no_service/),
  played(
    "400 in JSON, to blocks only",
    { status: 400, body: '{"ok":false,"error":"invalid_blocks"}' },
    { kind: "delivered" },
  ),
  played("200 in JSON", { status: 200, body: '{"ok":true,"error":"ok"}' }, { kind: "rejected" }),
  played("429 with nothing", { status: 429 }, { kind: "rejected", after_seconds: 30 }),
  played(
    "429 with a date",
    { status: 429, headers: { "retry-after": "Fri, 27 Feb 2026 10:00:00 GMT" } },
    { kind: "rejected", after_seconds: 30 },
  ),
  played(
    "429 for a year",
    { status: 429, headers: { "retry-after": "31536000" } },
    { kind: "rejected", after_seconds: 86_400 },
  ),
  played("500 rollup_error", { status: 500, body: "rollup_error" }, ambiguous, /500 rollup_error/),
  played("502", { status: 502, body: "<html>" }, ambiguous),
  played("503", { status: 503, headers: { "retry-after": "9" } }, ambiguous),
  played("408", { status: 408 }, { kind: "rejected" }),
  played("silence", "hang", ambiguous, /timeout/),
  played("a reset after the request", "reset", ambiguous, /ECONNRESET/),
  played("a reset in the middle of the answer", "half", ambiguous),
  played("an endless answer", { status: 200, body: "x".repeat(200_000) }, ambiguous, /response_too_large/),
  played(
    "404 no_service",
    { status: 404, body: "no_service" },
    broken,
    /^Slack answered 404 no_service: the webhook was removed; create a new one and set it as webhook_url of channel lab$/,
  ),
  played("404 no_team", { status: 404, body: "no_team" }, broken, /workspace is gone/),
  played("404 channel_not_found", { status: 404, body: "channel_not_found" }, broken, /channel is gone/),
  played(
    "404 with a page",
    { status: 404, body: "<html>Not Found</html>" },
    broken,
    /check the webhook_url of channel lab/,
  ),
  played("410 channel_is_archived", { status: 410, body: "channel_is_archived" }, broken, /unarchive/),
  played("403 action_prohibited", { status: 403, body: "action_prohibited" }, broken, /administrator/),
  played("400 invalid_token", { status: 400, body: "invalid_token" }, broken, /revoked/),
  played("403 invalid_token", { status: 403, body: "invalid_token" }, broken, /revoked/),
  played("403 of a proxy", { status: 403, body: "<html>Blocked</html>" }, ours),
  played("400 with an unknown word", { status: 400, body: "constructor" }, ours, /400 constructor/),
  played("302", { status: 302, headers: { location: "https://evil.example/" } }, ours, /302.*redirect/),
  ...["invalid_payload", "invalid_blocks", "no_text", "msg_blocks_too_long"].flatMap((body) => [
    played(`400 ${body} to blocks only`, { status: 400, body }, { kind: "delivered" }),
    played(
      `400 ${body} to plain text too`,
      [
        { status: 400, body },
        { status: 400, body },
      ],
      ours,
      /report it/,
    ),
  ]),
  played(
    "429 to the plain text",
    [
      { status: 400, body: "invalid_blocks" },
      { status: 429, headers: { "retry-after": "2" } },
    ],
    { kind: "rejected", after_seconds: 2 },
  ),
  misaddressed("another team", (url) => url.replace("/T0LAB0000/", "/T0OTHER00/"), /404 no_team/),
  misaddressed("a removed webhook", (url) => url.replace("/B0HOOK0000/", "/B0OTHER000/"), /404 no_service/),
  misaddressed("a mistyped token", (url) => `${url}x`, /400 invalid_token/),
  {
    name: "a closed port",
    arrange: closedPort,
    expected: { kind: "rejected", after_seconds: null },
    says: /ECONNREFUSED/,
  },
];

/** To 413 a shorter form of the message is sent, and taken. */
const sweep: StatusSweep = {
  name: "every HTTP status",
  statuses: HTTP_STATUSES,
  open: async () => {
    const server = await startSlackServer();
    return { ...rigOf(server), answer: (status, body) => server.script({ status, body }) };
  },
  expected: (status) => {
    if (status === 413) return "delivered";
    if (status >= 500) return "ambiguous";
    return status < 300 || status === 408 || status === 429 ? "rejected" : "permanent";
  },
};

testChannel({
  kind: "slack",
  extension: "json",
  open: async () => rigOf(await startSlackServer()),
  maxShownChars: 8_100,
  maxMilliseconds: 2_000,
  faults,
  sweeps: [sweep],
});

test("asks Slack for no preview, no markup, and leaks no option into the payload", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  await rigOf(server).channel.deliver(STORIES["all-succeeded"]!, "lab");
  const { text: _text, blocks: _blocks, ...rest } = payloads(server)[0]!;
  assert.deepEqual(rest, { mrkdwn: false, unfurl_links: false, unfurl_media: false });
});

test("no name, path or log line can mention anybody or link anywhere", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const line = HOSTILE_LINES.join(" ");
  const facts = {
    details: [line],
    status_line: line,
    pipeline: line,
    output: line,
    commands: [line],
    retries: line,
  };
  const delivery = await rigOf(server).channel.deliver(message("run.failed", facts), "lab");
  assert.deepEqual(delivery, { kind: "delivered" });
  assert.deepEqual(mentionsIn(payloads(server)), []);
});

test("the second form is the same text without blocks", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  server.script({ status: 400, body: "invalid_blocks" });
  await rigOf(server).channel.deliver(STORIES["some-failed"]!, "lab");
  const [first, second] = payloads(server);
  assert.equal(server.received.length, 2);
  assert.equal(second!.text, first!.text);
  assert.equal(second!.blocks, undefined);
});

test("an ambiguous or refused post is made once only", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const { channel } = rigOf(server);
  for (const script of [
    "reset",
    "hang",
    { status: 500 },
    { status: 429 },
    { status: 404 },
    { status: 302 },
  ] as const) {
    const before = server.received.length;
    server.script(script);
    await channel.deliver(STORIES["started"]!, "lab");
    assert.equal(server.received.length, before + 1, JSON.stringify(script));
  }
});

test("two messages at once meet Slack's pace, and the channel declares it", async (t) => {
  let now = 0;
  const server = await startSlackServer({ pacedBy: () => now });
  t.after(() => server.close());
  const { channel } = rigOf(server);
  const send = () => channel.deliver(STORIES["started"]!, "lab");
  assert.equal((await send()).kind, "delivered");
  assert.partialDeepStrictEqual(await send(), { kind: "rejected", after_seconds: 1 });
  now += channel.paceMilliseconds;
  assert.equal((await send()).kind, "delivered");
});

test("without the permission, an http or private URL is refused for good, and nothing is sent", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  for (const webhookUrl of [
    server.webhookUrl,
    "https://127.0.0.1/services/T0/B0/x",
    "https://[::1]/services/x",
  ]) {
    const channel = openSlackWebhook({ name: "lab", webhookUrl });
    const delivery = await channel.deliver(STORIES["started"]!, "lab");
    assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: true });
  }
  assert.equal(server.received.length, 0);
});

test("a fetch that ignores its time limit, or puts the URL into its error, neither hangs nor tells", async () => {
  const webhookUrl = "https://hooks.slack.com/services/T0LAB0000/B0HOOK0000/s3cr3tT0kenOfTheLab";
  const open = (fetch: () => Promise<Response>) =>
    openSlackWebhook({ name: "lab", webhookUrl, fetch, timeoutMilliseconds: 20 }).deliver(
      STORIES["started"]!,
      "lab",
    );
  assert.equal((await open(() => new Promise(() => {}))).kind, "ambiguous");
  const telling = await open(() =>
    Promise.reject(Object.assign(new Error(webhookUrl), { code: webhookUrl })),
  );
  assert.equal(telling.kind, "ambiguous");
  assert.doesNotMatch(JSON.stringify(telling), /s3cr3t|B0HOOK/);
});

test("Node's own fetch is judged alike: refused before sending is a rejection", async () => {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as net.AddressInfo;
  listener.close();
  await once(listener, "close");
  const channel = openSlackWebhook({ name: "lab", webhookUrl: `http://127.0.0.1:${port}/services/x`, fetch });
  assert.equal((await channel.deliver(STORIES["started"]!, "lab")).kind, "rejected");
});

test("Node's own fetch does not follow a redirect either", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  server.script({ status: 302, headers: { location: server.webhookUrl } });
  const channel = openSlackWebhook({ name: "lab", webhookUrl: server.webhookUrl, fetch });
  assert.equal((await channel.deliver(STORIES["started"]!, "lab")).kind, "permanent");
  assert.equal(server.received.length, 1);
});
