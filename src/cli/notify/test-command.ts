import type { Notice } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { didYouMean } from "../../core/spelling.ts";
import type { Channel, Delivery, RunStore } from "../../ports.ts";
import type { App } from "../../wire.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT, UsageError } from "../failure.ts";
import { count } from "../render/count.ts";
import { refuseRemote, withApp } from "../session.ts";
import { exampleFacts } from "./example-run.ts";

interface Tried {
  readonly recipient: string;
  readonly outcome: Delivery;
}

/** `bioagent notify test CHANNEL`: sends one message to each recipient; a disabled channel works again once all have arrived. */
export async function test(
  context: Context,
  name: string,
  { event }: { readonly event: NoticeEvent },
): Promise<number> {
  return withApp(context, {}, async (app) => {
    refuseRemote(app.config, "notify test");
    const channel = channelOf(app, name);
    const tried: Tried[] = [];
    for (const recipient of channel.recipients)
      tried.push({ recipient, outcome: await sendTest(channel, recipient, event) });
    const delivered = tried.every(({ outcome }) => outcome.kind === "delivered");
    const enabled = delivered && (await enable(app.deps.store, name));
    if (context.json) printJson(context, { channel: name, delivered, enabled, outcomes: tried });
    say(context, name, tried);
    if (enabled && !context.json) context.terminal.out(await sayEnabled(app.deps.store, name));
    return delivered ? EXIT.done : EXIT.failed;
  });
}

function channelOf({ deps }: App, name: string): Channel {
  const channel = deps.channels.get(name);
  if (channel?.pulled) throw new UsageError(sayPulled(name));
  if (channel) return channel;
  const broken = deps.brokenChannels.get(name);
  if (broken !== undefined) throw new Error(broken);
  const known = [...deps.channels.keys(), ...deps.brokenChannels.keys()];
  throw new UsageError(
    `there is no channel ${name}${didYouMean(name, known) || `; channels are ${known.join(", ")}`}`,
  );
}

const sayPulled = (name: string): string =>
  `channel ${name} is not told from here: a bridge fetches its notices and tells them. On its Mac, ` +
  `bioagent bridge imessage --channel ${name} --check tries both sides and sends nothing; bioagent notify preview ${name} shows the text`;

function sendTest(channel: Channel, recipient: string, event: NoticeEvent): Promise<Delivery> {
  const now = new Date();
  const facts = { ...exampleFacts(event, now.toISOString()), description: "a test of this channel" };
  return channel.deliver(
    {
      notice_id: `test~${channel.name}~${now.getTime()}`,
      event,
      facts,
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

function say({ terminal, json }: Context, name: string, tried: readonly Tried[]): void {
  for (const { recipient, outcome } of tried) {
    const text = `channel ${name}${recipient === name ? "" : `, ${recipient}`}: ${sayOutcome(outcome)}\n`;
    if (outcome.kind !== "delivered") terminal.err(`bioagent: ${text}`);
    else if (!json) terminal.out(text);
  }
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

/** Whether it was disabled and is not any more. A lost race was lost to somebody who knows better. */
async function enable(store: RunStore, name: string): Promise<boolean> {
  const state = await store.readChannel(name);
  return state.disabled !== null && (await store.updateChannel({ ...state, disabled: null }));
}

const MOST_NOTICES = 1000;

async function sayEnabled(store: RunStore, name: string): Promise<string> {
  const failed: readonly Notice[] = await store.queryNotices({
    status: ["failed"],
    channel: name,
    limit: MOST_NOTICES,
  });
  const works = `channel ${name} was disabled, and works again\n`;
  return failed.length === 0
    ? works
    : `${works}${count(failed.length, "notice")} given up meanwhile: bioagent notify retry --all-failed sends them again\n`;
}
