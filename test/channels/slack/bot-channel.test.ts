import assert from "node:assert/strict";
import { test } from "node:test";
import { openSlackBot, type SlackBotOptions } from "../../../src/channels/slack/bot-channel.ts";
import type { Channel, Kept } from "../../../src/ports.ts";
import {
  type ChannelFault,
  type ChannelRig,
  HTTP_STATUSES,
  type StatusSweep,
  testChannel,
} from "../../contracts/channel.ts";
import { mentionsIn, shownOf } from "../../support/slack-rules.ts";
import { type SlackScript, type SlackServer, startSlackServer } from "../../support/slack-server.ts";
import { BOT_TOKEN } from "../../support/slack-workspace.ts";
import { HOSTILE_LINES, message, STORIES } from "../notice-stories.ts";

/** For a server that says nothing; far above what the first call of a process takes on a busy machine. */
const TIMEOUT_MILLISECONDS = 1_000;

const open = (server: SlackServer, options: Partial<SlackBotOptions> = {}): Channel =>
  openSlackBot({
    name: "lab",
    token: BOT_TOKEN,
    slackChannel: "#runs",
    live: false,
    apiUrl: server.apiUrl,
    allowPrivateUrls: true,
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    ...options,
  });

const secrets = [BOT_TOKEN, BOT_TOKEN.slice(5)];
const arrived = (server: SlackServer): string => `${JSON.stringify(server.workspace.posted, null, 2)}\n`;

function postingRig(server: SlackServer, options: Partial<SlackBotOptions> = {}): ChannelRig {
  return {
    channel: open(server, options),
    arrived: () => arrived(server),
    shown: () => server.workspace.posted.flatMap((posted) => shownOf(posted.message)),
    secrets,
    close: () => server.close(),
  };
}

/** A run's message stands already; what is shown is what comes beside it. */
async function liveRig(server: SlackServer, options: Partial<SlackBotOptions> = {}): Promise<ChannelRig> {
  const begun = await open(server, { live: true }).deliver(STORIES["started"]!, "lab");
  const kept: Kept = begun.keep ?? assert.fail("nothing was kept");
  const channel = open(server, { live: true, ...options });
  return {
    channel: { ...channel, deliver: (told, to) => channel.deliver({ ...told, kept }, to) },
    arrived: () => arrived(server),
    shown: () => server.workspace.posted.slice(1).flatMap((posted) => shownOf(posted.message)),
    secrets,
    close: () => server.close(),
  };
}

type Rig = (server: SlackServer) => ChannelRig | Promise<ChannelRig>;

/** A fault that the server plays for the first calls after the rig stands. */
function played(
  name: string,
  script: SlackScript | readonly SlackScript[],
  expected: ChannelFault["expected"],
  { says, rig = postingRig }: { says?: RegExp; rig?: Rig } = {},
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startSlackServer();
    const made = await rig(server);
    server.script(...([script].flat() as SlackScript[]));
    return made;
  };
  return { name, arrange, expected, ...(says ? { says } : {}) };
}

/** Slack refuses by what it has, not by a script. */
const refused = (name: string, options: Partial<SlackBotOptions>, says: RegExp): ChannelFault => ({
  name,
  arrange: async () => postingRig(await startSlackServer(), options),
  expected: { kind: "permanent", disable: true },
  says,
});

const no = (error: string, more: object = {}): SlackScript => ({
  status: 200,
  body: JSON.stringify({ ok: false, error, ...more }),
  headers: { "content-type": "application/json" },
});
const broken = { kind: "permanent", disable: true } as const;
const ours = { kind: "permanent", disable: false } as const;
const ambiguous = { kind: "ambiguous" } as const;

const BREAKING = {
  not_authed: /bot_token is empty/,
  account_inactive: /install the app again/,
  token_revoked: /revoked.*install the app again/,
  token_expired: /token rotation/,
  not_allowed_token_type: /xoxb-/,
  no_permission: /chat:write.*\/invite @bioagent in #runs/,
  is_inactive: /#runs is frozen/,
  restricted_action: /ask an administrator/,
  restricted_action_read_only_channel: /read-only/,
  restricted_action_thread_only_channel: /only replies/,
  messages_tab_disabled: /App Home/,
  ekm_access_denied: /administrators/,
  access_denied: /may not use #runs/,
  accesslimited: /network/,
  enterprise_is_restricted: /organisation/,
  team_access_not_granted: /workspace/,
  team_not_found: /channel's ID/,
  two_factor_setup_required: /two-factor/,
} as const;

