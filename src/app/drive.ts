import type { Observation } from "../core/observation.ts";
import type { Run } from "../core/run.ts";
import { isFinalRun } from "../core/status.ts";
import { fitting, submitEach, waitingAttempts } from "./act.ts";
import { deliverBacklog } from "./deliver-backlog.ts";
import { openRounds } from "./deliver-rounds.ts";
import type { Deps } from "./deps.ts";
import { type LiveAttempt, messageOf } from "./probe.ts";
import type { KnownRun, RunsCache } from "./runs-cache.ts";
import { sleep } from "./sleep.ts";
import { tellEndsFirst } from "./tell-ends-first.ts";
import { forgetEnded, type PassedOn, passOn } from "./tick.ts";

export interface DriveOptions {
  /** Called after each pass that was made, with the run as it is. */
  readonly onPass?: (run: Run) => void | Promise<void>;
  /** Ends the watching, not the run. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two passes when nothing wakes us earlier. */
  readonly every?: number;
  /** How long notices of the end are still tried before they are left to the next tick, milliseconds. */
  readonly lastDeliveries?: number;
}

/**
 * Drives one run to its end from this process: pass after pass, woken by the executor. It holds nothing that the store
 * does not have: killed at any instruction, `tick` goes on where it was.
 */
export async function drive(
  deps: Deps,
  cache: RunsCache,
  runId: string,
  options: DriveOptions = {},
): Promise<Run | null> {
  const { signal = new AbortController().signal, every = 1000 } = options;
  const telling = tellBeside(deps, runId);
  for (let answers: Observation[] = []; ; ) {
    const begun = performance.now();
    const made = await passOn(deps, cache, runId, { answers, submit: !signal.aborted });
    if (!made) return null;
    const { run } = made.known;
    const tidied = forgetEnded(deps, made.known, made.changed);
    for (const warning of await deps.ledger.record([run], deps.now())) deps.warn(warning);
    telling.go();
    await options.onPass?.(run);
    if (isFinalRun(run.status)) {
      await Promise.all([tidied, telling.theRest(options.lastDeliveries ?? 15_000, signal)]);
      return run;
    }
    answers = made.answers;
    const stays = !run.held && !(signal.aborted && answers.length === 0);
    if (stays) answers.push(...(await untilNextPass(deps, made, { begun, every, signal })));
    await tidied;
    if (stays) continue;
    await telling.end();
    return run;
  }
}

/** Milliseconds from one pass to the next while there is work to hand out in between. */
const BETWEEN_PASSES = 100;
/** Such passes take at most one of so many parts of the time. */
const SHARE_OF_PASSES = 4;

/**
 * Waits until a pass is worth it: something ended, or time is over. As long as attempts are recorded for which there was
 * no slot, a freed slot gets the next of them at once, and passes are few: they cost a commit and a look at every job.
 * Returns what the executors answered in between.
 */
async function untilNextPass(
  deps: Deps,
  { known, answers }: PassedOn,
  { begun, every, signal }: { begun: number; every: number; signal: AbortSignal },
): Promise<Observation[]> {
  if (signal.aborted || answers.some(({ status }) => status === "failed")) return [];
  const earliest = begun + Math.max(BETWEEN_PASSES, SHARE_OF_PASSES * (performance.now() - begun));
  const queue = openQueue(deps, known, new Set(answers.map(({ attempt }) => attempt)));
  for (let wait = every; ; wait = Math.max(1, earliest - performance.now())) {
    await somethingMayHaveChanged(deps, known.run, wait, signal);
    if (queue.isEmpty() || signal.aborted) break;
    await queue.handOut();
    if (queue.isEmpty() || performance.now() >= earliest) break;
  }
  return queue.answers();
}

/** The attempts that are recorded and wait for a slot. */
function openQueue(deps: Deps, known: KnownRun, answered: ReadonlySet<string>) {
  const waiting = new Set(waitingAttempts(known).filter(({ ref }) => !answered.has(ref.attempt.id)));
  const given: Promise<Observation[]>[] = [];
  const submit = async (entries: readonly LiveAttempt[]): Promise<Observation[]> => {
    const answers = await submitEach(deps, known, entries);
    const taken = new Set(answers.map(({ attempt }) => attempt));
    for (const entry of entries) if (!taken.has(entry.ref.attempt.id)) waiting.add(entry);
    return answers;
  };
  return {
    isEmpty: () => waiting.size === 0,
    /** Gives what fits to the executors, and does not wait for their answers: another slot may be free before. */
    async handOut(): Promise<void> {
      const entries = await fitting(deps, [...waiting]);
      for (const entry of entries) waiting.delete(entry);
      if (entries.length > 0) given.push(submit(entries));
    },
    answers: async (): Promise<Observation[]> => (await Promise.all(given)).flat(),
  };
}

/** Notices of one look at most: the starts and ends of many recipients. */
const NOTICES = 200;

/** Delivers what is due beside the passes: telling cannot hold up a run. */
function tellBeside(deps: Deps, runId: string) {
  const options = { limit: NOTICES, runId, sleep };
  const rounds = openRounds(deps, options);
  let beginning: Promise<unknown> | null = null;
  const warn = (error: unknown): void =>
    deps.warn(`notices of ${runId} could not be delivered, they are tried again: ${messageOf(error)}`);
  const begin = async (): Promise<void> => {
    await rounds.begin().catch(warn);
    for (const error of rounds.takeErrors()) warn(error);
  };
  return {
    go(): void {
      beginning ??= begin().finally(() => {
        beginning = null;
      });
    },
    async end(): Promise<void> {
      await beginning;
      await rounds.end();
      for (const error of rounds.takeErrors()) warn(error);
    },
    /** The end is told before we go, as far as the channels let us; what is left is in the outbox for the next tick. */
    async theRest(patience: number, signal: AbortSignal): Promise<void> {
      const until = Date.parse(deps.now()) + patience;
      await beginning;
      for (const error of rounds.takeErrors()) warn(error);
      try {
        await tellEndsFirst(deps, runId);
        await deliverBacklog(deps, { ...options, until, signal }, rounds);
      } catch (error) {
        // The run has ended, and whoever waits for it shall hear how.
        warn(error);
      }
    },
  };
}

/** Waits for the executor's word, the pause's end, or the signal. */
async function somethingMayHaveChanged(
  deps: Deps,
  run: Run,
  every: number,
  signal: AbortSignal,
): Promise<void> {
  const wake = new AbortController();
  // Given a reason, because the one that is made otherwise costs a stack trace, and this happens with every job's end.
  const stop = (): void => wake.abort("enough waited");
  const timer = setTimeout(stop, every);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([
      deps.executors.get(run.executor)?.changed(wake.signal) ?? Promise.resolve(),
      new Promise<void>((done) => wake.signal.addEventListener("abort", () => done(), { once: true })),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    stop();
  }
}
