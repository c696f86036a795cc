import assert from "node:assert/strict";
import { test } from "node:test";
import { ImessageConfig } from "../../../src/channels/imessage/config.ts";

const CHAT = "iMessage;-;+15551234567";
const problems = (settings: Record<string, unknown>): string[] => {
  const read = ImessageConfig.safeParse({ kind: "imessage", ...settings });
  return read.success ? [] : read.error.issues.map(({ path }) => path.join(".")).sort();
};

const DIRECT = { url: "https://mac.example.org", password: "x", chat: CHAT };

test("a channel that sends from here needs all that sending needs", () => {
  assert.deepEqual(problems(DIRECT), []);
  assert.deepEqual(problems({}), ["chat", "password", "url"]);
  assert.deepEqual(problems({ bridge: "imsg" }), ["chat"]);
  assert.deepEqual(problems({ bridge: "imsg", chat: CHAT, binary: "/opt/homebrew/bin/imsg" }), []);
});

test("a channel that a bridge tells needs nothing, and may have everything", () => {
  assert.deepEqual(problems({ via: "bridge" }), []);
  assert.deepEqual(problems({ via: "bridge", ...DIRECT, url: "http://127.0.0.1:1234", fallback: "lab" }), []);
});

test("a chat is a GUID; imsg takes a person as well", () => {
  for (const chat of [CHAT, "SMS;-;+15551234567", "any;-;ada@lab.org", "iMessage;+;chat123"]) {
    assert.deepEqual(problems({ ...DIRECT, chat }), [], chat);
  }
  for (const chat of ["+15551234567", "ada@lab.org"]) {
    assert.deepEqual(problems({ ...DIRECT, chat }), ["chat"], chat);
    assert.deepEqual(problems({ bridge: "imsg", chat }), [], chat);
  }
  for (const chat of ["", "Ada", "iMessage;", "iMessage;-;a b", ";-;x"]) {
    assert.deepEqual(problems({ bridge: "imsg", chat }), ["chat"], chat);
  }
});

test("what is no address, no duration or no setting is a problem of its own", () => {
  assert.deepEqual(problems({ ...DIRECT, url: "mac:1234" }), ["url"]);
  assert.deepEqual(problems({ ...DIRECT, send_timeout: "soon" }), ["send_timeout"]);
  assert.deepEqual(problems({ ...DIRECT, send_timeout: "40s" }), []);
  assert.deepEqual(problems({ ...DIRECT, token: "x" }), [""]);
});
