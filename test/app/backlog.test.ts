import assert from "node:assert/strict";
import { test } from "node:test";
import { type BacklogChannel, backlogs } from "../../src/app/backlog.ts";
import type { Notice } from "../../src/core/notice.ts";
import { aNotice } from "../support/documents.ts";

const NOW = "2026-02-27T10:00:00.000Z";
const at = (seconds: number): string => new Date(Date.parse(NOW) + seconds * 1000).toISOString();

const notice = (id: string, fields: Partial<Notice> = {}): Notice =>
  aNotice({ id, created_at: NOW, next_at: NOW, ...fields });

const FREE = { not_before: null, disabled: null };
const channel = (fields: Partial<BacklogChannel> = {}): ReadonlyMap<string, BacklogChannel> =>
  new Map([["lab", { paceMilliseconds: 1_000, state: FREE, ...fields }]]);

const many = (count: number): Notice[] => Array.from({ length: count }, (_, n) => notice(`n${n}`));

test("a thousand notices at a pace of a second are told within a thousand seconds, the first now", () => {
  const [lab] = backlogs(many(1_000), channel(), NOW);
  assert.deepEqual([lab?.waiting, lab?.messages, lab?.last_told_at], [1_000, 1_000, at(999)]);
});

test("the pace counts from the provider's Retry-After, and from a notice that is due later", () => {
  const paused = channel({ state: { not_before: at(60), disabled: null } });
  assert.equal(backlogs(many(3), paused, NOW)[0]?.last_told_at, at(62));
  const late = [notice("late", { next_at: at(300) }), ...many(3)];
  assert.equal(backlogs(late, channel(), NOW)[0]?.last_told_at, at(300));
});

test("a channel without a pace tells everything at once, and what is past due is due now", () => {
  const past = many(50).map((each) => ({ ...each, next_at: at(-500) }));
  assert.equal(backlogs(past, channel({ paceMilliseconds: 0 }), NOW)[0]?.last_told_at, NOW);
});

test("one that is being sent has its turn now, however long its claim holds", () => {
  const sending = [notice("a", { status: "sending", next_at: at(120) })];
  assert.equal(backlogs(sending, channel(), NOW)[0]?.last_told_at, NOW);
});

test("what comes in a burst about jobs of one run and round is one message to each recipient", () => {
  const burst = ["a", "b", "c"].map((id, n) => notice(id, { event: "job.skipped", next_at: at(30 - n) }));
  const other = notice("d", { event: "job.skipped", round: 2, next_at: at(30) });
  const [lab] = backlogs([...burst, other], channel(), NOW);
  assert.deepEqual([lab?.waiting, lab?.messages, lab?.last_told_at], [4, 2, at(30)]);
});

test("nobody can say when a channel is told that is disabled, fetched by a bridge, or not to be used here", () => {
  const disabled = channel({ state: { not_before: null, disabled: { reason: "gone", since: NOW } } });
  const old = [notice("new"), notice("old", { created_at: at(-7_200) })];
  for (const channels of [disabled, channel({ pulled: true }), new Map<string, BacklogChannel>()]) {
    const [lab] = backlogs(old, channels, NOW);
    assert.deepEqual([lab?.last_told_at, lab?.oldest, lab?.waiting], [null, at(-7_200), 2]);
  }
});

test("channels with the most come first, equal ones by name, those with nothing not at all", () => {
  const open = [
    notice("a", { channel: "pi" }),
    notice("b", { channel: "lab" }),
    notice("c", { channel: "lab" }),
  ];
  const third = notice("d", { channel: "desk" });
  assert.deepEqual(
    backlogs([...open, third], channel(), NOW).map((each) => each.channel),
    ["lab", "desk", "pi"],
  );
  assert.deepEqual(backlogs([], channel(), NOW), []);
});
