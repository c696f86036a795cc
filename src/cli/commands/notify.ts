import { Option } from "commander";
import { count } from "../../core/count.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import type { PreviewOptions } from "../notify/preview-command.ts";
import { type Session, withStore } from "../session.ts";

/** As core has them; written down here, so that the help of a command loads no schema. A test holds them together. */
export const EVENT_NAMES: readonly NoticeEvent[] = [
  "run.started",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "job.skipped",
  "job.retried",
  "run.waiting",
  "run.stalled",
  "run.progress",
];

export const addNotify: AddCommand = (program, bind) => {
  const notify = program
    .command("notify")
    .description("see what channels say, try one, or send again what was given up")
    .addHelpText("after", example("bioagent notify test lab"));
  notify
    .command("preview [channel...]")
    .description("show what channels would say, all of them or these; sends nothing, needs no secret")
    .addOption(
      new Option(
        "--event <event>",
        "what the message is about (default: run.completed; with --run its last notice)",
      ).choices(EVENT_NAMES),
    )
    .option("--run <run>", "of this run instead of an example")
    .option("--html <file>", "write one page that shows them side by side")
    .addHelpText("after", example("bioagent notify preview --event run.failed --html preview.html"))
    .action(bind(preview));
  notify
    .command("test <channel>")
    .description(
      "send a test message (with BIOAGENT_URL, from the functions there); when it arrives, a disabled channel works again",
    )
    .addOption(
      new Option("--event <event>", "what the message is about")
        .choices(EVENT_NAMES)
        .default("run.completed"),
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

async function preview(
  context: Context,
  channels: readonly string[],
  options: PreviewOptions,
): Promise<number> {
  const command = await import("../notify/preview-command.ts");
  return command.preview(context, channels, options);
}

async function test(
  context: Context,
  channel: string,
  options: { readonly event: NoticeEvent },
): Promise<number> {
  const command = await import("../notify/test-command.ts");
  return command.test(context, channel, options);
}

async function retry(
  context: Context,
  id: string | undefined,
  options: { readonly allFailed?: boolean },
): Promise<number> {
  if ((id === undefined) === !options.allFailed)
    throw new UsageError("name one notice (bioagent notices --failed lists them), or give --all-failed");
  return withStore(
    context,
    "read",
    async (_store, app) => {
      const retried = await retryWhereItIs(app, id ?? null);
      if (context.json) printJson(context, { retried });
      else context.terminal.out(`${count(retried, "notice")} will be sent with the next tick\n`);
      return EXIT.done;
    },
    (message) => {
      throw new Error(message);
    },
  );
}

async function retryWhereItIs({ remote, deps }: Session, id: string | null): Promise<number> {
  if (remote) return remote.retryNotices(id);
  const { retryNotices } = await import("../../app/notices.ts");
  return retryNotices(deps, id);
}
