import { isDeepStrictEqual } from "node:util";
import type { Event } from "../../core/event.ts";
import { AdapterError, type Commit } from "../../ports.ts";
import { refuseOversize } from "../commit-limits.ts";
import { storable } from "../storable.ts";
import type { Snapshot, Write } from "./database.ts";
import { jobFields } from "./job-document.ts";
import { addedNotice } from "./notice-document.ts";
import { PATHS } from "./paths.ts";
import { newId, peekRun } from "./read-run.ts";
import { commitMark, isEdited, runFields, wasCommitted } from "./run-document.ts";
import type { RunVersion, Session } from "./session.ts";
import { decodeFields, encodeFields } from "./values.ts";

type CommitResult = { readonly kind: "done"; readonly rev: number } | { readonly kind: "conflict" };
const CONFLICT: CommitResult = { kind: "conflict" };

/** Repeats of one commit whose end is not known, or that meets events and notices which are there already. */
const MOST_TRIES = 3;

/**
 * One batch, whose write of the run holds only if the run is as it was read; or nothing. When the answer is lost, the commit's
 * own mark in the run document tells whether it was done.
 */
export async function commitChanges(session: Session, commit: Commit): Promise<CommitResult> {
  const { run_id: runId, rev: readRev } = commit.run;
  const rev = readRev + 1;
  const jobs = commit.jobs.map((job) => storable(job, runId, rev));
  refuseOversize(
    runId,
    [{ ...commit.run, rev }, ...jobs, ...commit.events, ...commit.notices].map((part) =>
      JSON.stringify(part),
    ),
  );
  const version = await versionOf(session, runId, readRev);
  if (version === null) return CONFLICT;
  return new CommitTry(session, { ...commit, jobs }, version).make();
}

/** What the revision stands for; null when the run has another one, or is not in order. */
async function versionOf(session: Session, runId: string, rev: number): Promise<RunVersion | null> {
  if (session.runs.get(runId)?.rev !== rev) await peekRun(session, runId);
  const known = session.runs.get(runId);
  return known?.rev === rev ? known : null;
}

class CommitTry {
  readonly #session: Session;
  readonly #commit: Commit;
  readonly #version: RunVersion;
  readonly #id = newId();

  constructor(session: Session, commit: Commit, version: RunVersion) {
    this.#session = session;
    this.#commit = commit;
    this.#version = version;
  }

  async make(): Promise<CommitResult> {
    const { run, jobs } = this.#commit;
    const { db, runs } = this.#session;
    const rev = run.rev + 1;
    const what = `commit changes of run ${run.run_id}`;
    const data = runFields({ ...run, rev }, this.#version.commits, this.#id);
    const { updateTime } = this.#version;
    const writes: Write[] = [
      { kind: "update", path: PATHS.run(run.run_id), data, updateTime },
      ...jobs.map((job): Write => {
        const path = PATHS.job(run.run_id, job.key);
        return { kind: "set", path, data: jobFields(job, run.created_at) };
      }),
    ];
    let added = this.#added();
    for (let tries = 1; ; tries++) {
      const written = await db.write([...writes, ...added], what);
      if (written.kind === "done") {
        const commits = [...this.#version.commits, commitMark(rev, this.#id)];
        runs.set(run.run_id, { rev, updateTime: written.at, commits });
        return { kind: "done", rev };
      }
      const settled = await this.#settle(rev);
      if (settled) return settled;
      if (tries >= MOST_TRIES) throw unsettled(what, written.kind === "unknown" ? written.error : null);
      // The run is as it was: what refused the batch is an event or a notice that is there already.
      if (written.kind === "refused") added = await this.#missing(added);
    }
  }

  /** What became of a try that was not answered by "done"; null when the run is still as it was read. */
  async #settle(rev: number): Promise<CommitResult | null> {
    const stored = await peekRun(this.#session, this.#commit.run.run_id);
    if (stored === null) return CONFLICT;
    if (wasCommitted(stored, this.#id)) return { kind: "done", rev };
    const isSame = stored.updateTime.isEqual(this.#version.updateTime) && !isEdited(stored);
    return isSame ? null : CONFLICT;
  }

  #added(): Added[] {
    const { run, events, notices } = this.#commit;
    return [
      ...events.map((event): Added => {
        return { kind: "create", path: PATHS.event(run.run_id, event.seq), data: encodeFields(event), event };
      }),
      ...notices.map(addedNotice),
    ];
  }

  /** Those that are not there yet. Another event under a number that is taken is a bug. */
  async #missing(added: readonly Added[]): Promise<Added[]> {
    const { run_id } = this.#commit.run;
    const there = await this.#session.db.getAll(
      added.map(({ path }) => path),
      `read what run ${run_id} has already been told`,
    );
    there.forEach((snapshot, at) => {
      refuseOther(run_id, added[at]?.event, snapshot);
    });
    return added.filter((_, at) => there[at] === null);
  }
}

type Added = Extract<Write, { kind: "create" }> & { readonly event?: Event };

function refuseOther(runId: string, event: Event | undefined, there: Snapshot | null | undefined): void {
  if (event === undefined || !there) return;
  if (isDeepStrictEqual(decodeFields(there.data), decodeFields(encodeFields(event)))) return;
  throw new Error(
    `event ${event.seq} of run ${runId} is there already with another content; history is append-only`,
  );
}

const unsettled = (what: string, error: Error | null): Error =>
  error ??
  new AdapterError(
    `Firestore: cannot ${what}: it was refused ${MOST_TRIES} times though nothing had changed. The next tick tries again.`,
    { code: "store_contended", retryable: true },
  );
