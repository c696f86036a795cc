import { lackedChannel } from "../app/tell-mended.ts";
import type { Config } from "../config.ts";
import type { Event } from "../core/event.ts";
import type { Notice } from "../core/notice.ts";
import { sayDuration } from "../core/quantity.ts";
import type { Run } from "../core/run.ts";
import { isFinalRun } from "../core/status.ts";
import type { RunStore } from "../ports.ts";
import { type Context, printJson } from "./context.ts";
import { EXIT } from "./failure.ts";
import { finalNotice, isFinalNotice, runExitCode } from "./final-notice.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { liveProgress, type Progress, plainProgress, quietProgress, warningLine } from "./progress.ts";
import { secondsBetween } from "./render/time.ts";
import { openSession, type Session } from "./session.ts";

export type FollowMode = "wait" | "watch";

export interface FollowOptions {
  readonly mode: FollowMode;
  readonly allowSkips: boolean;
  /** Where it has been read already. */
  readonly config?: Config;
}

/** What belongs to one following: where the console channel and the warnings of the application go. */
interface Voice {
  progress: Progress;
  runId: string | null;
}

/**
 * Opens the application, lets `begin` start or choose a run, and drives that run to its end: pass after pass, with live
 * progress, then the final notice once. Harmless beside another process that does the same. `begin` may answer with an
 * exit code instead: then nothing is followed.
 */
export async function follow(
  context: Context,
  options: FollowOptions,
  begin: (app: Session) => Promise<Run | number>,
): Promise<number> {
  const voice: Voice = { progress: quietProgress(context), runId: null };
  const said = new Set<string>();
  const app = await openSession(context, {
    ...(options.config ? { config: options.config } : {}),
    write: (text) => {
      if (voice.runId === null || !isFinalNotice(text, voice.runId)) voice.progress.print(text);
    },
    warn: (text) => {
      if (said.has(text)) return;
      said.add(text);
      if (context.terminal.interactive) voice.progress.print(warningLine(text));
      else context.terminal.err(warningLine(text));
    },
  });
  try {
    const begun = await begin(app);
    return typeof begun === "number" ? begun : await driveToEnd(context, options, app, begun, voice);
  } finally {
    await app.close();
  }
}

async function driveToEnd(
  context: Context,
  options: FollowOptions,
  app: Session,
  begun: Run,
  voice: Voice,
): Promise<number> {
  const runId = begun.run_id;
  voice.runId = runId;
  const interrupt = listenForInterrupt(context.endNow);
  voice.progress = openProgress(context, options.mode);
  let run: Run | null;
  try {
    run = await passes(app, begun, voice.progress, interrupt.signal);
  } finally {
    voice.progress.close();
    interrupt.stop();
    voice.progress = quietProgress(context);
  }
  if (run === null) throw new Error(`run ${runId} is not in the store any more`);
  if (!isFinalRun(run.status)) return leave(context, run, interrupt.exitCode());
  return end(context, app, run, options.allowSkips);
}

function openProgress(context: Context, mode: FollowMode): Progress {
  if (context.json || mode === "wait") return quietProgress(context);
  return context.terminal.interactive ? liveProgress(context) : plainProgress(context);
}

async function passes(
  app: Session,
  begun: Run,
  progress: Progress,
  signal: AbortSignal,
): Promise<Run | null> {
  const { deps, cache, remote } = app;
  const runId = begun.run_id;
  // A final run has nothing new to tell; of one that goes on, the watcher sees the decisions so far.
  let seen = isFinalRun(begun.status) ? begun.event_count - 1 : -1;
  const show = async (): Promise<void> => {
    const events = sinceReopened(await eventsAfter(deps.store, runId, seen));
    seen = events.at(-1)?.seq ?? seen;
    const known = await cache.refresh(deps.store, runId);
    if (known) progress.pass({ run: known.run, jobs: known.jobs.values(), events });
  };
  await show();
  if (remote) return remote.follow(runId, { onPass: show, signal });
  const { drive } = await import("../app/drive.ts");
  return drive(deps, cache, runId, { onPass: show, signal });
}

/** What happened before somebody opened the run again is history: `bioagent events` has it. */
const sinceReopened = (events: readonly Event[]): readonly Event[] =>
  events.slice(
    Math.max(
      0,
      events.findLastIndex(({ type }) => type === "run.reopened"),
    ),
  );

