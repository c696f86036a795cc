import { z } from "zod";
import type { Thread } from "../../ports.ts";
import { parseDocument } from "./parse-document.ts";
import { PATHS } from "./paths.ts";
import { replaceRevised, versionOf } from "./revised.ts";
import type { Session } from "./session.ts";
import { decodeFields, encodeFields } from "./values.ts";

const StoredThread = z.object({
  run_id: z.string(),
  channel: z.string(),
  recipients: z.record(
    z.string(),
    z.object({
      ended_round: z.number().int(),
      progress_at: z.string().nullable(),
      kept: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    }),
  ),
  rev: z.number().int(),
});

/** Of a run and channel that nobody has written of yet: no recipients, at revision 0. */
export async function readThread({ db, threads }: Session, runId: string, channel: string): Promise<Thread> {
  const path = PATHS.thread(runId, channel);
  const snapshot = await db.get(path, `read the thread of ${runId} on channel ${channel}`);
  if (snapshot === null) return { run_id: runId, channel, recipients: {}, rev: 0 };
  threads.set(path, versionOf(snapshot));
  return parseDocument(StoredThread, path, decodeFields(snapshot.data));
}

/** False when somebody was faster. */
export const updateThread = (session: Session, thread: Thread): Promise<boolean> =>
  replaceRevised(session, {
    path: PATHS.thread(thread.run_id, thread.channel),
    what: `update the thread of ${thread.run_id} on channel ${thread.channel}`,
    rev: thread.rev,
    known: session.threads,
    fields: (id) => ({ ...encodeFields({ ...thread, rev: thread.rev + 1 }), store: { commit: id } }),
    mayCreate: true,
  });
