import { countReads } from "../app/count-reads.ts";
import { deliverBacklog } from "../app/deliver-backlog.ts";
import { messageOf } from "../app/probe.ts";
import { openRunIndex } from "../app/run-index.ts";
import { openSweeper, type Sweep } from "../app/sweep.ts";
import { sweepOrphans } from "../app/sweep-orphans.ts";
import { within } from "../app/within.ts";
import type { App } from "../wire.ts";
import { HINT_FATES, type HintFate, openHints, realTime, type Time } from "./hints.ts";
import { checkInvoker } from "./identity-token.ts";
import { type HttpRequest, type HttpResponse, json, nothing } from "./message.ts";
import { HttpError, problemResponse } from "./problem-document.ts";
import { attemptOfJobName, readPush } from "./push.ts";
import { refuseTooLarge } from "./read-body.ts";

const NOTICES_PER_ROUND = 20;
/** Milliseconds between two searches for what runs although nobody waits for it. */
const BETWEEN_ORPHANS = 3_600_000;
/** Milliseconds before an instance makes its first one: its first sweep has enough to read. */
const BEFORE_ORPHANS = 600_000;
/** The function's time limit, seconds; `functions.json` says the same. */
export const POLL_SECONDS = 300;
/** Part of the limit after which a sweep takes no new run. */
const SHARE_OF_RUNS = 0.6;
/** Milliseconds from a sweep's begin in which it waits for its notices. Scheduler waits for our answer before it asks again. */
const WAIT_FOR_NOTICES = 55_000;
/** So long at least, however long the passes took. */
const SHORTEST_WAIT = 5000;

export type Handler = (request: HttpRequest) => Promise<HttpResponse>;

export interface PollOptions {
  readonly cloudService: string | null;
  /** Takes the heartbeat, one line of JSON for each sweep. */
  readonly print?: (line: string) => void;
  readonly time?: Time;
}

/**
 * The poll of one instance: Cloud Scheduler's request makes a pass over the runs that are due and sweeps the outbox; a Pub/Sub push is a
 * hint to look at one attempt now. Both go by one cache. Of one run one pass is made at a time; passes that overlap all the same (in another
 * instance, or after a time limit, which ends the answer and not the work) are harmless, because every commit is conditional.
 */
export function openPoll(given: App, options: PollOptions): Handler {
  const { print = () => {}, time = realTime } = options;
  const counted = countReads(given.deps.store);
  const app: App = { ...given, deps: { ...given.deps, store: counted.store } };
  const { deps, cache } = app;
  const index = openRunIndex(deps.store, time.now);
  const sweeper = openSweeper({
    deps,
    cache,
    milliseconds: time.now,
    onActive: index.add,
    onEnded: index.remove,
  });
  const hint = openHints({ app, sweeper, index, time });
  const fates = countFates();

  let sweptOrphans = time.now() - BETWEEN_ORPHANS + BEFORE_ORPHANS;

  const passes = joined(async () => {
    const begun = time.now();
    const sweep = await sweeper.sweep(() => time.now() - begun >= SHARE_OF_RUNS * POLL_SECONDS * 1000);
    for (const warning of await deps.ledger.record(cache.news(sweep.runs), deps.now())) deps.warn(warning);
    for (const error of sweep.errors) deps.warn(error);
    if (begun - sweptOrphans >= BETWEEN_ORPHANS && sweep.left.length === 0) {
      sweptOrphans = begun;
      await sweepOrphans(deps, cache);
    }
    const duration = time.now() - begun;
    print(heartbeat(sweep, { duration, reads: counted.readsSinceLast(), hints: fates.take() }));
    // Not waited for here: a watcher that hangs holds up no notice.
    return { ...sweep, pinged: deps.ping() };
  });
  // One that begins no sendings any more, but hangs in one, does not keep the next sweep from telling.
  const telling = joined(() => tell(app, time), { milliseconds: WAIT_FOR_NOTICES, time });

  /** 200 whatever happened to single runs: their errors are in the answer, and the next pass tries them again. */
  const sweep = async (): Promise<HttpResponse> => {
    const begun = time.now();
    const { runs, errors, left, pinged } = await passes();
    // A channel that hangs must not hold up the next sweep: what is being told goes on beside it.
    const patience = Math.max(SHORTEST_WAIT, begun + WAIT_FOR_NOTICES - time.now());
    const told = within(patience, telling(), () => null, time.sleep);
    const [notices] = await Promise.all([told, pinged]);
    return json(200, {
      runs: runs.map(({ run_id, status, outcome }) => ({ run_id, status, outcome })),
      errors,
      ...(left.length > 0 ? { left: left.length } : {}),
      notices,
    });
  };

  return async (request) => {
    try {
      refuseTooLarge(request);
      if (request.method !== "POST")
        throw new HttpError(405, "The poll is asked by POST.", { allow: "POST" });
      checkInvoker(request.headers, { ...options, ...app.config, now: deps.now() });
      const push = readPush(request.body);
      if (push.kind === "none") return await sweep();
      if (push.kind === "malformed") fates.count("malformed");
      else {
        const attempt = attemptOfJobName(push.attributes["JobName"] ?? "", app.config.gcp.project);
        fates.count(attempt === null ? "unknown" : await hint({ attempt, publishedAt: push.publishedAt }));
      }
      return nothing();
    } catch (error) {
      return problemResponse(error, deps.warn, `${request.method} poll`);
    }
  };
}

