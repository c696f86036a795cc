import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import { type ChannelFault, testChannel } from "../../contracts/channel.ts";
import type { Imsg, ImsgFault, ImsgStart } from "../../support/imsg.ts";
import { STORIES } from "../notice-stories.ts";
import { imsgRig, openOnImsg } from "./rigs.ts";

type Expected = ChannelFault["expected"];

const played = (name: ImsgFault, expected: Expected, says?: RegExp): ChannelFault => ({
  name,
  arrange: async () => imsgRig((imsg) => imsg.change(({ faults }) => faults.push(name))),
  expected,
  ...(says ? { says } : {}),
});

const starting = (name: ImsgStart, says: RegExp): ChannelFault => {
  const begin = (imsg: Imsg): void =>
    imsg.change((state) => {
      state.start = name;
    });
  // Only one that never answers is waited for in vain.
  const limits = { sendMilliseconds: 1_500, askMilliseconds: name === "mute" ? 300 : 5_000 };
  return {
    name,
    arrange: async () => imsgRig(begin, {}, limits),
    expected: { kind: "rejected", after_seconds: null },
    says,
  };
};

const ambiguous = { kind: "ambiguous" } as const;
const rejected = { kind: "rejected", after_seconds: null } as const;

const faults: ChannelFault[] = [
  played("hang", ambiguous, /in time.*may have arrived.*not in the chat yet/),
  played("hang-sent", { kind: "delivered" }),
  played("die", ambiguous, /ended while it was sending/),
  played("die-sent", { kind: "delivered" }),
  played("not-ok", { kind: "delivered" }),
  played("script-error", ambiguous, /AppleEvent timed out/),
  played("not-authorized", rejected, /Automation/),
  played("old", { kind: "permanent", disable: false }, /imsg 0\.6 or newer/),
  played("noise", { kind: "delivered" }),
  starting("no-access", /Full Disk Access/),
  starting("crash", /exit 134/),
  starting("mute", /timeout/),
  starting("flood", /no end of one line/),
  {
    name: "no program",
    arrange: async () => imsgRig(() => {}, { binary: "/nowhere/imsg" }),
    expected: rejected,
    says: /ENOENT.*brew install/,
  },
  {
    name: "a program that may not be run",
    arrange: async () => imsgRig(({ binary }) => chmodSync(binary, 0o644)),
    expected: rejected,
    says: /EACCES.*binary/,
  },
  {
    name: "a chat that Messages does not have",
    arrange: async () => imsgRig(() => {}, { chat: "iMessage;+;chat99" }),
    expected: rejected,
    says: /is there such a chat/,
  },
];

testChannel({
  kind: "imessage",
  extension: "txt",
  open: async () => imsgRig(),
  maxShownChars: 2_000,
  maxMilliseconds: 12_000,
  faults,
  sweeps: [],
});

test("a person without a chat's GUID is written to as such, and found again", async (t) => {
  const { imsg } = imsgRig();
  t.after(() => imsg.close());
  const channel = openOnImsg(imsg, { chat: "+15551234567" });
  const told = STORIES["all-failed"]!;
  assert.deepEqual(await channel.deliver(told, "phone"), { kind: "delivered" });
  assert.deepEqual(await channel.deliver({ ...told, possible_repeat: true }, "phone"), { kind: "delivered" });
  assert.equal(imsg.state().messages.length, 1);
});

test("check says whether it could send, and sends nothing", async (t) => {
  const { imsg } = imsgRig();
  t.after(() => imsg.close());
  const { check } = openOnImsg(imsg);
  assert.deepEqual(await check(), { ok: true, text: "imsg, sending by AppleScript" });
  imsg.change((state) => {
    state.start = "no-access";
  });
  assert.partialDeepStrictEqual(await check(), { ok: false });
  assert.equal(imsg.state().messages.length, 0);
});
