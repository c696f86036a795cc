import type { Event } from "../../core/event.ts";
import { Event as EventSchema } from "../../core/event.ts";
import type { Job, LoadedJob } from "../../core/job.ts";
import type { Run } from "../../core/run.ts";
import { AdapterError, type SheetPage } from "../../ports.ts";
import { headOf } from "../head.ts";
import { HEAD_FIELDS, storedHead, storedJob } from "./job-document.ts";
import { parseDocument } from "./parse-document.ts";
import { PATHS } from "./paths.ts";
import { readRun } from "./read-run.ts";
import type { Session } from "./session.ts";
import type { Shape } from "./shape.ts";
import { decodeFields } from "./values.ts";

type Form = "heads" | "whole";

/** Commits of others that may fall between the two reads of a load. */
const MOST_ROUNDS = 20;

/**
 * The run and its changed jobs, of one moment. The run is read first: if it is as new as `since`, no job can be newer (one
 * document read). Jobs that turn out newer than the run were committed in between: then both are brought up to date.
 */
export async function loadRun(
  session: Session,
  runId: string,
  since: number,
  form: Form,
): Promise<{ run: Run; jobs: LoadedJob[] } | null> {
  const jobs = new Map<string, LoadedJob>();
  let seen = since;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const run = await readRun(session, runId);
    if (run === null) return null;
    if (run.rev <= seen) return { run, jobs: sorted(jobs) };
    let newest = 0;
    for (const job of await changedJobs(session, runId, seen, form)) {
      jobs.set(job.key, job);
      newest = Math.max(newest, job.rev);
    }
    if (newest <= run.rev) return { run, jobs: sorted(jobs) };
    seen = run.rev;
  }
  throw new AdapterError(
    `run ${runId} was changed ${MOST_ROUNDS} times while it was being loaded. The next tick tries again.`,
    { code: "store_contended", retryable: true },
  );
}

const sorted = (jobs: ReadonlyMap<string, LoadedJob>): LoadedJob[] =>
  [...jobs.values()].sort((a, b) => (a.key < b.key ? -1 : 1));

async function changedJobs(session: Session, runId: string, since: number, form: Form): Promise<LoadedJob[]> {
  const { db } = session;
  const shape: Shape = { collection: PATHS.jobs(runId), where: [["rev", ">", since]] };
  const what = `load jobs of run ${runId}`;
  if (form === "whole") {
    const whole = await db.query(shape, what, (snapshot) => storedJob(snapshot, session.warn));
    return whole.map((job) => ({ ...job, whole: true }));
  }
  const paths: string[] = [];
  const heads = await db.query({ ...shape, select: HEAD_FIELDS }, what, (snapshot) => {
    const head = storedHead(snapshot);
    if (head === null) paths.push(snapshot.path);
    return head;
  });
  const known = heads.filter((head) => head !== null);
  return paths.length === 0 ? known : [...known, ...(await readHeads(session, paths, what))];
}

/** Of the few jobs whose head is too large to be kept. */
async function readHeads(session: Session, paths: readonly string[], what: string): Promise<LoadedJob[]> {
  const found = await session.db.getAll(paths, what);
  return found.flatMap((snapshot) => (snapshot ? [headOf(storedJob(snapshot, session.warn))] : []));
}

/** In the order asked for; unknown keys are left out. */
export async function readJobs(session: Session, runId: string, keys: readonly string[]): Promise<Job[]> {
  if (keys.length === 0) return [];
  const paths = keys.map((key) => PATHS.job(runId, key));
  const found = await session.db.getAll(paths, `read jobs of run ${runId}`);
  return found.flatMap((snapshot) => (snapshot ? [storedJob(snapshot, session.warn)] : []));
}

export async function readSheet({ db }: Session, runId: string, page: number): Promise<SheetPage | null> {
  const snapshot = await db.get(PATHS.sheet(runId, page), `read the sample sheet of run ${runId}`);
  // Not parsed by a schema: the port's own type, written by this program alone, and never changed.
  return snapshot && (decodeFields(snapshot.data) as unknown as SheetPage);
}

export function readEvents({ db }: Session, runId: string, after: number, limit: number): Promise<Event[]> {
  return db.query(
    {
      collection: PATHS.events(runId),
      where: [["seq", ">", after]],
      order: [["seq", "asc"]],
      limit,
    },
    `read events of run ${runId}`,
    ({ path, data }) => parseDocument(EventSchema, path, decodeFields(data)),
  );
}