const faults: ChannelFault[] = [
  ...Object.entries(BREAKING).map(([word, says]) => played(`200 ${word}`, no(word), broken, { says })),
  refused(
    "a wrong token",
    { token: "xoxb-another-t0k3n" },
    /invalid_auth: the bot_token is wrong.*channel lab$/,
  ),
  refused(
    "a channel without the bot",
    { slackChannel: "#alien" },
    /not_in_channel: the bot is not in #alien; invite it: \/invite @bioagent$/,
  ),
  refused(
    "a channel that is not there",
    { slackChannel: "C0NOWHERE1" },
    /channel_not_found: there is no C0NOWHERE1.*\/invite @bioagent/,
  ),
  refused("an archived channel", { slackChannel: "#old" }, /is_archived: #old is archived; unarchive it/),
  played("missing_scope", no("missing_scope", { needed: "chat:write", provided: "identify" }), broken, {
    says: /lacks the scope chat:write; add it under OAuth & Permissions and install the app again/,
  }),
  played("missing_scope with a strange scope", no("missing_scope", { needed: BOT_TOKEN }), broken, {
    says: /scope chat:write/,
  }),
  played("not_in_channel, and no word of the bot's name", [no("not_in_channel"), { status: 500 }], broken, {
    says: /\/invite @ and the app's name/,
  }),
  played("not_in_channel, and silence when asked for the name", [no("not_in_channel"), "hang"], broken),
  played(
    "429 with a header",
    { status: 429, headers: { "retry-after": "7" } },
    { kind: "rejected", after_seconds: 7 },
    { says: /429/ },
  ),
  played("429 with nothing", { status: 429 }, { kind: "rejected", after_seconds: 30 }),
  played(
    "429 for a year",
    { status: 429, headers: { "retry-after": "31536000" } },
    { kind: "rejected", after_seconds: 86_400 },
  ),
  played("200 rate_limited", no("rate_limited"), { kind: "rejected", after_seconds: 30 }),
  played("message_limit_exceeded", no("message_limit_exceeded"), { kind: "rejected", after_seconds: 3_600 }),
  played("request_timeout", no("request_timeout"), { kind: "rejected", after_seconds: 10 }),
  played("team_added_to_org", no("team_added_to_org"), { kind: "rejected", after_seconds: 600 }),
  played("internal_error", no("internal_error"), ambiguous, { says: /internal_error.*may have arrived/ }),
  played("fatal_error", no("fatal_error"), ambiguous),
  played(
    "service_unavailable with 503",
    { ...(no("service_unavailable") as object), status: 503 },
    ambiguous,
  ),
  played("500 with a page", { status: 500, body: "<html>" }, ambiguous),
  played("an unknown word", no("something_new"), ours, { says: /something_new.*chat\.postMessage/ }),
  played("a word of JavaScript's own", no("constructor"), ours),
  played(
    "200 with a login page",
    { status: 200, body: "<html>Log in</html>" },
    { kind: "rejected" },
    { says: /proxy/ },
  ),
  played("403 of a proxy", { status: 403, body: "<html>Blocked</html>" }, ours, { says: /proxy/ }),
  played("302", { status: 302, headers: { location: "https://evil.example/" } }, ours, {
    says: /302.*redirect/,
  }),
  played("408", { status: 408 }, { kind: "rejected" }),
  played("silence", "hang", ambiguous, { says: /timeout/ }),
  played("a reset after the request", "reset", ambiguous, { says: /ECONNRESET/ }),
  played("a reset in the middle of the answer", "half", ambiguous),
  played("an endless answer", { status: 200, body: "x".repeat(200_000) }, ambiguous),
  ...["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"].flatMap(
    (word) => [
      played(`${word} to blocks only`, no(word), { kind: "delivered" }),
      played(`${word} to plain text too`, [no(word), no(word)], ours, { says: /report it/ }),
    ],
  ),
  {
    name: "a closed port",
    arrange: async () => {
      const server = await startSlackServer();
      await server.close();
      return { ...postingRig(server), close: async () => {} };
    },
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
    return { ...postingRig(server), answer: (status, body) => server.script({ status, body }) };
  },
  expected: (status) => {
    if (status === 413) return "delivered";
    if (status >= 500) return "ambiguous";
    return status < 300 || status === 408 || status === 429 ? "rejected" : "permanent";
  },
};

testChannel({
  kind: "slack",
  extension: "bot.json",
  open: async () => postingRig(await startSlackServer()),
  maxShownChars: 8_100,
  maxMilliseconds: 2_500,
  faults,
  sweeps: [sweep],
});

/** Of the edit, which comes first, or after it of the reply. */
const live = { rig: liveRig } as const;
const fine: SlackScript = {
  status: 200,
  body: JSON.stringify({ ok: true, channel: "C0RUNS0001", ts: "1772186400.000001" }),
};

const told = { kind: "delivered" } as const;

const liveFaults: ChannelFault[] = [
  ...[
    "message_not_found",
    "edit_window_closed",
    "cant_update_message",
    "block_mismatch",
    "channel_not_found",
  ].map((word) => played(`${word} to the edit`, no(word), { kind: "delivered" }, live)),
  played(
    "429 to the edit",
    { status: 429, headers: { "retry-after": "3" } },
    { kind: "rejected", after_seconds: 3 },
    live,
  ),
  played(
    "silence to the edit",
    "hang",
    { kind: "rejected", after_seconds: null },
    { ...live, says: /edit is made again/ },
  ),
  played("a reset of the edit", "reset", { kind: "rejected" }, live),
  played("500 to the edit", { status: 500 }, { kind: "rejected" }, live),
  played("internal_error to the edit", no("internal_error"), { kind: "rejected" }, live),
  played("update_failed to the edit", no("update_failed"), { kind: "rejected", after_seconds: 60 }, live),
  played("invalid_blocks to the edit", no("invalid_blocks"), { kind: "delivered" }, live),
  played("invalid_blocks to the edit, twice", [no("invalid_blocks"), no("invalid_blocks")], told, live),
  played("an unknown word to the edit", no("something_new"), told, live),
  played("token_revoked to the edit", no("token_revoked"), broken, live),
  played("not_in_channel everywhere", [no("not_in_channel"), no("not_in_channel")], broken, {
    ...live,
    says: /\/invite @bioagent/,
  }),
  played("silence to the reply", [fine, "hang"], ambiguous, live),
  played(
    "429 to the reply",
    [fine, { status: 429, headers: { "retry-after": "4" } }],
    { kind: "rejected", after_seconds: 4 },
    live,
  ),
  played("internal_error to the reply", [fine, no("internal_error")], ambiguous, live),
  ...["cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"].map((word) =>
    played(`${word} to the reply`, [fine, no(word)], { kind: "delivered" }, live),
  ),
];

testChannel({
  kind: "slack",
  extension: "live.json",
  open: async () => liveRig(await startSlackServer()),
  maxShownChars: 8_100,
  maxMilliseconds: 2_500,
  faults: liveFaults,
  sweeps: [],
});

test("no name, path or log line can mention anybody or link anywhere", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const line = HOSTILE_LINES.join(" ");
  const facts = { details: [line], status_line: line, pipeline: line, output: line, commands: [line] };
  const delivery = await open(server).deliver(message("run.failed", facts), "lab");
  assert.deepEqual(delivery, { kind: "delivered" });
  assert.deepEqual(mentionsIn(server.workspace.posted), []);
});

