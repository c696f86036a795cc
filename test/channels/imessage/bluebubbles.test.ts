import assert from "node:assert/strict";
import { test } from "node:test";
import { openImessage } from "../../../src/channels/imessage/channel.ts";
import { type ChannelFault, HTTP_STATUSES, type StatusSweep, testChannel } from "../../contracts/channel.ts";
import {
  type Interference,
  PASSWORD,
  type SendScript,
  startBlueBubbles,
} from "../../support/bluebubbles-server.ts";
import { message, STORIES } from "../notice-stories.ts";
import { blueBubblesConfig, blueBubblesRig, openOnServer, sendings, spellings } from "./rigs.ts";

type Expected = ChannelFault["expected"];

/** A sending that goes like this. */
const played = (name: SendScript & string, expected: Expected, says?: RegExp): ChannelFault => ({
  name,
  arrange: () => blueBubblesRig((server) => server.script(name)),
  expected,
  ...(says ? { says } : {}),
});

const script = (osascript: string, says: RegExp): ChannelFault => ({
  name: `osascript: ${osascript}`,
  arrange: () => blueBubblesRig((server) => server.script({ osascript })),
  expected: { kind: "ambiguous" },
  says,
});

/** Something between here and the server answers the request for its state, or the sending. */
const between = (
  where: "/server/info" | "/message/text",
  answer: Interference,
  expected: Expected,
  says?: RegExp,
): ChannelFault => ({
  name: `${where}: ${typeof answer === "string" ? answer : `${answer.status} ${answer.body ?? ""}`}`,
  arrange: () => blueBubblesRig((server) => server.interfere(where, answer)),
  expected,
  ...(says ? { says } : {}),
});

const rejected = { kind: "rejected", after_seconds: null } as const;
const ours = { kind: "permanent", disable: false } as const;
const broken = { kind: "permanent", disable: true } as const;
const ambiguous = { kind: "ambiguous" } as const;
const page = "<html>ngrok</html>";
const envelope = (status: number, message: string, error: string): Interference => ({
  status,
  body: JSON.stringify({ status, message, error: { type: "Server Error", message: error } }),
});

const faults: ChannelFault[] = [
  played("timeout-sent", { kind: "delivered" }),
  played("timeout-lost", ambiguous, /Message Send Error.*may have arrived.*not in the chat yet/),
  played("error", ambiguous, /Message sent with an error/),
  played("hang-sent", { kind: "delivered" }),
  played("hang", ambiguous, /timeout/),
  played("private-api-gone", { kind: "delivered" }),
  script("Messages got an error: Not authorized to send Apple events. (-1743)", /Automation/),
  script(
    'Messages got an error: Can\'t get chat id "iMessage;-;+15551234567". (-1728)',
    /is there such a chat/,
  ),
  script(`what ${"x".repeat(900)}`, /may have arrived/),
  ...spellings(PASSWORD).map((spelt) =>
    script(`${"of all that was said, ".repeat(4)} ${spelt} at /x?password=${spelt}`, /hidden/),
  ),
  between("/server/info", "hang", rejected, /not reached.*timeout/),
  between("/server/info", "reset", rejected, /not reached.*ECONNRESET/),
  between("/server/info", "half", rejected),
  between("/server/info", { status: 404, body: page }, rejected, /Is the tunnel open/),
  between("/server/info", { status: 200, body: page }, rejected, /something else answered 200/),
  between("/server/info", { status: 403, body: page }, rejected, /403/),
  between("/server/info", { status: 502, body: page }, rejected, /502/),
  between(
    "/server/info",
    { status: 302, headers: { location: "https://evil.example/" } },
    ours,
    /302.*redirect/,
  ),
  between(
    "/server/info",
    { status: 429, headers: { "retry-after": "9" } },
    { kind: "rejected", after_seconds: 9 },
  ),
  between("/server/info", { status: 429 }, { kind: "rejected", after_seconds: 60 }),
  between("/server/info", envelope(404, "Not Found", ""), ours, /404/),
  between(
    "/server/info",
    envelope(500, "An unhandled error has occurred!", "no database"),
    rejected,
    /no database/,
  ),
  between(
    "/server/info",
    { status: 200, body: '{"status":200,"message":"Success"}' },
    rejected,
    /no known form/,
  ),
  between("/message/text", "reset", ambiguous, /ECONNRESET/),
  between("/message/text", "half", ambiguous),
  between("/message/text", { status: 502, body: page }, ambiguous, /502/),
  between("/message/text", { status: 200, body: page }, rejected, /something else answered 200/),
  between("/message/text", { status: 200, body: '{"status":200,"message":"Success"}' }, ambiguous, /200/),
  between("/message/text", { status: 404, body: page }, rejected, /tunnel/),
  between("/message/text", envelope(504, "The request timed-out after 300000ms", "slow"), ambiguous, /504/),
  between("/message/text", envelope(500, "An unhandled error has occurred!", "boom"), ambiguous, /boom/),
  between(
    "/message/text",
    envelope(400, "You've made a bad request!", "The message must be a string."),
    ours,
    /400/,
  ),
  between("/message/text", envelope(401, "You are not authorized", "Unauthorized"), broken, /401.*password/),
  {
    name: "a wrong password",
    arrange: () =>
      blueBubblesRig((server) => Object.assign(server.state, { password: "another" })).then(restored),
    expected: broken,
    says: /401 .*Unauthorized.*the password of channel phone is wrong or was changed; set that of the server/,
  },
  {
    name: "a closed port",
    arrange: async () => {
      const rig = await blueBubblesRig();
      await rig.close();
      return { ...rig, close: async () => {} };
    },
    expected: rejected,
    says: /ECONNREFUSED.*via: bridge/,
  },
  {
    name: "a chat that the server's rules refuse",
    arrange: () => blueBubblesRig(() => {}, { chat: "" }),
    expected: ours,
    says: /chatGuid field is required/,
  },
];

