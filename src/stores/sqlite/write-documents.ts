import { isDeepStrictEqual } from "node:util";
import type { Event } from "../../core/event.ts";
import type { Job } from "../../core/job.ts";
import type { Notice } from "../../core/notice.ts";
import type { Run } from "../../core/run.ts";
import { isFinalRun } from "../../core/status.ts";
import type { Connection } from "./connection.ts";
import { epochOf, epochOrNull } from "./instant.ts";

/** A document with its text, so that it is measured and written from one serialization. */
export interface Written<T> {
  readonly document: T;
  readonly text: string;
}

export const written = <T>(document: T): Written<T> => ({ document, text: JSON.stringify(document) });

/** The columns of a run that change: in this order in `INSERT_RUN` and `UPDATE_RUN`. */
const changingColumns = ({ document: run, text }: Written<Run>) =>
  [
    run.rev,
    run.status,
    isFinalRun(run.status) ? null : epochOrNull(run.next_poll_at),
    searchText(run),
    JSON.stringify(run.labels),
    text,
  ] as const;

const INSERT_RUN = `INSERT INTO runs (rev, status, active_ms, search, labels, doc, run_id, name, pipeline, executor, created_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE_RUN =
  "UPDATE runs SET rev = ?, status = ?, active_ms = ?, search = ?, labels = ?, doc = ? WHERE run_id = ? AND rev = ?";

export function insertRun(db: Connection, run: Written<Run>): void {
  const { run_id, name, pipeline, executor, created_at } = run.document;
  db.run(INSERT_RUN, ...changingColumns(run), run_id, name, pipeline, executor, epochOf(created_at));
}

/** False when the stored run has another revision than `readRev`, or is not there. */
export const replaceRun = (db: Connection, run: Written<Run>, readRev: number): boolean =>
  db.run(UPDATE_RUN, ...changingColumns(run), run.document.run_id, readRev) === 1;

/** Where `queryRuns` looks for a text, in lower case. */
const searchText = (run: Run): string => `${run.run_id}\n${run.name}\n${run.description}`.toLowerCase();

const UPSERT_JOB = `INSERT INTO jobs
  (run_id, key, rev, created_ms, step, sample, status, troubled, classes, exit_codes, head, doc)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (run_id, key) DO UPDATE SET rev = excluded.rev, status = excluded.status, troubled = excluded.troubled,
    classes = excluded.classes, exit_codes = excluded.exit_codes, head = excluded.head, doc = excluded.doc`;

/** `created`: epoch milliseconds of the run's creation, by which jobs of several runs are ordered. */
export function writeJob(db: Connection, job: Written<Job>, head: string, created: number): void {
  const { run_id, key, rev, step, sample, status, classes, exit_codes } = job.document;
  const troubled =
    classes.some((name) => name !== null) || exit_codes.some((code) => code !== null && code !== 0);
  db.run(
    UPSERT_JOB,
    ...[run_id, key, rev, created, step, sample, status, troubled ? 1 : 0],
    ...[listed(classes), listed(exit_codes), head, job.text],
  );
}

/** `,oom,,app,`: searched for `,oom,`. Null members stay empty. */
const listed = (values: readonly (string | number | null)[]): string => `,${values.join(",")},`;

/** Appends to a run's history. The same event twice is one; another one under its number is a bug. */
export function appendEvent(db: Connection, runId: string, { document: event, text }: Written<Event>): void {
  const added = db.run(
    "INSERT INTO events (run_id, seq, doc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ...[runId, event.seq, text],
  );
  if (added === 1) return;
  const there = db.document<Event>("SELECT doc FROM events WHERE run_id = ? AND seq = ?", runId, event.seq);
  if (isDeepStrictEqual(there, JSON.parse(text))) return;
  throw new Error(
    `event ${event.seq} of run ${runId} is there already with another content; history is append-only`,
  );
}

/** Adds to the outbox. One that is there already stays as it is: it may be under way, or delivered. */
/** False when there is a notice of that id. */
export function addNotice(db: Connection, { document: notice, text }: Written<Notice>): boolean {
  const added = db.run(
    "INSERT INTO notices (id, run_id, channel, status, created_ms, next_ms, rev, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ...[notice.id, notice.run_id, notice.channel, notice.status, epochOf(notice.created_at)],
    ...[epochOrNull(notice.next_at), notice.rev, text],
  );
  return added === 1;
}
