import type { Notice } from "../../core/notice.ts";
import type { NoticeQuery } from "../../ports.ts";
import { sortable } from "./instant.ts";
import { addedNotice, noticeFields, storedNotice } from "./notice-document.ts";
import { PATHS } from "./paths.ts";
import { newId } from "./read-run.ts";
import { commitOf, replaceRevised, versionOf } from "./revised.ts";
import type { Session } from "./session.ts";
import { NAME, type Operator, type Shape } from "./shape.ts";
import { orSkip } from "./skip-broken.ts";

/** Oldest first, unless the newest are asked for. */
export async function queryNotices(session: Session, query: NoticeQuery): Promise<Notice[]> {
  if (query.status?.length === 0) return [];
  const found = await session.db.query(shapeOf(query), "list notices", (snapshot) => {
    session.notices.set(snapshot.path, versionOf(snapshot));
    return orSkip(() => storedNotice(snapshot), session.warn);
  });
  return found.filter((notice) => notice !== null);
}

function shapeOf({ run_id, status, channel, due_at, newest, limit }: NoticeQuery): Shape {
  const where: [string, Operator, unknown][] = [];
  if (run_id !== undefined) where.push(["run_id", "==", run_id]);
  if (status !== undefined) where.push(["status", "in", [...status]]);
  if (channel !== undefined) where.push(["channel", "==", channel]);
  if (due_at === undefined) {
    const direction = newest ? "desc" : "asc";
    return {
      collection: "notices",
      where,
      order: [
        ["store.created", direction],
        [NAME, direction],
      ],
      limit,
    };
  }
  // Only open notices have `store.next`, so only they are in these indexes.
  where.push(["store.next", "<=", sortable(due_at)]);
  return {
    collection: "notices",
    where,
    order: [
      ["store.created", "asc"],
      ["store.next", "asc"],
    ],
    limit,
  };
}

export async function readNotice({ db, notices }: Session, id: string): Promise<Notice | null> {
  const snapshot = await db.get(PATHS.notice(id), `read notice ${id}`);
  if (snapshot === null) return null;
  notices.set(snapshot.path, versionOf(snapshot));
  return storedNotice(snapshot);
}

/** False when there is a notice of that id. A repeat of a write whose end is not known counts as our own. */
export async function addNotice({ db }: Session, notice: Notice): Promise<boolean> {
  const id = newId();
  const write = { ...addedNotice(notice), data: noticeFields(notice, id) };
  const what = `add notice ${notice.id}`;
  const written = await db.write([write], what);
  if (written.kind === "done") return true;
  const there = await db.get(write.path, what);
  if (there) return commitOf(there) === id;
  throw written.kind === "unknown" ? written.error : new Error(`${what}: refused, although there is none`);
}

/** The notice with its new revision; null when somebody was faster, or when there is no such notice. */
export async function updateNotice(session: Session, notice: Notice): Promise<Notice | null> {
  const next: Notice = { ...notice, rev: notice.rev + 1 };
  const won = await replaceRevised(session, {
    path: PATHS.notice(notice.id),
    what: `update notice ${notice.id}`,
    rev: notice.rev,
    known: session.notices,
    fields: (id) => noticeFields(next, id),
    mayCreate: false,
  });
  return won ? (JSON.parse(JSON.stringify(next)) as Notice) : null;
}