/** The channel keeps the password that it was given; the server has another one by now. */
async function restored<R extends Awaited<ReturnType<typeof blueBubblesRig>>>(rig: R): Promise<R> {
  const channel = openOnServer(rig.server, { password: "the old one" });
  return { ...rig, channel, secrets: ["another", "the old one", "the%20old%20one", "the+old+one"] };
}

const answersTo = (path: string): StatusSweep => ({
  name: `every HTTP status to ${path}`,
  statuses: HTTP_STATUSES,
  open: async () => {
    const rig = await blueBubblesRig();
    return { ...rig, answer: (status, body) => rig.server.interfere(path, { status, body }) };
  },
  expected: (status) => {
    if (status >= 500) return path === "/message/text" ? "ambiguous" : "rejected";
    return status >= 300 && status < 400 ? "permanent" : "rejected";
  },
});

testChannel({
  kind: "imessage",
  extension: "json",
  open: () => blueBubblesRig(),
  maxShownChars: 2_000,
  maxMilliseconds: 2_500,
  faults,
  sweeps: [answersTo("/server/info"), answersTo("/message/text")],
});

for (const [privateApi, helper, method] of [
  [true, true, "private-api"],
  [true, false, "apple-script"],
  [false, false, "apple-script"],
] as const) {
  test(`private API ${privateApi ? "on" : "off"}, helper ${helper ? "there" : "away"}: sent by ${method}`, async (t) => {
    const server = await startBlueBubbles({ privateApi, helper });
    t.after(() => server.close());
    assert.deepEqual(await openOnServer(server).deliver(STORIES["started"]!, "phone"), { kind: "delivered" });
    assert.deepEqual(
      sendings(server).map(({ body }) => body["method"]),
      [method],
    );
  });
}

test("a private API that has gone since it was asked for costs nothing: the same text goes by AppleScript, once", async (t) => {
  const { server, channel } = await blueBubblesRig(({ script }) => script("private-api-gone"));
  t.after(() => server.close());
  assert.deepEqual(await channel.deliver(STORIES["started"]!, "phone"), { kind: "delivered" });
  const [first, second] = sendings(server).map(({ body }) => body);
  assert.equal(second!["method"], "apple-script");
  assert.equal(second!["tempGuid"], first!["tempGuid"]);
  assert.equal(server.messages.length, 1);
});

