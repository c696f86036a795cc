import { randomBytes } from "node:crypto";
import type { Event } from "../../core/event.ts";
import type { Run } from "../../core/run.ts";
import { AdapterError } from "../../ports.ts";
import { PATHS } from "./paths.ts";
import { commitMark, isEdited, runFields, type StoredRun, storedRun } from "./run-document.ts";
import type { Session } from "./session.ts";
import { encodeFields } from "./values.ts";

/** Of a write: so that it is known again when its answer was lost. */
export const newId = (): string => randomBytes(6).toString("hex");

const MOST_ROUNDS = 5;

/** The run as it is now; what was edited by hand is said, and written down in its history first. */
export async function readRun(session: Session, runId: string): Promise<Run | null> {
  for (let round = 0; ; round++) {
    const stored = await peekRun(session, runId);
    if (stored === null) return null;
    if (!isEdited(stored) || round >= MOST_ROUNDS) return stored.run;
    const adopted = await adoptEdits(session, stored);
    if (adopted) return adopted;
  }
}

/** The run as it stands, edits by hand or not; its version is known from now on. */
export async function peekRun({ db, runs }: Session, runId: string): Promise<StoredRun | null> {
  const snapshot = await db.get(PATHS.run(runId), `read run ${runId}`);
  if (snapshot === null) {
    runs.forget(runId);
    return null;
  }
  const stored = storedRun(snapshot);
  // A run that was edited is first put in order by `readRun`: until then no commit is on it.
  if (isEdited(stored)) runs.forget(runId);
  else remember(runs, stored);
  return stored;
}

function remember(runs: Session["runs"], { run, updateTime, commits }: StoredRun): void {
  runs.set(run.run_id, { rev: run.rev, updateTime, commits });
}

/**
 * Takes what a person changed in the console into the run's history, as a new revision. Null: somebody was faster. One who may
 * only read is told, and goes on with what is there.
 */
async function adoptEdits(session: Session, stored: StoredRun): Promise<Run | null> {
  const { db, runs } = session;
  const { run_id, rev, event_count: seq, notes } = stored.run;
  const text = wordsOf(stored);
  session.warn(`run ${run_id}: ${text}`);
  const run = { ...stored.run, rev: rev + 1, event_count: seq + 1, notes: [...new Set([...notes, text])] };
  const event: Event = {
    ...{ seq, at: session.now(), type: "run.note", job: null, attempt: null },
    data: { text, ...stored.edits },
  };
  const id = newId();
  const data = runFields(run, stored.commits, id);
  try {
    const { updateTime, commits } = stored;
    const written = await db.write(
      [
        { kind: "update", path: PATHS.run(run_id), data, updateTime },
        { kind: "create", path: PATHS.event(run_id, seq), data: encodeFields(event) },
      ],
      `note that run ${run_id} was edited by hand`,
    );
    if (written.kind !== "done") return null;
    runs.set(run_id, {
      rev: run.rev,
      updateTime: written.at,
      commits: [...commits, commitMark(run.rev, id)],
    });
    return run;
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== "store_denied") throw error;
    remember(runs, stored);
    return stored.run;
  }
}

function wordsOf({ edits: { taken, putBack } }: StoredRun): string {
  const parts = [
    ...(taken.length > 0 ? [`${taken.join(", ")} taken as it stands`] : []),
    ...(putBack.length > 0
      ? [`${putBack.join(", ")} put back (use \`bioagent cancel\` or \`bioagent retry\`)`]
      : []),
  ];
  return `the run document was edited outside BioAgent: ${parts.join("; ")}`;
}
