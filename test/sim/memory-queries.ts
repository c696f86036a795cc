/** What a memory store's queries mean: filters, order and pages, over plain lists. */
import type { Job } from "../../src/core/job.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { Run } from "../../src/core/run.ts";
import { isFinalRun } from "../../src/core/status.ts";
import type { JobQuery, NoticeQuery, Page, RunQuery } from "../../src/ports.ts";
import { cursorOf, type Position, positionOf } from "../../src/stores/cursor.ts";

/** Epoch milliseconds. */
export const epoch = (instant: string): number => Date.parse(instant);
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** When the run must be looked at, epoch milliseconds; never, when it is final. */
export const dueOf = (run: Run): number =>
  isFinalRun(run.status) || run.next_poll_at === null ? Number.POSITIVE_INFINITY : epoch(run.next_poll_at);

export const placeOf = (run: Run): Position => ({
  created: epoch(run.created_at),
  runId: run.run_id,
  key: "",
});

/** Newest run first, then by key. */
export const comparePlaces = (a: Position, b: Position): number =>
  b.created - a.created || compare(b.runId, a.runId) || compare(a.key, b.key);

/** The page of `items` that the query's cursor leads to, in the order of their places. */
export function pageOf<T>(
  items: readonly T[],
  place: (item: T) => Position,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Page<T> {
  const after = positionOf(query.cursor);
  const rest = items
    .filter((item) => after === null || comparePlaces(place(item), after) > 0)
    .sort((a, b) => comparePlaces(place(a), place(b)));
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  const more = rest.length > page.length && last !== undefined;
  return { items: page, cursor: more ? cursorOf(place(last)) : null };
}

export const isWantedRun = (run: Run, query: RunQuery): boolean =>
  (query.status?.includes(run.status) ?? true) &&
  (query.pipeline ?? run.pipeline) === run.pipeline &&
  (query.executor ?? run.executor) === run.executor &&
  (query.since === undefined || epoch(run.created_at) >= epoch(query.since)) &&
  (query.until === undefined || epoch(run.created_at) < epoch(query.until)) &&
  Object.entries(query.labels ?? {}).every(([key, value]) => run.labels[key] === value) &&
  hasText(run, (query.text ?? "").toLowerCase());

const hasText = ({ run_id, name, description }: Run, text: string): boolean =>
  [run_id, name, description].some((field) => field.toLowerCase().includes(text));

export const isWantedJob = (job: Job, query: JobQuery): boolean =>
  (query.run_id ?? job.run_id) === job.run_id &&
  (query.status ?? job.status) === job.status &&
  (query.step ?? job.step) === job.step &&
  (query.sample === undefined || query.sample === job.sample) &&
  (query.class === undefined || job.classes.includes(query.class)) &&
  (query.exit_code === undefined || job.exit_codes.includes(query.exit_code));

export const isWantedNotice = (notice: Notice, query: NoticeQuery): boolean =>
  (query.run_id ?? notice.run_id) === notice.run_id &&
  (query.status?.includes(notice.status) ?? true) &&
  (query.channel ?? notice.channel) === notice.channel &&
  (query.due_at === undefined || isDue(notice, query.due_at));

const isDue = ({ status, next_at }: Notice, at: string): boolean =>
  (status === "pending" || status === "sending") && next_at !== null && epoch(next_at) <= epoch(at);

export const byAge = (a: Notice, b: Notice): number =>
  epoch(a.created_at) - epoch(b.created_at) || compare(a.id, b.id);
