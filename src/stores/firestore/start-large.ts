import { MOST_BYTES, MOST_DOCUMENTS } from "../../core/chunk.ts";
import type { Snapshot, Write, Written } from "./database.ts";
import { PATHS } from "./paths.ts";
import type { Session } from "./session.ts";
import type { Started, StartWrites } from "./start-writes.ts";

/** A start that was begun so long ago, milliseconds, and has not ended, will not end. */
const ABANDONED_MILLISECONDS = 3_600_000;
const PAGES_AT_ONCE = 200;
const SWEPT_AT_ONCE = 10;

/** Counter, request key, run and name. */
const OTHER_DOCUMENTS = 4;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** More than one batch takes: its sheet has very many samples. */
export function isLarge({ run, sheet, events, notices }: Started): boolean {
  const documents = OTHER_DOCUMENTS + sheet.length + events.length + notices.length;
  return documents > MOST_DOCUMENTS || bytesOf([run, sheet, events, notices]) > MOST_BYTES;
}

/**
 * First the number alone is taken, with a mark under `starts/`; then the sheet is written, page by page, where nobody looks
 * before there is a run; then all the rest at once, and the mark goes. A process that dies in between leaves a gap in the
 * day's numbers, and pages without a run, which a later large start deletes.
 */
export async function writeLargeStart(
  session: Session,
  started: Started,
  { counter, sheet, rest }: StartWrites,
): Promise<Written> {
  const { db, now } = session;
  const { run_id: runId } = started.run;
  const what = `start run ${runId}`;
  await sweepAbandoned(session);
  const path = PATHS.start(runId);
  const mark = { run_id: runId, at: now(), pages: started.sheet.map(({ page }) => page) };
  const reserved = await db.write([counter, { kind: "create", path, data: mark }], what);
  if (reserved.kind !== "done") return reserved;
  for (const part of partsOf(sheet)) {
    const written = await db.write(part, what);
    if (written.kind === "unknown") throw written.error;
  }
  return db.write([...rest, { kind: "delete", path, updateTime: reserved.at }], what);
}

/** Batches of pages. */
function partsOf(sheet: readonly Write[]): Write[][] {
  const parts: Write[][] = [];
  let bytes = 0;
  for (const write of sheet) {
    const size = bytesOf(write);
    const last = parts.at(-1);
    if (last && last.length < PAGES_AT_ONCE && bytes + size <= MOST_BYTES / 2) {
      last.push(write);
      bytes += size;
    } else {
      parts.push([write]);
      bytes = size;
    }
  }
  return parts;
}

/** Deletes the pages of large starts that died. The mark is changed first: if its start is alive after all, it fails then. */
async function sweepAbandoned({ db, now }: Session): Promise<void> {
  const what = "delete what an abandoned start left behind";
  const before = new Date(Date.parse(now()) - ABANDONED_MILLISECONDS).toISOString();
  const found = await db.query(
    { collection: "starts", where: [["at", "<", before]], order: [["at", "asc"]], limit: SWEPT_AT_ONCE },
    what,
    (snapshot: Snapshot) => snapshot,
  );
  for (const { path, data, updateTime } of found) {
    const claimed = await db.write([{ kind: "update", path, data: { swept_at: now() }, updateTime }], what);
    if (claimed.kind !== "done") continue;
    const pages = Array.isArray(data["pages"]) ? data["pages"] : [];
    const paths = pages.map((page) => PATHS.sheet(String(data["run_id"]), Number(page)));
    for (let at = 0; at < paths.length; at += PAGES_AT_ONCE) {
      await db.write(
        paths.slice(at, at + PAGES_AT_ONCE).map((page) => ({ kind: "delete", path: page })),
        what,
      );
    }
    await db.write([{ kind: "delete", path }], what);
  }
}