const EVENTS_PAGE = 500;

export async function eventsAfter(store: RunStore, runId: string, after: number): Promise<Event[]> {
  const events: Event[] = [];
  for (;;) {
    const page = await store.readEvents(runId, events.at(-1)?.seq ?? after, EVENTS_PAGE);
    events.push(...page);
    if (page.length < EVENTS_PAGE) return events;
  }
}

async function end(context: Context, app: Session, run: Run, allowSkips: boolean): Promise<number> {
  const { renderRun } = await import("../ledger/run-document.ts");
  if (context.json) printJson(context, renderRun(run, [], { jobs: false }));
  else {
    const loaded = await app.deps.store.load(run.run_id, 0, "whole");
    context.terminal.out(`\n${await finalNotice(run, loaded?.jobs ?? [])}\n`);
  }
  // There the completion handler is telling them just now; `bioagent notices` shows it.
  if (!app.remote) await sayUntold(context, app, run.run_id);
  return runExitCode(run, allowSkips);
}

const MOST_NOTICES = 1000;

/** Who was not told, and why: nobody looks into the outbox of a run that seems to have gone well. */
async function sayUntold({ terminal }: Context, { deps }: Session, runId: string): Promise<void> {
  const untold = await deps.store.queryNotices({
    run_id: runId,
    status: ["failed", "pending"],
    limit: MOST_NOTICES,
  });
  const isPulled = ({ channel, status }: Notice): boolean =>
    status === "pending" && (deps.channels.get(channel) ?? deps.brokenTraits?.get(channel))?.pulled === true;
  for (const line of untoldLines(untold, isPulled, deps.now())) terminal.err(`bioagent: ${line}\n`);
}

/** One line for all who were not told the same for the same reason. */
export function untoldLines(
  untold: readonly Notice[],
  isPulled: (notice: Notice) => boolean,
  now: string,
): readonly string[] {
  const alike = Map.groupBy(untold, (notice) =>
    JSON.stringify([notice.channel, notice.event, notice.status, isPulled(notice) || notice.error]),
  );
  return [...alike.values()].map((notices) => {
    const { channel, event, status, error } = notices[0]!;
    if (isPulled(notices[0]!)) return `${channel} is told of ${event} by its bridge, when that fetches it`;
    const why = error ?? "it was not its turn yet";
    const then = status === "failed" ? "bioagent notices --failed" : sayNextTry(notices, now);
    return `${whoOf(channel, notices)} not told of ${event}: ${why} (${then})`;
  });
}

/** Most reasons ask for a pause, in which no tick tries again; a channel that is mended needs none. */
function sayNextTry(notices: readonly Notice[], now: string): string {
  const pauses = notices.map((notice) =>
    lackedChannel(notice) ? 0 : secondsBetween(now, notice.next_at ?? now),
  );
  const seconds = Math.min(...pauses);
  return `bioagent tick tries again${seconds === 0 ? "" : ` in ${sayDuration(Math.ceil(seconds))}`}`;
}

const MOST_NAMED = 5;

function whoOf(channel: string, notices: readonly Notice[]): string {
  const names = [...new Set(notices.map(({ recipient }) => recipient))].filter((name) => name !== channel);
  if (names.length === 0) return `${channel} was`;
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${channel} (${names.slice(0, MOST_NAMED).join(", ")}${more}) was`;
}

/** The run goes on without us: its jobs are detached, and everything that is known stands in the store. */
async function leave(context: Context, run: Run, exitCode: number | null): Promise<number> {
  const { terminal } = context;
  const id = run.run_id;
  if (exitCode === null) {
    terminal.err(`bioagent: run ${id} is planned and waits to be approved: bioagent approve ${id}\n`);
    return EXIT.failed;
  }
  if (context.json) {
    const { renderRun } = await import("../ledger/run-document.ts");
    printJson(context, renderRun(run, [], { jobs: false }));
  }
  terminal.err(
    [
      `\nRun ${id} goes on: jobs that run are not touched, and nothing is lost.`,
      `  go on watching   bioagent watch ${id}`,
      "  let it go on     bioagent tick (again and again), or bioagent serve",
      `  end it           bioagent cancel ${id}`,
      "",
    ].join("\n"),
  );
  return exitCode;
}
