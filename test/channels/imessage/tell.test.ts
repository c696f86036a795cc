/** What may have been sent is looked for before it is sent again: the same stories on both programs. */
import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import type { Channel, Delivery, Message } from "../../../src/ports.ts";
import { startBlueBubbles } from "../../support/bluebubbles-server.ts";
import { message, STORIES } from "../notice-stories.ts";
import { blueBubblesRig, imsgRig, openOnServer } from "./rigs.ts";

interface Mac {
  readonly channel: Channel;
  texts(): string[];
  /** The next sending hangs; the text arrives, or not. */
  hang(arrives: boolean): void;
  /** What hung has come to nothing. */
  release(): void;
}

const MACS: Readonly<Record<string, (t: TestContext) => Promise<Mac>>> = {
  bluebubbles: async (t) => {
    const { server, channel, shown, close } = await blueBubblesRig();
    t.after(close);
    return {
      channel,
      texts: shown,
      hang: (arrives) => server.script(arrives ? "hang-sent" : "hang"),
      release: () => server.release(),
    };
  },
  imsg: async (t) => {
    const { imsg, channel, shown, close } = imsgRig();
    t.after(close);
    const hang = (arrives: boolean) =>
      imsg.change(({ faults }) => faults.push(arrives ? "hang-sent" : "hang"));
    return { channel, texts: shown, hang, release: () => {} };
  },
};

const FAILED = STORIES["all-failed"]!;
const kept = (delivery: Delivery, before: Message["kept"] = {}): Message["kept"] => ({
  ...before,
  ...delivery.keep,
});

for (const [name, open] of Object.entries(MACS)) {
  suite(`${name}: an unknown end`, () => {
    test("out of time, but sent: it is found, and not sent twice", async (t) => {
      const { channel, texts, hang } = await open(t);
      hang(true);
      assert.deepEqual(await channel.deliver(FAILED, "phone"), { kind: "delivered" });
      const again = await channel.deliver({ ...FAILED, possible_repeat: true }, "phone");
      assert.deepEqual(again, { kind: "delivered" });
      assert.equal(texts().length, 1);
    });

    test("out of time and not sent: it is sent once more, and marked", async (t) => {
      const { channel, texts, hang, release } = await open(t);
      hang(false);
      const first = await channel.deliver(FAILED, "phone");
      assert.equal(first.kind, "ambiguous");
      assert.equal(texts().length, 0);
      release();
      const again = { ...FAILED, possible_repeat: true, kept: kept(first) };
      const second = await channel.deliver(again, "phone");
      assert.equal(second.kind, "delivered");
      assert.equal(texts().length, 1);
      assert.match(texts()[0]!, /possibly a repeat/);
      assert.deepEqual(
        Object.values(kept(second, kept(first))),
        [null],
        "nothing is kept of what has arrived",
      );
    });

    test("what was kept is enough to look first, also where nobody marked the notice", async (t) => {
      const { channel, texts, hang } = await open(t);
      hang(false);
      const first = await channel.deliver(FAILED, "phone");
      await channel.deliver({ ...FAILED, notice_id: "by somebody else" }, "phone");
      const before = texts().length;
      await channel.deliver({ ...FAILED, kept: kept(first) }, "phone");
      assert.equal(texts().length, before);
    });

    test("the same words of another round or run are another text", async (t) => {
      const { channel, texts } = await open(t);
      const told = [
        FAILED,
        { ...FAILED, round: 2 },
        message("run.failed", { ...FAILED.facts, run_id: "other" }),
      ];
      for (const [at, each] of told.entries()) {
        await channel.deliver({ ...each, notice_id: `n${at}`, possible_repeat: true }, "phone");
      }
      assert.equal(texts().length, 3);
    });

    test("an older text of the same words is not taken for it", async (t) => {
      const { channel, texts } = await open(t);
      await channel.deliver(FAILED, "phone");
      const again = { ...FAILED, possible_repeat: true };
      const after = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
      await channel.deliver({ ...again, created_at: after(1) }, "phone");
      assert.equal(texts().length, 1, "clocks may differ");
      await channel.deliver({ ...again, created_at: after(10) }, "phone");
      assert.equal(texts().length, 2);
      assert.match(texts()[1]!, /possibly a repeat/);
    });

    test("a text sent as a possible repeat is found as well", async (t) => {
      const { channel, texts } = await open(t);
      const repeat = { ...FAILED, possible_repeat: true };
      for (let at = 0; at < 2; at++) assert.equal((await channel.deliver(repeat, "phone")).kind, "delivered");
      assert.equal(texts().length, 1);
    });
  });
}

test("BlueBubbles: a text that arrives only after its two minutes is found before the next try", async (t) => {
  const server = await startBlueBubbles();
  t.after(() => server.close());
  const channel = openOnServer(server);
  server.script("timeout-lost");
  const first = await channel.deliver(FAILED, "phone");
  assert.equal(first.kind, "ambiguous");
  server.messages.push({
    guid: "late",
    text: null,
    attributedBody: [{ string: String(server.asked.find(({ body }) => body["message"])!.body["message"]) }],
    isFromMe: true,
    error: 0,
    dateCreated: Date.now(),
  });
  const second = await channel.deliver({ ...FAILED, possible_repeat: true, kept: kept(first) }, "phone");
  assert.equal(second.kind, "delivered");
  assert.equal(server.messages.length, 1);
});

