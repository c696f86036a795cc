import type { Notice } from "../../core/notice.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { wholeNumber } from "../input/parsers.ts";
import type { Style } from "../render/paint.ts";
import { renderTable } from "../render/table.ts";
import { minuteOf } from "../render/time.ts";
import { withRun, withStore } from "../session.ts";

interface NoticesOptions {
  readonly failed?: boolean;
  readonly limit: number;
}

export const addNotices: AddCommand = (program, bind) => {
  program
    .command("notices [run]")
    .description("list what people were told, or are still to be told")
    .option("--failed", "only those that were given up")
    .option("--limit <number>", "at most so many", wholeNumber(1, 1000), 100)
    .addHelpText("after", example("bioagent notices --failed"))
    .action(bind(notices));
};

async function notices(
  context: Context,
  reference: string | undefined,
  options: NoticesOptions,
): Promise<number> {
  const query = { status: options.failed ? (["failed"] as const) : undefined, limit: options.limit };
  if (reference !== undefined) {
    return withRun(context, reference, "read", async (runId, store) =>
      print(context, await store.queryNotices({ ...query, run_id: runId })),
    );
  }
  return withStore(
    context,
    "read",
    async (store) => print(context, await store.queryNotices(query)),
    (message) => {
      if (context.json) return print(context, []);
      printLines(context, [message]);
      return EXIT.done;
    },
  );
}

const STYLES: Readonly<Record<Notice["status"], Style>> = {
  pending: "cyan",
  sending: "cyan",
  sent: "green",
  failed: "red",
  unknown: "yellow",
  dropped: "dim",
};

function print(context: Context, found: readonly Notice[]): number {
  if (context.json) printJson(context, { notices: found });
  else if (found.length === 0) printLines(context, ["no notices"]);
  else printLines(context, table(context, found));
  return EXIT.done;
}

function table(context: Context, found: readonly Notice[]): string[] {
  const lines = renderTable(
    [
      { title: "CREATED (UTC)" },
      { title: "RUN" },
      { title: "EVENT" },
      { title: "CHANNEL", shrink: true },
      { title: "STATUS" },
      { title: "TRIES", align: "right" },
      { title: "ERROR", shrink: true },
    ],
    found.map((notice) => [
      minuteOf(notice.created_at),
      notice.run_id,
      notice.event,
      notice.recipient === notice.channel ? notice.channel : `${notice.channel}: ${notice.recipient}`,
      { text: notice.status, style: STYLES[notice.status] },
      String(notice.tries),
      notice.error ?? "",
    ]),
    context,
  );
  const failed = found.some((notice) => notice.status === "failed");
  return failed ? [...lines, "", "Send them again: bioagent notify retry --all-failed"] : lines;
}
