import assert from "node:assert/strict";
import { test } from "node:test";
import { testRemotely } from "../../../src/cli/notify/test-remotely.ts";
import type { Notice } from "../../../src/core/notice.ts";
import { aNotice } from "../../support/documents.ts";
import { ago } from "./seeded-store.ts";

/** Of a channel whose notices are `added`, and are `later` at the next look; `failed` were given up before. */
async function tryRemotely(
  added: readonly Partial<Notice>[],
  { later = {}, failed = [] }: { later?: Partial<Notice>; failed?: readonly Notice[] } = {},
) {
  const notices = added.map((each) => aNotice({ channel: "lab", recipient: "lab", ...each }));
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: (text: string) => out.push(text), err: (text: string) => err.push(text) };
  const remote = {
    testChannel: async () => notices,
    readNotice: async () => ({ ...notices[0]!, ...later }),
    notices: async () => ({ notices: failed, backlog: [], disabled: [], unusable: [], more: false }),
  };
  const context = { terminal, json: false } as unknown as Parameters<typeof testRemotely>[0];
  const code = await testRemotely(context, remote, { channel: "lab", event: "run.completed" });
  return { code, out: out.join(""), err: err.join("") };
}

test("a turn that is far off is said at once, and not waited for", async () => {
  const { code, out, err } = await tryRemotely([{ status: "pending", next_at: ago(-3600) }]);
  assert.deepEqual([code, out], [1, ""]);
  assert.equal(
    err,
    "bioagent: channel lab: waits for its turn, in 1 h: its provider asked for a pause, or others are told before it; then bioagent notices --channel lab says what came of it\n",
  );
});

test("who waits for a turn hears of it, once, and then what came of it", async () => {
  const later = { status: "sent", next_at: null } as const;
  const { code, out, err } = await tryRemotely([{ status: "pending", next_at: ago(-60) }], { later });
  assert.match(err, /^bioagent: channel lab: waits for its turn, in (1 min|59 s): [^\n]+\n$/);
  assert.deepEqual([code, out], [0, "channel lab: delivered\n"]);
});

test("once a test has arrived, what was given up on the channel can be sent again", async () => {
  const failed = [aNotice({ status: "failed" }), aNotice({ status: "failed" })];
  const { out } = await tryRemotely([{ status: "sent" }], { failed });
  assert.equal(
    out,
    "channel lab: delivered\n2 notices given up meanwhile: bioagent notify retry --all-failed sends them again\n",
  );
});
