import { enableChannel } from "../../app/enable-channel.ts";
import { testedChannel, testFacts } from "../../app/test-notices.ts";
import type { NoticeEvent } from "../../core/run.ts";
import type { Channel, Delivery, RunStore } from "../../ports.ts";
import type { App } from "../../wire.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT, UsageError } from "../failure.ts";
import { withApp } from "../session.ts";
import { MOST_GIVEN_UP, sayGivenUp, sayTried } from "./say-tried.ts";
import { testRemotely } from "./test-remotely.ts";

/** `bioagent notify test CHANNEL`: sends one message to each recipient; a disabled channel works again once all have arrived. */
export async function test(
  context: Context,
  name: string,
  { event }: { readonly event: NoticeEvent },
): Promise<number> {
  return withApp(context, {}, async ({ remote, deps }) => {
    if (remote) return testRemotely(context, remote, { channel: name, event });
    const channel = channelOf(deps, name);
    const tried: { recipient: string; outcome: Delivery }[] = [];
    for (const recipient of channel.recipients)
      tried.push({ recipient, outcome: await sendTest(channel, recipient, event) });
    const delivered = tried.every(({ outcome }) => outcome.kind === "delivered");
    const enabled = delivered && (await enableChannel(deps.store, name));
    if (context.json) printJson(context, { channel: name, delivered, enabled, outcomes: tried });
    for (const { recipient, outcome } of tried) {
      const delivered = outcome.kind === "delivered";
      sayTried(context, name, { recipient, delivered, text: sayOutcome(outcome) });
    }
    if (enabled && !context.json) context.terminal.out(await sayEnabled(deps.store, name));
    return delivered ? EXIT.done : EXIT.failed;
  });
}

function channelOf(deps: App["deps"], name: string): Channel {
  const tested = testedChannel(deps, name);
  if (tested.kind === "ready") return tested.channel;
  throw tested.kind === "broken" ? new Error(tested.reason) : new UsageError(tested.reason);
}

function sendTest(channel: Channel, recipient: string, event: NoticeEvent): Promise<Delivery> {
  const now = new Date();
  return channel.deliver(
    {
      notice_id: `test~${channel.name}~${now.getTime()}`,
      event,
      facts: testFacts(event, now.toISOString()),
      possible_repeat: false,
      test: true,
      tries: 1,
      created_at: now.toISOString(),
      round: 1,
      kept: {},
      view: async () => null,
    },
    recipient,
  );
}

function sayOutcome(outcome: Delivery): string {
  switch (outcome.kind) {
    case "delivered":
      return "delivered";
    case "rejected":
      return `refused, worth another try${outcome.after_seconds === null ? "" : ` after ${outcome.after_seconds} s`}: ${outcome.reason}`;
    case "permanent":
      return `refused for good: ${outcome.reason}`;
    case "ambiguous":
      return `nobody knows whether it arrived: ${outcome.reason}`;
    default:
      return outcome satisfies never;
  }
}

async function sayEnabled(store: RunStore, name: string): Promise<string> {
  const failed = await store.queryNotices({ status: ["failed"], channel: name, limit: MOST_GIVEN_UP });
  return `channel ${name} was disabled, and works again\n${sayGivenUp(failed.length)}`;
}
