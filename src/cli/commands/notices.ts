import type { NoticeList, NoticesRequest } from "../../app/notices.ts";
import type { Notice } from "../../core/notice.ts";
import { sayDuration } from "../../core/quantity.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { wholeNumber } from "../input/parsers.ts";
import type { Style } from "../render/paint.ts";
import { sayBacklog, sayDisabled } from "../render/standing.ts";
import { renderTable } from "../render/table.ts";
import { minuteOf, secondsBetween } from "../render/time.ts";
import { type Session, withRun, withStore } from "../session.ts";

interface NoticesOptions {
  readonly failed?: boolean;
  readonly pending?: boolean;
  readonly channel?: string;
  readonly limit: number;
}

export const addNotices: AddCommand = (program, bind) => {
  program
    .command("notices [run]")
    .summary("list what people were told, or are still to be told")
    .description(
      "list what people were told, or are still to be told; below it what waits on each channel, and channels that are disabled",
    )
    .option("--failed", "only those that were given up")
    .option("--pending", "only those that are still to be told")
    .option("--channel <name>", "only those of this channel")
    .option("--limit <number>", "at most so many", wholeNumber(1, 1000), 100)
    .addHelpText("after", example("bioagent notices --failed"))
    .action(bind(notices));
};

async function notices(
  context: Context,
  reference: string | undefined,
  options: NoticesOptions,
): Promise<number> {
  if (options.failed && options.pending)
    throw new UsageError("give --failed or --pending: what was given up is not sent any more");
  const list = (app: Session, run_id?: string) => showNotices(context, app, requestOf(options, run_id));
  if (reference !== undefined)
    return withRun(context, reference, "read", (runId, _store, app) => list(app, runId));
  return withStore(
    context,
    "read",
    (_store, app) => list(app),
    (message) => {
      if (context.json) printJson(context, { notices: [], backlog: [], disabled: [] });
      else printLines(context, [message]);
      return EXIT.done;
    },
  );
}

const requestOf = (
  { failed, pending, channel, limit }: NoticesOptions,
  run_id: string | undefined,
): NoticesRequest => ({
  run_id,
  channel,
  status: failed ? ["failed"] : pending ? ["pending", "sending"] : undefined,
  limit,
});

async function showNotices(context: Context, app: Session, request: NoticesRequest): Promise<number> {
  const list = app.remote ? await app.remote.notices(request) : await listHere(app, request);
  const { notices: found, backlog, disabled } = list;
  if (context.json) printJson(context, { notices: found, backlog, disabled });
  else {
    const now = app.deps.now();
    const lines = found.length === 0 ? ["no notices"] : table(context, found, now);
    const full = found.length === request.limit ? [`The newest ${request.limit}; --limit shows more.`] : [];
    printLines(context, [...lines, ...full, ...remedies(found), ...standingLines(context, list, now)]);
  }
  return EXIT.done;
}

async function listHere({ deps }: Session, request: NoticesRequest): Promise<NoticeList> {
  const { listNotices } = await import("../../app/notices.ts");
  return listNotices(deps, request);
}

const STYLES: Readonly<Record<Notice["status"], Style>> = {
  pending: "cyan",
  sending: "cyan",
  sent: "green",
  failed: "red",
  unknown: "yellow",
  dropped: "dim",
};

const table = (context: Context, found: readonly Notice[], now: string): string[] =>
  renderTable(
    [
      { title: "CREATED (UTC)" },
      { title: "RUN" },
      { title: "EVENT" },
      { title: "CHANNEL", shrink: true },
      { title: "STATUS" },
      { title: "TRIES", align: "right" },
      { title: "DUE" },
      { title: "ERROR", shrink: true },
    ],
    found.map((notice) => [
      minuteOf(notice.created_at),
      notice.run_id,
      notice.event,
      notice.recipient === notice.channel ? notice.channel : `${notice.channel}: ${notice.recipient}`,
      { text: notice.status, style: STYLES[notice.status] },
      String(notice.tries),
      dueOf(notice, now),
      notice.error ?? "",
    ]),
    context,
  );

/** When it is told, or told again if whoever sends it now is never heard of again. */
function dueOf({ status, next_at }: Notice, now: string): string {
  if (next_at === null || (status !== "pending" && status !== "sending")) return "";
  const seconds = secondsBetween(now, next_at);
  if (status === "sending")
    return seconds === 0 ? "again now" : `again in ${sayDuration(Math.ceil(seconds))}`;
  return seconds === 0 ? "now" : `in ${sayDuration(Math.ceil(seconds))}`;
}

/** Of more than a few nobody types each. */
const MOST_NAMED = 3;

function remedies(found: readonly Notice[]): string[] {
  const failed = found.filter((notice) => notice.status === "failed");
  if (failed.length === 0) return [];
  const one = failed.length <= MOST_NAMED ? failed.map(({ id }) => `  bioagent notify retry '${id}'`) : [];
  return ["", "Send them again:", ...one, "  bioagent notify retry --all-failed"];
}

function standingLines({ paint }: Context, { backlog, disabled, more }: NoticeList, now: string): string[] {
  const lines = [
    ...backlog.map((each) => sayBacklog(each, now)),
    ...(more ? ["More waits than was counted."] : []),
    ...disabled.map((each) => paint("red", sayDisabled(each))),
  ];
  return lines.length === 0 ? [] : ["", ...lines];
}
