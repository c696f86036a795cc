import { Option } from "commander";
import type { Notice, NoticeFacts } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { didYouMean } from "../../core/spelling.ts";
import type { Channel, Delivery, RunStore } from "../../ports.ts";
import type { App } from "../../wire.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { count } from "../render/count.ts";
import { refuseRemote, withApp, withStore } from "../session.ts";

const EVENTS: readonly NoticeEvent[] = [
  "run.started",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "job.skipped",
  "job.retried",
  "run.waiting",
];

export const addNotify: AddCommand = (program, bind) => {
  const notify = program
    .command("notify")
    .description("try a channel, or send again what was given up")
    .addHelpText("after", example("bioagent notify test lab"));
  notify
    .command("test <channel>")
    .description("send a test message; when it arrives, a disabled channel works again")
    .addOption(
      new Option("--event <event>", "what the message is about").choices(EVENTS).default("run.completed"),
    )
    .addHelpText("after", example("bioagent notify test lab --event run.failed"))
    .action(bind(test));
  notify
    .command("retry [id]")
    .description("put a notice that was given up back into the outbox; the next tick sends it")
    .option("--all-failed", "every one")
    .addHelpText("after", example("bioagent notify retry --all-failed && bioagent tick"))
    .action(bind(retry));
};

async function test(
  context: Context,
  name: string,
  options: { readonly event: NoticeEvent },
): Promise<number> {
  return withApp(context, {}, async (app) => {
    refuseRemote(app.config, "notify test");
    const channel = channelOf(app, name);
    const outcomes: { recipient: string; outcome: Delivery }[] = [];
    for (const recipient of channel.recipients)
      outcomes.push({ recipient, outcome: await sendTest(channel, recipient, options.event) });
    const delivered = outcomes.every(({ outcome }) => outcome.kind === "delivered");
    if (delivered) await enable(app.deps.store, name);
    if (context.json) printJson(context, { channel: name, delivered, outcomes });
    for (const { recipient, outcome } of outcomes) {
      const text = `channel ${name}${recipient === name ? "" : `, ${recipient}`}: ${sayOutcome(outcome)}\n`;
      if (outcome.kind !== "delivered") context.terminal.err(`bioagent: ${text}`);
      else if (!context.json) context.terminal.out(text);
    }
    return delivered ? EXIT.done : EXIT.failed;
  });
}

function channelOf({ deps }: App, name: string): Channel {
  const channel = deps.channels.get(name);
  if (channel) return channel;
  const broken = deps.brokenChannels.get(name);
  if (broken !== undefined) throw new Error(broken);
  const known = [...deps.channels.keys(), ...deps.brokenChannels.keys()];
  throw new UsageError(
    `there is no channel ${name}${didYouMean(name, known) || `; channels are ${known.join(", ")}`}`,
  );
}

const sendTest = (channel: Channel, recipient: string, event: NoticeEvent): Promise<Delivery> =>
  channel.deliver(
    {
      notice_id: `test~${channel.name}~${Date.now()}`,
      event,
      facts: testFacts(event),
      possible_repeat: false,
      test: true,
      round: 1,
      kept: {},
      view: async () => null,
    },
    recipient,
  );

/** A run as there could be one. */
function testFacts(event: NoticeEvent): NoticeFacts {
  const status = event.startsWith("run.") ? event.slice("run.".length) : "running";
  const ended = ["completed", "failed", "cancelled"].includes(status);
  const runId = `${new Date().toISOString().slice(0, 10)}_rnaseq_001`;
  return {
    run_id: runId,
    name: "castle-river-mountain-forest",
    pipeline: "rnaseq",
    status: ended ? status : "running",
    outcome: status === "completed" ? "some_skipped" : status === "failed" ? "all_failed" : null,
    status_line: ended ? "✅ 9/10 succeeded, ⏭ 1 skipped" : "✅ 4/10 succeeded",
    output: `gs://my-bucket/output/${runId}/`,
    executor: "local",
    description: "a test of this channel",
    details: [
      "⏭ sample02 skipped in star_align: Exit code 137 indicates OOM. 8 GiB, 16 GiB and 32 GiB were not enough. Skipping sample02.",
    ],
    more: 0,
    retries: "2 oom",
    seconds: ended ? 7265 : null,
    commands: [`bioagent why ${runId}`],
  };
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

/** A lost race was lost to somebody who knows better. */
async function enable(store: RunStore, name: string): Promise<void> {
  const state = await store.readChannel(name);
  if (state.disabled) await store.updateChannel({ ...state, disabled: null });
}

const MOST_NOTICES = 1000;

async function retry(
  context: Context,
  id: string | undefined,
  options: { readonly allFailed?: boolean },
): Promise<number> {
  if ((id === undefined) === !options.allFailed)
    throw new UsageError("name one notice (bioagent notices --failed lists them), or give --all-failed");
  return withStore(
    context,
    "write",
    async (store) => {
      const failed = await store.queryNotices({ status: ["failed"], limit: MOST_NOTICES });
      const chosen = id === undefined ? failed : failed.filter((notice) => notice.id === id);
      if (id !== undefined && chosen.length === 0)
        throw new Error(`no notice ${id} was given up; bioagent notices --failed lists them`);
      let retried = 0;
      for (const notice of chosen) if (await store.updateNotice(again(notice))) retried += 1;
      if (context.json) printJson(context, { retried });
      else context.terminal.out(`${count(retried, "notice")} will be sent with the next tick\n`);
      return EXIT.done;
    },
    (message) => {
      throw new Error(message);
    },
  );
}

const again = (notice: Notice): Notice => ({
  ...notice,
  status: "pending",
  next_at: new Date().toISOString(),
  error: null,
});
