import type { Run } from "../../core/run.ts";
import type { Page, RunQuery } from "../../ports.ts";
import { cursorOf, positionOf } from "../cursor.ts";
import type { Connection } from "./connection.ts";
import { Filter } from "./filter.ts";
import { epochOf } from "./instant.ts";

/** Newest first. A page begins where the last one ended, whatever was started meanwhile. */
export function queryRuns(db: Connection, query: RunQuery): Page<Run> {
  const filter = filterOf(query);
  // One more than asked for tells whether there is a next page.
  const sql = `SELECT doc FROM runs ${filter.where} ORDER BY created_ms DESC, run_id DESC LIMIT ?`;
  const found = db.read("list runs", () => db.documents<Run>(sql, ...filter.values, query.limit + 1));
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  const more = found.length > items.length && last !== undefined;
  const cursor = more ? cursorOf({ created: epochOf(last.created_at), runId: last.run_id, key: "" }) : null;
  return { items, cursor };
}

function filterOf(query: RunQuery): Filter {
  const filter = new Filter();
  filter.oneOf("status", query.status);
  filter.equal("pipeline", query.pipeline);
  filter.equal("executor", query.executor);
  if (query.since !== undefined) filter.add("created_ms >= ?", epochOf(query.since));
  if (query.until !== undefined) filter.add("created_ms < ?", epochOf(query.until));
  for (const [key, value] of Object.entries(query.labels ?? {})) {
    filter.add(
      "EXISTS (SELECT 1 FROM json_each(labels) AS label WHERE label.key = ? AND label.value = ?)",
      key,
      value,
    );
  }
  if (query.text !== undefined) filter.add("instr(search, ?) > 0", query.text.toLowerCase());
  const after = positionOf(query.cursor);
  if (after) filter.add("(created_ms, run_id) < (?, ?)", after.created, after.runId);
  return filter;
}

const RESOLVE_AT_MOST = 10;
/** Sorts after every text that begins alike. */
const LAST_CHARACTER = "\u{10ffff}";

/** The ids that a person may have meant: the exact id or name alone, else those with such a prefix, newest first. */
export function resolveRun(db: Connection, reference: string): string[] {
  if (reference === "") return [];
  return db.read(`look up run ${reference}`, () => {
    const exact = db.get(
      "SELECT run_id FROM runs WHERE run_id = ?1 OR name = ?1 ORDER BY run_id = ?1 DESC LIMIT 1",
      reference,
    );
    return exact ? [String(exact["run_id"])] : withPrefix(db, reference);
  });
}

/** A range rather than LIKE: it uses the index, and `%` and `_` mean themselves. */
function withPrefix(db: Connection, prefix: string): string[] {
  const sql = `SELECT run_id FROM runs WHERE (run_id > ?1 AND run_id < ?2) OR (name > ?1 AND name < ?2)
    ORDER BY created_ms DESC, run_id DESC LIMIT ${RESOLVE_AT_MOST}`;
  return db.all(sql, prefix, prefix + LAST_CHARACTER).map((row) => String(row["run_id"]));
}

/** Runs that are not final and whose time has come, the most overdue first. */
export const activeRuns = (db: Connection, now: string, limit: number): string[] =>
  db.read("look for runs to watch", () =>
    db
      .all(
        "SELECT run_id FROM runs WHERE active_ms <= ? ORDER BY active_ms, run_id LIMIT ?",
        epochOf(now),
        limit,
      )
      .map((row) => String(row["run_id"])),
  );
