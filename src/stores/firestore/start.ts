import { isDeepStrictEqual } from "node:util";
import { runId } from "../../core/ids.ts";
import type { Run } from "../../core/run.ts";
import { AdapterError, type StartRequest, type StartResult } from "../../ports.ts";
import type { Snapshot } from "./database.ts";
import { PATHS } from "./paths.ts";
import { newId, peekRun, readRun } from "./read-run.ts";
import { commitMark, wasCommitted } from "./run-document.ts";
import type { Session } from "./session.ts";
import { isLarge, writeLargeStart } from "./start-large.ts";
import { type Started, startWrites } from "./start-writes.ts";

const MOST_TRIES = 40;
const MOST_WAIT_MILLISECONDS = 100;
/** Names that are looked up at once, after the first. */
const MOST_NAMES = 20;

/** Starts of one process wait for each other: they all count on one document. Other processes are met by preconditions. */
const turns = new WeakMap<Session, Promise<unknown>>();

/** Counter, name, request key, run, sheet, events and notices: one batch, or nothing. */
export function startRun(session: Session, request: StartRequest): Promise<StartResult> {
  const before = turns.get(session) ?? Promise.resolve();
  const result = before.then(() => start(session, request));
  turns.set(
    session,
    result.catch(() => {}),
  );
  return result;
}

async function start(session: Session, request: StartRequest): Promise<StartResult> {
  // One for all tries: whichever of them arrives in the end is known to be ours.
  const commit = newId();
  const doubtful = new Set<string>();
  let skipped = 0;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (tries > 0) await pause(Math.random() * MOST_WAIT_MILLISECONDS);
    const seen = await look(session, request);
    for (const id of doubtful) {
      const arrived = await ownRun(session, id, commit);
      if (arrived) return { kind: "created", run: arrived };
    }
    const count = countOf(seen.counter) + 1 + skipped;
    const id = runId(request.day, request.pipeline, count);
    const repeated = await earlierStart(session, request, id, seen.request);
    if (repeated) return repeated;
    const name = await freeName(session, request, seen.name);
    if (typeof name !== "string") return name;
    const created = await create(session, request, { id, name, seen, count, commit });
    if (typeof created === "object") return { kind: "created", run: created };
    if (created === "taken") skipped += 1;
    if (created === "doubtful") doubtful.add(id);
  }
  throw new AdapterError(
    `Firestore: cannot start a run of ${request.pipeline}: others were faster ${MOST_TRIES} times. Try again.`,
    { code: "store_contended", retryable: true },
  );
}

/** The run under this id, if it is this start that has written it. */
async function ownRun(session: Session, id: string, commit: string): Promise<Run | null> {
  const there = await peekRun(session, id);
  return there && wasCommitted(there, commit) ? there.run : null;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a start goes by: it holds only if all of it is still so. */
interface Seen {
  readonly counter: Snapshot | null;
  readonly request: Snapshot | null;
  /** The document of the first name that was thought of. */
  readonly name: Snapshot | null;
}

async function look({ db }: Session, { day, name, suggestions, request }: StartRequest): Promise<Seen> {
  const first = name ?? suggestions[0];
  if (first === undefined) throw new Error("a start needs a name, or at least one suggestion");
  const paths = [PATHS.counter(day), PATHS.name(first), ...(request ? [PATHS.request(request.key)] : [])];
  const [counter, holder, earlier] = await db.getAll(paths, "look whether a run can be started");
  return { counter: counter ?? null, name: holder ?? null, request: earlier ?? null };
}

const countOf = (counter: Snapshot | null): number => Number(counter?.data["count"] ?? 0);

/** What the request key has already started; null when it is new, when its time is over, or when that run is gone. */
async function earlierStart(
  session: Session,
  request: StartRequest,
  id: string,
  there: Snapshot | null,
): Promise<StartResult | null> {
  if (there === null || request.request === null) return null;
  // The store has no clock: it is as late as the run that is to be created.
  const { run } = request.documents(id, request.name ?? request.suggestions[0] ?? id);
  const { expires_at, hash, run_id } = there.data;
  if (epochOf(expires_at) < Date.parse(run.created_at)) return null;
  const by = String(run_id);
  if (hash !== request.request.hash) return { kind: "key_reused", by };
  const earlier = await readRun(session, by);
  return earlier && { kind: "repeated", run: earlier };
}

const epochOf = (timestamp: unknown): number =>
  typeof timestamp === "object" && timestamp !== null && "toMillis" in timestamp
    ? Number((timestamp as { toMillis: () => number }).toMillis())
    : 0;

/** The name asked for, or the first suggestion that is free; else who has it (of the last suggestion). */
async function freeName(
  { db }: Session,
  { name, suggestions }: StartRequest,
  first: Snapshot | null,
): Promise<string | StartResult> {
  const candidates = name === null ? suggestions : [name];
  if (first === null) return candidates[0]!;
  let last = first;
  for (let at = 1; at < candidates.length; at += MOST_NAMES) {
    const some = candidates.slice(at, at + MOST_NAMES);
    const holders = await db.getAll(some.map(PATHS.name), "look for a free name");
    const free = holders.indexOf(null);
    if (free >= 0) return some[free]!;
    last = holders.at(-1) ?? last;
  }
  return { kind: "name_taken", by: String(last.data["run_id"]) };
}

interface Choice {
  readonly id: string;
  readonly name: string;
  readonly count: number;
  readonly seen: Seen;
  /** Id of the write. */
  readonly commit: string;
}

/** What became of a try: others were faster, a run of this id is there that the counter does not know, or nobody knows yet. */
type Failed = "lost" | "taken" | "doubtful";

async function create(session: Session, request: StartRequest, choice: Choice): Promise<Run | Failed> {
  const { id, name, seen, count, commit } = choice;
  const documents = request.documents(id, name);
  if (documents.run.run_id !== id || documents.run.name !== name) {
    throw new Error(
      `documents of run ${id} (${name}) name themselves ${documents.run.run_id} (${documents.run.name})`,
    );
  }
  const started: Started = { ...documents, request: request.request, day: request.day, count, commit };
  const writes = await startWrites(session, started, seen);
  const written = isLarge(started)
    ? await writeLargeStart(session, started, writes)
    : await session.db.write(writes.all, `start run ${id}`);
  if (written.kind === "done") {
    const { rev } = documents.run;
    session.runs.set(id, { rev, updateTime: written.at, commits: [commitMark(rev, commit)] });
    return JSON.parse(JSON.stringify(documents.run)) as Run;
  }
  const own = await ownRun(session, id, commit);
  if (own) return own;
  if (written.kind === "unknown") return "doubtful";
  return (await isBehind(session, request.day, id, seen.counter)) ? "taken" : "lost";
}

/** Whether there is such a run although the counter has not moved: it was deleted in the console. */
async function isBehind({ db }: Session, day: string, id: string, before: Snapshot | null): Promise<boolean> {
  const what = `read the counter of ${day}`;
  const [run, counter] = await db.getAll([PATHS.run(id), PATHS.counter(day)], what);
  return run !== null && isDeepStrictEqual(counter?.data ?? null, before?.data ?? null);
}
