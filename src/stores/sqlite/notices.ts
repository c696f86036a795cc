import type { Notice } from "../../core/notice.ts";
import type { NoticeQuery } from "../../ports.ts";
import type { Connection } from "./connection.ts";
import { Filter } from "./filter.ts";
import { epochOf, epochOrNull } from "./instant.ts";
import { addNotice, written } from "./write-documents.ts";

/** Oldest first, unless the newest are asked for. */
export function queryNotices(db: Connection, query: NoticeQuery): Notice[] {
  const filter = new Filter();
  filter.equal("run_id", query.run_id);
  filter.oneOf("status", query.status);
  filter.equal("channel", query.channel);
  if (query.due_at !== undefined) {
    filter.add("status IN ('pending', 'sending') AND next_ms <= ?", epochOf(query.due_at));
  }
  const order = query.newest ? "created_ms DESC, id DESC" : "created_ms, id";
  const sql = `SELECT doc FROM notices ${filter.where} ORDER BY ${order} LIMIT ?`;
  return db.read("list notices", () => db.documents<Notice>(sql, ...filter.values, query.limit));
}

export const readNotice = (db: Connection, id: string): Notice | null =>
  db.read(`read notice ${id}`, () => db.document<Notice>("SELECT doc FROM notices WHERE id = ?", id) ?? null);

/** False when there is a notice of that id. */
export const insertNotice = (db: Connection, notice: Notice): boolean =>
  db.write(`add notice ${notice.id}`, () => addNotice(db, written(notice)));

const REPLACE = `UPDATE notices SET status = ?, next_ms = ?, rev = ?, doc = ? WHERE id = ? AND rev = ?`;

/** The notice with its new revision; null when somebody was faster, or when there is no such notice. */
export function updateNotice(db: Connection, notice: Notice): Notice | null {
  const { document, text } = written({ ...notice, rev: notice.rev + 1 });
  const columns = [document.status, epochOrNull(document.next_at), document.rev, text];
  return db.write(`update notice ${notice.id}`, () =>
    db.run(REPLACE, ...columns, notice.id, notice.rev) === 1 ? (JSON.parse(text) as Notice) : null,
  );
}