test("BlueBubbles since macOS 13: outgoing texts are found where they stand", async (t) => {
  const server = await startBlueBubbles({ ventura: true });
  t.after(() => server.close());
  server.script("timeout-sent");
  assert.equal((await openOnServer(server).deliver(FAILED, "phone")).kind, "delivered");
});

test("BlueBubbles: what Messages could not deliver, and what others wrote, is not taken for sent", async (t) => {
  const server = await startBlueBubbles();
  t.after(() => server.close());
  const channel = openOnServer(server);
  server.script("error");
  assert.equal((await channel.deliver(FAILED, "phone")).kind, "ambiguous");
  const text = server.messages[0]!.text;
  server.messages.push({ guid: "quoted", text, isFromMe: false, error: 0, dateCreated: Date.now() });
  assert.equal((await channel.deliver({ ...FAILED, possible_repeat: true }, "phone")).kind, "delivered");
  assert.equal(server.messages.filter(({ isFromMe, error }) => isFromMe && error === 0).length, 1);
});

test("BlueBubbles: since macOS 26 the chat has another GUID, and a text is found under either", async (t) => {
  const server = await startBlueBubbles({ privateApi: true });
  t.after(() => server.close());
  const channel = openOnServer(server, { chat: "any;-;+15551234567" });
  server.script("timeout-sent");
  // As the server answers by its code: its words about the chat are never sent.
  server.interfere("/message/query", { status: 404, body: "Not Found" });
  assert.equal((await channel.deliver(FAILED, "phone")).kind, "delivered");
  assert.equal((await channel.deliver({ ...FAILED, possible_repeat: true }, "phone")).kind, "delivered");
  assert.equal(server.messages.length, 1);
});

test("BlueBubbles: where there is no such chat nothing is found: what must arrive is repeated, progress is not", async (t) => {
  const server = await startBlueBubbles({ privateApi: true });
  t.after(() => server.close());
  const channel = openOnServer(server, { chat: "any;-;+15559999999" });
  const progress = await channel.deliver({ ...STORIES["started"]!, possible_repeat: true }, "phone");
  assert.equal(progress.kind, "ambiguous");
  assert.match("reason" in progress ? progress.reason : "", /cannot be looked for.*no such chat/);
  assert.equal(server.messages.length, 0);
  assert.equal((await channel.deliver({ ...FAILED, possible_repeat: true }, "phone")).kind, "delivered");
  assert.match(server.messages[0]!.text!, /possibly a repeat/);
});

test("BlueBubbles: in a busy chat it is looked for further back, and no further than it can be", async (t) => {
  const server = await startBlueBubbles();
  t.after(() => server.close());
  const channel = openOnServer(server);
  await channel.deliver(FAILED, "phone");
  const chatter = (count: number): void => {
    for (let at = 0; at < count; at++)
      server.messages.push({
        guid: `c${at}`,
        text: "hi",
        isFromMe: false,
        error: 0,
        dateCreated: Date.now() + 1,
      });
  };
  chatter(250);
  const repeat = { ...FAILED, possible_repeat: true };
  assert.equal((await channel.deliver(repeat, "phone")).kind, "delivered");
  assert.equal(server.messages.length, 251);
  chatter(300);
  const progress = await channel.deliver({ ...STORIES["started"]!, possible_repeat: true }, "phone");
  assert.match("reason" in progress ? progress.reason : "", /too many newer messages/);
});

test("a reason made of two stays readable", async (t) => {
  const server = await startBlueBubbles();
  t.after(() => server.close());
  const body = JSON.stringify({ status: 500, message: "m".repeat(500), error: { type: "x", message: "e" } });
  server.interfere("/message/query", { status: 500, body });
  const told = { ...STORIES["started"]!, possible_repeat: true };
  const delivery = await openOnServer(server).deliver(told, "phone");
  const reason = "reason" in delivery ? delivery.reason : "";
  assert.match(reason, /^An earlier sending .* cannot be looked for: BlueBubbles answered 500/);
  assert.ok(reason.length < 400, reason);
});

test("imsg: what others wrote is not taken for sent", async (t) => {
  const { imsg, channel, shown, close } = imsgRig();
  t.after(close);
  await channel.deliver(FAILED, "phone");
  imsg.change((state) => {
    state.messages[0] = { ...state.messages[0]!, is_from_me: false };
  });
  assert.equal((await channel.deliver({ ...FAILED, possible_repeat: true }, "phone")).kind, "delivered");
  assert.equal(shown().length, 2);
});

test("imsg: a chat that is not listed cannot be looked through, so that progress is not repeated", async (t) => {
  const { imsg, channel, shown, close } = imsgRig();
  t.after(close);
  imsg.change(({ chats }) => chats.splice(0));
  const delivery = await channel.deliver({ ...STORIES["started"]!, possible_repeat: true }, "phone");
  assert.equal(delivery.kind, "ambiguous");
  assert.equal(shown().length, 0);
});