test("the tempGuid is that of the notice, so that a text in flight is not sent a second time beside it", async (t) => {
  const { server, channel } = await blueBubblesRig(({ script }) => script("hang", "hang"));
  t.after(() => server.close());
  const told = STORIES["all-failed"]!;
  await channel.deliver(told, "phone");
  const again = await channel.deliver({ ...told, possible_repeat: true }, "phone");
  assert.equal(again.kind, "ambiguous");
  assert.match("reason" in again ? again.reason : "", /still sending this text/);
  assert.equal(sendings(server).at(-1)!.status, 400);
  assert.equal(server.messages.length, 0);
  server.release();
  server.script();
  const other = await channel.deliver({ ...told, notice_id: "another" }, "phone");
  assert.equal(other.kind, "ambiguous", "the second script hangs too");
  const guids = sendings(server).map(({ body }) => body["tempGuid"]);
  assert.equal(guids[0], guids[1]);
  assert.notEqual(guids[0], guids[2]);
});

test("the password goes encoded into the query, and only there", async (t) => {
  const { server, channel } = await blueBubblesRig();
  t.after(() => server.close());
  await channel.deliver(STORIES["started"]!, "phone");
  assert.ok(server.asked.length >= 2);
  for (const { target, body } of server.asked) {
    assert.equal(new URL(target, "http://x").searchParams.get("password"), server.state.password);
    assert.ok(!JSON.stringify(body).includes(server.state.password));
  }
});

test("an address with a path, as tunnels have, keeps it", async (t) => {
  const { server } = await blueBubblesRig();
  t.after(() => server.close());
  await openOnServer(server, { url: `${server.url}/mac/?x=1#y` }).deliver(STORIES["started"]!, "phone");
  assert.equal(server.asked[0]!.path, "/mac/api/v1/server/info");
});

test("http and private addresses are refused for a direct channel, and on the Mac only its own server is asked so", async (t) => {
  const server = await startBlueBubbles();
  t.after(() => server.close());
  const deps = { write: () => {}, allowPrivateUrls: false };
  const told = STORIES["started"]!;
  const direct = openImessage("phone", blueBubblesConfig(server), deps);
  assert.partialDeepStrictEqual(await direct.deliver(told, "phone"), { kind: "permanent", disable: true });
  const elsewhere = openImessage(
    "phone",
    blueBubblesConfig(server, { via: "bridge", url: "http://192.168.1.7:1234" }),
    deps,
  );
  assert.partialDeepStrictEqual(await elsewhere.deliver(told, "phone"), { kind: "permanent", disable: true });
  // A bridge is not told to become one.
  assert.deepEqual(await elsewhere.check(), {
    ok: false,
    text: "The url of channel phone is refused: it must be https. Set an https address, or run the bridge on the Mac where BlueBubbles runs.",
  });
  assert.equal(server.asked.length, 0);
  const onTheMac = openImessage("phone", blueBubblesConfig(server, { via: "bridge" }), deps);
  assert.deepEqual(await onTheMac.deliver(told, "phone"), { kind: "delivered" });
});

test("in the cloud, a channel of a bridge knows nothing of the Mac, and says who tells", async () => {
  const deps = { write: () => {}, allowPrivateUrls: false };
  const channel = openImessage("phone", { kind: "imessage", bridge: "bluebubbles", via: "bridge" }, deps);
  const delivery = await channel.deliver(message("run.failed"), "phone");
  assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: false });
  assert.match("reason" in delivery ? delivery.reason : "", /bioagent bridge imessage --channel phone/);
});

test("check says what answers and what is not well, and sends nothing", async (t) => {
  const { server, channel } = await blueBubblesRig();
  t.after(() => server.close());
  const { check } = openOnServer(server);
  assert.deepEqual(await check(), {
    ok: true,
    text: "BlueBubbles 1.9.9 on macOS 15.5, sending by the Private API",
  });
  Object.assign(server.state, { helper: false, iMessage: null });
  assert.match((await check()).text, /by AppleScript; .*helper is not connected.*; .*signed in/);
  const stranger = openOnServer(server, { chat: "iMessage;-;+15559999999" });
  assert.match((await stranger.check()).text, /could not be looked for: BlueBubbles knows no such chat/);
  server.state.password = "another";
  assert.partialDeepStrictEqual(await check(), { ok: false });
  assert.equal(sendings(server).length, 0);
  assert.equal(channel.name, "phone");
});
