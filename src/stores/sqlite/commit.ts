import type { Commit } from "../../ports.ts";
import { refuseOversize } from "../commit-limits.ts";
import { headOf } from "../head.ts";
import { storable } from "../storable.ts";
import type { Connection } from "./connection.ts";
import { epochOf } from "./instant.ts";
import { addNotice, appendEvent, replaceRun, writeJob, written } from "./write-documents.ts";

type CommitResult = { readonly kind: "done"; readonly rev: number } | { readonly kind: "conflict" };

/** Writes all of it under the run's revision, or nothing. Serializes before it takes the lock, so as to hold it briefly. */
export function commitChanges(db: Connection, commit: Commit): CommitResult {
  const { run_id, rev: readRev, created_at } = commit.run;
  const rev = readRev + 1;
  const run = written({ ...commit.run, rev });
  const jobs = commit.jobs.map((job) => written(storable(job, run_id, rev)));
  const events = commit.events.map(written);
  const notices = commit.notices.map(written);
  refuseOversize(
    run_id,
    [run, ...jobs, ...events, ...notices].map(({ text }) => text),
  );
  const heads = jobs.map(({ document }) => JSON.stringify(headOf(document)));
  const created = epochOf(created_at);
  return db.write(`commit changes of run ${run_id}`, () => {
    if (!replaceRun(db, run, readRev)) return { kind: "conflict" };
    jobs.forEach((job, index) => {
      writeJob(db, job, heads[index]!, created);
    });
    for (const event of events) appendEvent(db, run_id, event);
    for (const notice of notices) addNotice(db, notice);
    return { kind: "done", rev };
  });
}
