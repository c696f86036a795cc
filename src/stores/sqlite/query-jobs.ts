import type { Job } from "../../core/job.ts";
import type { JobQuery, Page } from "../../ports.ts";
import { cursorOf, type Position, positionOf } from "../cursor.ts";
import type { Connection } from "./connection.ts";
import { Filter } from "./filter.ts";

/** Jobs of the newest run first, and by key within a run. */
export function queryJobs(db: Connection, query: JobQuery): Page<Job> {
  const filter = filterOf(query);
  const order = query.run_id === undefined ? "created_ms DESC, run_id DESC, key" : "key";
  // One more than asked for tells whether there is a next page.
  const sql = `SELECT created_ms, doc FROM jobs ${filter.where} ORDER BY ${order} LIMIT ?`;
  const rows = db.read("list jobs", () => db.all(sql, ...filter.values, query.limit + 1));
  const items = rows.slice(0, query.limit).map((row) => JSON.parse(String(row["doc"])) as Job);
  const last = items.at(-1);
  if (rows.length === items.length || last === undefined) return { items, cursor: null };
  const created = Number(rows[items.length - 1]?.["created_ms"]);
  return { items, cursor: cursorOf({ created, runId: last.run_id, key: last.key }) };
}

function filterOf(query: JobQuery): Filter {
  const filter = new Filter();
  filter.equal("run_id", query.run_id);
  filter.equal("status", query.status);
  filter.equal("step", query.step);
  filter.equal("sample", query.sample);
  if (query.class !== undefined) filter.add("instr(classes, ?) > 0", `,${query.class},`);
  if (query.exit_code !== undefined) filter.add("instr(exit_codes, ?) > 0", `,${query.exit_code},`);
  // Lets SQLite use the index of the few jobs in trouble.
  if (query.class !== undefined || (query.exit_code ?? 0) !== 0) filter.add("troubled = 1");
  const after = positionOf(query.cursor);
  if (after) addPosition(filter, after, query.run_id !== undefined);
  return filter;
}

function addPosition(filter: Filter, { created, runId, key }: Position, oneRun: boolean): void {
  if (oneRun) return filter.add("key > ?", key);
  filter.add("created_ms <= ?", created);
  filter.add("(created_ms, run_id) < (?, ?) OR (run_id = ? AND key > ?)", created, runId, runId, key);
}
