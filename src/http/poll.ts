import { deliver } from "../app/deliver.ts";
import { messageOf } from "../app/probe.ts";
import { tickAll, tickRun } from "../app/tick.ts";
import type { App } from "../wire.ts";
import { checkInvoker } from "./identity-token.ts";
import { type HttpRequest, type HttpResponse, json, nothing } from "./message.ts";
import { HttpError, problemResponse } from "./problem-document.ts";
import { readPush, runOfJobName } from "./push.ts";
import { refuseTooLarge } from "./read-body.ts";

/** Hints look at one run at most so often, milliseconds. */
const BETWEEN_HINTS = 5000;
const NOTICES_PER_SWEEP = 100;
const MOST_RUNS = 1000;
const EVERY_RUN = "9999-12-31T23:59:59.999Z";

export type Handler = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * The poll of one instance: Cloud Scheduler's request makes a pass over the runs that are due and sweeps the outbox;
 * a Pub/Sub push is a hint to look at one run now. One pass at a time, because all of them share one cache.
 */
export function openPoll(app: App, { cloudService }: { cloudService: string | null }): Handler {
  const inTurn = oneAfterAnother();
  const hint = hints(app, inTurn);
  return async (request) => {
    try {
      refuseTooLarge(request);
      if (request.method !== "POST")
        throw new HttpError(405, "The poll is asked by POST.", { allow: "POST" });
      checkInvoker(request.headers, { cloudService, now: app.deps.now() });
      const push = readPush(request.body);
      if (push === null) return await inTurn(() => sweep(app));
      await hint(push["JobName"] ?? "");
      return nothing();
    } catch (error) {
      return problemResponse(error, app.deps.warn, `${request.method} poll`);
    }
  };
}

/** 200 whatever happened to single runs: their errors are in the answer, and the next pass tries them again. */
async function sweep({ deps, cache }: App): Promise<HttpResponse> {
  const { runs, errors } = await tickAll(deps, cache, "due");
  for (const error of errors) deps.warn(error);
  const { sent, postponed, failed } = await deliver(deps, { limit: NOTICES_PER_SWEEP });
  return json(200, {
    runs: runs.map(({ run_id, status, outcome }) => ({ run_id, status, outcome })),
    errors,
    notices: { sent, postponed, failed: failed.length },
  });
}

/** Hints about one run that come while it waits for its turn are one look. A hint about no run of ours is no error. */
function hints(app: App, inTurn: InTurn): (jobName: string) => Promise<void> {
  const looked = new Map<string, number>();
  const waiting = new Map<string, Promise<void>>();
  const look = async (runId: string) => {
    await sleep((looked.get(runId) ?? 0) + BETWEEN_HINTS - Date.now());
    waiting.delete(runId);
    looked.set(runId, Date.now());
    await inTurn(() => tickOne(app, runId));
    forgetOld(looked);
  };
  return async (jobName) => {
    const runs = await app.deps.store.activeRuns(EVERY_RUN, MOST_RUNS);
    const runId = runOfJobName(jobName, runs);
    if (runId === null) return;
    const turn = waiting.get(runId) ?? look(runId);
    waiting.set(runId, turn);
    await turn;
  };
}

/** A run that cannot be looked at is told, and left to the sweep: the push would only come again. */
async function tickOne({ deps, cache }: App, runId: string): Promise<void> {
  try {
    const run = await tickRun(deps, cache, runId);
    if (run) for (const warning of await deps.ledger.record([run], deps.now())) deps.warn(warning);
    await deliver(deps, { limit: 20, runId });
  } catch (error) {
    cache.forget(runId);
    deps.warn(`run ${runId}: ${messageOf(error)}`);
  }
}

function forgetOld(looked: Map<string, number>): void {
  for (const [runId, at] of looked) if (at + BETWEEN_HINTS < Date.now()) looked.delete(runId);
}

const sleep = (milliseconds: number): Promise<void> =>
  milliseconds <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, milliseconds));

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Work begins when all that came before it is done, whether that went well or not. */
export function oneAfterAnother(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
}
