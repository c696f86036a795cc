import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksProblem } from "../../support/slack-block-schema.ts";
import { messageProblem } from "../../support/slack-rules.ts";

const x = (count: number): string => "x".repeat(count);
const plain = (count: number) => ({ type: "plain_text", text: x(count) });
const mrkdwn = (count: number) => ({ type: "mrkdwn", text: x(count) });
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const section = { type: "section", text: plain(1) };

/** What the counterpart takes at each limit of Slack's, and does not take one beyond it. */
const LIMITS: Readonly<Record<string, (over: 0 | 1) => unknown[]>> = {
  "header 150": (over) => [{ type: "header", text: plain(150 + over) }],
  "section 3,000": (over) => [{ type: "section", text: plain(3_000 + over) }],
  "section 3,000 of mrkdwn": (over) => [{ type: "section", text: mrkdwn(3_000 + over) }],
  "10 fields": (over) => [{ type: "section", fields: many(10 + over, plain(1)) }],
  "field 2,000": (over) => [{ type: "section", fields: [plain(2_000 + over)] }],
  "10 elements of a context": (over) => [{ type: "context", elements: many(10 + over, plain(1)) }],
  "context 3,000": (over) => [{ type: "context", elements: [plain(3_000 + over)] }],
  "block_id 255": (over) => [{ type: "divider", block_id: x(255 + over) }],
  "50 blocks": (over) => many(50 + over, section),
  "markdown 12,000": (over) => [{ type: "markdown", text: x(12_000 + over) }],
  "button 75": (over) => [{ type: "actions", elements: [{ type: "button", text: plain(75 + over) }] }],
  "button value 2,000": (over) => [
    { type: "actions", elements: [{ type: "button", text: plain(1), value: x(2_000 + over) }] },
  ],
  "25 actions": (over) => [
    { type: "actions", elements: many(25 + over, { type: "button", text: plain(1) }) },
  ],
  "image alt 2,000": (over) => [{ type: "image", image_url: "https://x", alt_text: x(2_000 + over) }],
  "100 rows": (over) => [{ type: "table", rows: many(100 + over, [{}]) }],
  "20 cells": (over) => [{ type: "table", rows: [many(20 + over, {})] }],
};
for (const [what, blocks] of Object.entries(LIMITS)) {
  test(`the Block Kit schema knows the limit: ${what}`, () => {
    assert.equal(blocksProblem(blocks(0)), null);
    assert.notEqual(blocksProblem(blocks(1)), null);
  });
}

const WRONG = {
  "an empty section": [{ type: "section", text: plain(0) }],
  "a section without anything": [{ type: "section" }],
  "a header in mrkdwn": [{ type: "header", text: mrkdwn(1) }],
  "an empty context": [{ type: "context", elements: [] }],
  "an unknown key": [{ ...section, colour: "red" }],
  "an unknown block": [{ type: "banner" }],
  "a block that is none": ["section"],
  "no list": {},
};
for (const [what, blocks] of Object.entries(WRONG)) {
  test(`the Block Kit schema refuses ${what}`, () => assert.notEqual(blocksProblem(blocks), null));
}

test("a message needs text or blocks, of a length that Slack takes whole", () => {
  assert.equal(messageProblem({ text: x(4_000) }), null);
  assert.equal(messageProblem({ text: x(4_001) }), "msg_too_long");
  assert.equal(messageProblem({ text: " ", blocks: [] }), "no_text");
  assert.equal(messageProblem({ blocks: [section] }), null);
  assert.equal(messageProblem({ blocks: many(4, { type: "section", text: plain(3_000) }) }), null);
  assert.equal(
    messageProblem({ blocks: many(5, { type: "section", text: plain(3_000) }) }),
    "msg_blocks_too_long",
  );
  assert.equal(messageProblem({ blocks: "x" }), "invalid_blocks_format");
});
