import type { Job } from "../../core/job.ts";
import type { JobQuery, Page } from "../../ports.ts";
import { type Position, positionOf } from "../cursor.ts";
import type { Snapshot } from "./database.ts";
import { documentId } from "./document-id.ts";
import { storedJob } from "./job-document.ts";
import { PATHS } from "./paths.ts";
import { type Found, scan } from "./scan.ts";
import type { Session } from "./session.ts";
import { NAME, type Operator, type Shape } from "./shape.ts";
import { orSkip } from "./skip-broken.ts";

/** Jobs of the newest run first, and by key within a run. */
export async function queryJobs(session: Session, query: JobQuery): Promise<Page<Job>> {
  const shape = query.run_id === undefined ? acrossRuns(query) : ofRun(query, query.run_id);
  return scan(query.limit, positionOf(query.cursor), (after, limit) => {
    const page = { ...shape, limit, after: after ? valuesOf(after, query) : undefined };
    return listed(session, page, query);
  });
}

const listed = ({ db, warn }: Session, shape: Shape, query: JobQuery): Promise<Found<Job>[]> =>
  db.query(shape, "list jobs", (snapshot) => {
    const job = orSkip(() => storedJob(snapshot, warn), warn);
    const isWanted = query.exit_code === undefined || job?.exit_codes.includes(query.exit_code);
    return { position: placeOf(snapshot), item: job && isWanted ? job : null };
  });

const ofRun = (query: JobQuery, runId: string): Shape => ({
  collection: PATHS.jobs(runId),
  where: conditions(query),
  order: [[NAME, "asc"]],
});

const acrossRuns = (query: JobQuery): Shape => ({
  collection: "jobs",
  group: true,
  where: conditions(query),
  order: [
    ["store.created", "desc"],
    ["run_id", "desc"],
    ["key", "asc"],
  ],
});

function conditions({ status, step, sample, class: name, exit_code }: JobQuery): Shape["where"] {
  const where: [string, Operator, unknown][] = [];
  if (status !== undefined) where.push(["status", "==", status]);
  if (step !== undefined) where.push(["step", "==", step]);
  if (sample !== undefined) where.push(["sample", "==", sample]);
  if (name !== undefined) where.push(["classes", "array-contains", name]);
  // A query may ask for a member of one list: with a class, exit codes are looked at in what it finds.
  else if (exit_code !== undefined) where.push(["exit_codes", "array-contains", exit_code]);
  return where;
}

const valuesOf = ({ created, runId, key }: Position, query: JobQuery): unknown[] =>
  query.run_id === undefined ? [new Date(created).toISOString(), runId, key] : [documentId(key)];

function placeOf({ data: { run_id, key, store } }: Snapshot): Position {
  const created = typeof store === "object" && store !== null && "created" in store ? store.created : 0;
  return { created: Date.parse(String(created)), runId: String(run_id), key: String(key) };
}