test("asks Slack for no preview and no markup", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  await open(server).deliver(STORIES["all-succeeded"]!, "lab");
  const { text: _text, blocks: _blocks, ...rest } = server.received[0]!.payload as Record<string, unknown>;
  assert.deepEqual(rest, { channel: "#runs", mrkdwn: "false", unfurl_links: "false", unfurl_media: "false" });
});

test("an ambiguous or refused post is made once only", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  for (const script of ["reset", "hang", { status: 500 }, { status: 429 }, { status: 302 }] as const) {
    const before = server.received.length;
    server.script(script);
    await open(server).deliver(STORIES["started"]!, "lab");
    assert.equal(server.received.length, before + 1, JSON.stringify(script));
  }
});

test("two messages at once meet Slack's pace, and the channel declares it", async (t) => {
  let now = 0;
  const server = await startSlackServer({ pacedBy: () => now });
  t.after(() => server.close());
  const channel = open(server);
  const send = () => channel.deliver(message("run.completed"), "lab");
  assert.equal((await send()).kind, "delivered");
  assert.partialDeepStrictEqual(await send(), { kind: "rejected", after_seconds: 1 });
  now += channel.paceMilliseconds;
  assert.equal((await send()).kind, "delivered");
});

test("without the permission, an http or private api_url is refused for good, and the token is not sent", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  for (const apiUrl of [server.apiUrl, "https://127.0.0.1/api/", "https://[::1]/api"]) {
    const channel = open(server, { apiUrl, allowPrivateUrls: false });
    const delivery = await channel.deliver(STORIES["started"]!, "lab");
    assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: true });
  }
  assert.equal(server.received.length, 0);
});

test("a fetch that ignores its time limit, or puts the token into its error, neither hangs nor tells", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const deliver = (fetch: () => Promise<Response>) =>
    open(server, { fetch, timeoutMilliseconds: 20 }).deliver(STORIES["started"]!, "lab");
  assert.equal((await deliver(() => new Promise(() => {}))).kind, "ambiguous");
  const telling = await deliver(() =>
    Promise.reject(Object.assign(new Error(BOT_TOKEN), { code: BOT_TOKEN })),
  );
  assert.equal(telling.kind, "ambiguous");
  assert.doesNotMatch(JSON.stringify(telling), /s3cr3t/);
});

test("Node's own fetch does not follow a redirect either", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  server.script({ status: 302, headers: { location: server.apiUrl } });
  const delivery = await open(server, { fetch }).deliver(STORIES["started"]!, "lab");
  assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: false });
  assert.equal(server.received.length, 1);
});
