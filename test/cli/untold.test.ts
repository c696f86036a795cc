import assert from "node:assert/strict";
import { test } from "node:test";
import { untoldLines } from "../../src/cli/follow.ts";
import type { Notice } from "../../src/core/notice.ts";
import { aNotice } from "../support/documents.ts";

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
  );
  assert.deepEqual(lines, [
    "pi (ann@lab.org, bob@lab.org) was not told of run.completed: it was not its turn yet (the next bioagent tick tries again)",
    "pi (cat@lab.org) was not told of run.completed: 550 no such user (bioagent notices --failed)",
  ]);
});

test("a channel that is its own recipient is named once, and of many people the first", () => {
  assert.match(untoldLines([notice("pi")], () => false)[0]!, /^pi was not told of run\.completed: /);
  const many = Array.from({ length: 8 }, (_, at) => notice(`p${at}`));
  assert.match(untoldLines(many, () => false)[0]!, /^pi \(p0, p1, p2, p3, p4 and 3 more\) was not told/);
});

test("what a bridge tells is no failure: nobody is told to tick for it", () => {
  const lines = untoldLines([notice("pi", { channel: "phone" })], ({ channel }) => channel === "phone");
  assert.deepEqual(lines, ["phone is told of run.completed by its bridge, when that fetches it"]);
});
