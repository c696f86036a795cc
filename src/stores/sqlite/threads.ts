import type { Thread } from "../../ports.ts";
import type { Connection } from "./connection.ts";

/** Of a run and channel that nobody has written of yet: no recipients, at revision 0. */
export const readThread = (db: Connection, runId: string, channel: string): Thread =>
  db.read(`read the thread of ${runId} on channel ${channel}`, () => {
    const sql = "SELECT doc FROM threads WHERE run_id = ? AND channel = ?";
    return db.document<Thread>(sql, runId, channel) ?? { run_id: runId, channel, recipients: {}, rev: 0 };
  });

const WRITE = `INSERT INTO threads (run_id, channel, rev, doc) SELECT ?1, ?2, ?3, ?4
  WHERE ?5 = coalesce((SELECT rev FROM threads WHERE run_id = ?1 AND channel = ?2), 0)
  ON CONFLICT DO UPDATE SET rev = excluded.rev, doc = excluded.doc`;

/** False when somebody was faster. */
export function updateThread(db: Connection, thread: Thread): boolean {
  const { run_id, channel, rev } = thread;
  const next = { ...thread, rev: rev + 1 };
  return db.write(
    `update the thread of ${run_id} on channel ${channel}`,
    () => db.run(WRITE, run_id, channel, next.rev, JSON.stringify(next), rev) === 1,
  );
}
