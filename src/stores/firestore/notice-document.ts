import { Notice } from "../../core/notice.ts";
import type { Fields, Snapshot, Write } from "./database.ts";
import { sortable } from "./instant.ts";
import { parseDocument } from "./parse-document.ts";
import { PATHS } from "./paths.ts";
import { decodeFields, encodeFields } from "./values.ts";

/**
 * The document of a notice. Beside its own fields stand, under `store`: `created_at` in the form that sorts, and `next`, when it
 * may be taken, only while it may be: so the index of due notices does not grow with those that are done.
 */
export function noticeFields(notice: Notice, id: string): Fields {
  const isOpen = notice.status === "pending" || notice.status === "sending";
  const next = isOpen && notice.next_at !== null ? { next: sortable(notice.next_at) } : {};
  return {
    ...encodeFields(notice),
    store: { created: sortable(notice.created_at), commit: id, ...next },
  };
}

export const addedNotice = (notice: Notice): Extract<Write, { kind: "create" }> => ({
  kind: "create",
  path: PATHS.notice(notice.id),
  data: noticeFields(notice, ""),
});

export const storedNotice = ({ path, data }: Snapshot): Notice =>
  parseDocument(Notice, path, decodeFields(data));