/** Delivers what is due, for as long as somebody waits for it. Never throws: what was not told is told by the next sweep. */
async function tell(
  { deps, cache }: App,
  time: Time,
): Promise<{ sent: number; postponed: number; failed: number }> {
  const until = Date.parse(deps.now()) + WAIT_FOR_NOTICES;
  try {
    const told = await deliverBacklog(deps, { limit: NOTICES_PER_ROUND, cache, until, sleep: time.sleep });
    return { sent: told.sent, postponed: told.postponed, failed: told.failed.length };
  } catch (error) {
    deps.warn(`notices could not be delivered, they are tried again: ${messageOf(error)}`);
    return { sent: 0, postponed: 0, failed: 0 };
  }
}

/**
 * Work that is asked for while it is being done is done once: Scheduler asks again when it has waited long. With a limit, only for so
 * long from its begin.
 */
function joined<T>(
  work: () => Promise<T>,
  limit?: { readonly milliseconds: number; readonly time: Time },
): () => Promise<T> {
  let last: { readonly running: Promise<T>; readonly begun: number } | null = null;
  return () => {
    const begun = limit?.time.now() ?? 0;
    if (last !== null && (!limit || begun - last.begun < limit.milliseconds)) return last.running;
    const running = work().finally(() => {
      if (last?.running === running) last = null;
    });
    last = { running, begun };
    return running;
  };
}

type Fates = Partial<Record<HintFate, number>>;

/** What became of hints since this was last asked. */
function countFates(): { count(fate: HintFate): void; take(): Fates } {
  let counts: Fates = {};
  return {
    count: (fate) => {
      counts[fate] = (counts[fate] ?? 0) + 1;
    },
    take: () => {
      const taken = Object.fromEntries(
        HINT_FATES.flatMap((fate) => (counts[fate] ? [[fate, counts[fate]]] : [])),
      );
      counts = {};
      return taken;
    },
  };
}

/**
 * The line whose absence raises the alarm, in the form that Cloud Logging takes apart:
 * https://cloud.google.com/logging/docs/structured-logging. A sweep that could not even ask for its runs prints none.
 */
function heartbeat(
  { runs, errors, left }: Sweep,
  { duration, reads, hints }: { duration: number; reads: number; hints: Fates },
): string {
  const jobs = runs.reduce((sum, { summary }) => sum + summary.submitted + summary.running, 0);
  return JSON.stringify({
    severity: "INFO",
    message: "bioagent heartbeat",
    runs: runs.length,
    /** Jobs that are submitted or run. */
    jobs,
    errors: errors.length,
    left: left.length,
    duration_ms: Math.round(duration),
    /** Documents since the last heartbeat, hints' looks among them. */
    reads,
    hints,
  });
}
