import assert from "node:assert/strict";
import { test } from "node:test";
import { quoted } from "../../src/channels/email/transport.ts";
import { sentOf } from "../../src/channels/imessage/bluebubbles-outcome.ts";
import { imsgSent } from "../../src/channels/imessage/imsg-outcome.ts";
import { strangersWords } from "../../src/channels/strangers-words.ts";
import type { Delivery } from "../../src/ports.ts";

const EVIL = 'no\u001b[31m such\u001b]0;t\u0007\r\n\u202e "user"\ud800';
const SAID = "no such ]0;t 'user'\ufffd";

test("what a provider says is one short line that acts on no terminal", () => {
  assert.equal(strangersWords(EVIL), SAID);
  assert.equal(strangersWords("😀".repeat(200)).length, 139);
  assert.equal(strangersWords(" \n "), "");
});

test("in a reason it stands in quotes, whichever channel heard it", () => {
  assert.equal(quoted(EVIL), ` ("${SAID}")`);
  const reasonOf = (outcome: Delivery): string => (outcome.kind === "delivered" ? "" : outcome.reason);
  const envelope = { status: 400, message: EVIL };
  const asker = { channel: "phone", via: "direct" as const };
  const refused = sentOf({ kind: "answer", status: 400, envelope, retryAfter: null }, asker);
  assert.equal(
    reasonOf(refused),
    `BlueBubbles answered 400 "${SAID}": check the chat and url of channel phone`,
  );
  const reason = reasonOf(imsgSent({ kind: "error", code: -32602, text: EVIL }, "phone"));
  assert.match(
    reason,
    /^imsg answered -32602 "no such \]0;t 'user'\ufffd": check the chat of channel phone$/,
  );
});
