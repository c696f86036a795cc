import assert from "node:assert/strict";
import { test } from "node:test";
import { untoldLines } from "../../src/cli/follow.ts";
import type { Notice } from "../../src/core/notice.ts";
import { aNotice } from "../support/documents.ts";

const NOW = "2026-02-27T12:00:00Z";

const notice = (recipient: string, fields: Partial<Notice> = {}) =>
  aNotice({ id: recipient, channel: "pi", recipient, event: "run.completed", ...fields });

test("people who were not told are named, those with the same reason in one line", () => {
  const lines = untoldLines(
    [
      notice("ann@lab.org"),
      notice("bob@lab.org"),
      notice("cat@lab.org", { status: "failed", error: "550 no such user" }),
    ],
    () => false,
    NOW,
  );
  assert.deepEqual(lines, [
    "pi (ann@lab.org, bob@lab.org) was not told of run.completed: it was not its turn yet (bioagent tick tries again)",
    "pi (cat@lab.org) was not told of run.completed: 550 no such user (bioagent notices --failed)",
  ]);
});

test("who is told later is not said to be told by the next tick", () => {
  const waiting = notice("pi", { next_at: "2026-02-27T12:15:00Z", error: "Slack was away" });
  const sooner = notice("pi", { next_at: "2026-02-27T12:14:30Z", error: "Slack was away" });
  const lacked = { ...waiting, channel: "lab", error: "channel lab (slack): the variable X is not set here" };
  assert.deepEqual(
    untoldLines([waiting, sooner, lacked], () => false, NOW),
    [
      "pi was not told of run.completed: Slack was away (bioagent tick tries again in 14 min 30 s)",
      "lab (pi) was not told of run.completed: channel lab (slack): the variable X is not set here (bioagent tick tries again)",
    ],
  );
});

test("a channel that is its own recipient is named once, and of many people the first", () => {
  assert.match(untoldLines([notice("pi")], () => false, NOW)[0]!, /^pi was not told of run\.completed: /);
  const many = Array.from({ length: 8 }, (_, at) => notice(`p${at}`));
  assert.match(untoldLines(many, () => false, NOW)[0]!, /^pi \(p0, p1, p2, p3, p4 and 3 more\) was not told/);
});

test("what a bridge tells is no failure: nobody is told to tick for it", () => {
  const lines = untoldLines([notice("pi", { channel: "phone" })], ({ channel }) => channel === "phone", NOW);
  assert.deepEqual(lines, ["phone is told of run.completed by its bridge, when that fetches it"]);
});
