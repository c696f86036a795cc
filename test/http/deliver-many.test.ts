import assert from "node:assert/strict";
import { test } from "node:test";
import { DELIVER_SECONDS, openDeliver } from "../../src/http/deliver-handler.ts";
import { openPoll } from "../../src/http/poll.ts";
import type { Channel } from "../../src/ports.ts";
import { aNotice } from "../support/documents.ts";
import { aRequest, openMemoryApp } from "./memory-app.ts";
import { VirtualTime } from "./virtual-time.ts";

const RUNS = 1000;
/** Of `functions.json`: instances of `deliver`, and events that each takes at once. */
const AT_ONCE = 3 * 20;
const PACE = 1000;
const POST_TAKES = 300;

/** Slack as it is: a message a second, and 429 for whoever is faster. */
function slackLike(time: VirtualTime) {
  const told: { readonly id: string; readonly at: number }[] = [];
  const refused: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  const channel: Channel = {
    name: "lab",
    kind: "slack",
    recipients: ["lab"],
    paceMilliseconds: PACE,
    async deliver({ notice_id }) {
      const at = time.now();
      const isTooFast = at - last < PACE;
      if (!isTooFast) last = at;
      await time.sleep(POST_TAKES);
      if (isTooFast) {
        refused.push(at);
        return { kind: "rejected", reason: "Slack answered 429", after_seconds: 30 };
      }
      told.push({ id: notice_id, at });
      return { kind: "delivered" };
    },
  };
  return { channel, told, refused };
}

test(`${RUNS} runs that end in one minute: Slack is told at its pace by functions within their time, nothing is lost`, async (t) => {
  const time = new VirtualTime("2026-02-27T10:00:00.000Z");
  const app = await openMemoryApp(t, { now: () => time.instant() });
  const { channel, told, refused } = slackLike(time);
  const busy = { ...app, deps: { ...app.deps, channels: new Map([["lab", channel]]) } };
  const begun = time.now();
  for (let run = 0; run < RUNS; run++) {
    const run_id = `2026-02-27_rnaseq_${run}`;
    const at = new Date(begun + (run * 60_000) / RUNS).toISOString();
    const fields = { id: `${run_id}~r1~run.completed~-~lab~lab`, run_id, created_at: at, next_at: at };
    await busy.deps.store.addNotice(aNotice(fields));
  }
  let longest = 0;
  const events = Array.from({ length: RUNS }, (_, run) => run);
  const instance = async (): Promise<void> => {
    const deliver = openDeliver(busy, { cloudService: null, time });
    for (let run = events.shift(); run !== undefined; run = events.shift()) {
      await time.sleep(begun + (run * 60_000) / RUNS - time.now());
      const since = time.now();
      const document = `notices/2026-02-27_rnaseq_${run}~r1~run.completed~-~lab~lab`;
      const answer = await deliver(aRequest("POST", "/", { headers: { "ce-document": document } }));
      assert.equal(answer.status, 204, `${answer.body} ${app.warnings.join()}`);
      longest = Math.max(longest, time.now() - since);
    }
  };
  const poll = async (): Promise<void> => {
    const sweep = openPoll(busy, { cloudService: null, time });
    const calls: Promise<unknown>[] = [];
    // Cloud Scheduler calls every minute, whether the last call has been answered or not.
    while (told.length < RUNS && time.now() - begun < 6 * 3_600_000) {
      await time.sleep(60_000);
      calls.push(sweep(aRequest("POST", "/")));
    }
    await Promise.all(calls);
  };
  await time.run(Promise.all([poll(), ...Array.from({ length: AT_ONCE }, instance)]));
  assert.deepEqual(refused, [], "no 429");
  assert.equal(new Set(told.map(({ id }) => id)).size, RUNS);
  assert.equal(told.length, RUNS, "none twice");
  assert.ok(longest < DELIVER_SECONDS * 1000, `an event took ${longest / 1000} s`);
  const worst = (Math.max(...told.map(({ at }) => at)) - begun) / 1000;
  t.diagnostic(`the last was told after ${Math.round(worst)} s; the longest event took ${longest / 1000} s`);
  assert.ok(worst < 1.3 * RUNS, `the last was told after ${worst} s`);
});
