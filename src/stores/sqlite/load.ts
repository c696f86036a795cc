import type { Event } from "../../core/event.ts";
import type { Job, LoadedJob } from "../../core/job.ts";
import type { Run } from "../../core/run.ts";
import type { SheetPage } from "../../ports.ts";
import type { Connection } from "./connection.ts";

type Form = "heads" | "whole";

/** The run and its jobs of one moment: a commit in between is seen whole, or not at all. */
export function loadRun(
  db: Connection,
  runId: string,
  since: number,
  form: Form,
): { run: Run; jobs: LoadedJob[] } | null {
  return db.read(`load run ${runId}`, () => {
    const run = db.document<Run>("SELECT doc FROM runs WHERE run_id = ?", runId);
    return run && { run, jobs: changedJobs(db, runId, since, form) };
  });
}

/** In order of keys: sorted here, because SQLite would carry the documents through its sorter. */
function changedJobs(db: Connection, runId: string, since: number, form: Form): LoadedJob[] {
  const column = form === "heads" ? "head" : "doc";
  const sql = `SELECT ${column} AS doc FROM jobs WHERE run_id = ? AND rev > ?`;
  const jobs = db.documents<LoadedJob>(sql, runId, since);
  // A head says of itself that it is not whole.
  const marked = form === "heads" ? jobs : jobs.map((job) => ({ ...job, whole: true }));
  return marked.sort((a, b) => (a.key < b.key ? -1 : 1));
}

export const readRun = (db: Connection, runId: string): Run | null =>
  db.read(`read run ${runId}`, () => db.document<Run>("SELECT doc FROM runs WHERE run_id = ?", runId));

/** In the order asked for; unknown keys are left out. */
export function readJobs(db: Connection, runId: string, keys: readonly string[]): Job[] {
  const sql = "SELECT doc FROM jobs WHERE run_id = ? AND key = ?";
  return db.read(`read jobs of run ${runId}`, () =>
    keys.flatMap((key) => db.document<Job>(sql, runId, key) ?? []),
  );
}

export const readSheet = (db: Connection, runId: string, page: number): SheetPage | null =>
  db.read(`read the sample sheet of run ${runId}`, () =>
    db.document<SheetPage>("SELECT doc FROM sheets WHERE run_id = ? AND page = ?", runId, page),
  );

export const readEvents = (db: Connection, runId: string, after: number, limit: number): Event[] =>
  db.read(`read events of run ${runId}`, () =>
    db.documents<Event>(
      "SELECT doc FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?",
      ...[runId, after, limit],
    ),
  );
