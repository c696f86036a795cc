import { runId } from "../../core/ids.ts";
import type { Run } from "../../core/run.ts";
import type { StartRequest, StartResult } from "../../ports.ts";
import type { Connection } from "./connection.ts";
import { epochOf } from "./instant.ts";
import { addNotice, appendEvent, insertRun, written } from "./write-documents.ts";

/** Counter, name, request key, run, sheet, events and notices: one commit, or nothing. */
export const startRun = (db: Connection, request: StartRequest): StartResult =>
  db.write(`start a run of ${request.pipeline}`, () => startLocked(db, request));

function startLocked(db: Connection, request: StartRequest): StartResult {
  const id = countRun(db, request);
  const repeated = earlierStart(db, request, id);
  if (repeated) return uncount(db, request, repeated);
  const name = freeName(db, request);
  if (typeof name !== "string") return uncount(db, request, name);
  return { kind: "created", run: writeStart(db, request, id, name) };
}

function countRun(db: Connection, { day, pipeline }: StartRequest): string {
  const row = db.get(
    "INSERT INTO counters (day, count) VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
    day,
  );
  return runId(day, pipeline, Number(row?.["count"]));
}

/** No run came of it: its number goes to the next one. Nobody else has counted meanwhile, we hold the lock. */
function uncount(db: Connection, { day }: StartRequest, result: StartResult): StartResult {
  db.run("UPDATE counters SET count = count - 1 WHERE day = ?", day);
  return result;
}

/** What the request key has already started; null when it is new, or when its time is over. */
function earlierStart(db: Connection, request: StartRequest, id: string): StartResult | null {
  if (request.request === null) return null;
  const row = db.get("SELECT hash, run_id, expires_ms FROM requests WHERE key = ?", request.request.key);
  if (row === undefined) return null;
  // The store has no clock: it is as late as the run that is to be created.
  const { run } = request.documents(id, request.name ?? request.suggestions[0] ?? id);
  if (Number(row["expires_ms"]) < epochOf(run.created_at)) return null;
  const by = String(row["run_id"]);
  if (row["hash"] !== request.request.hash) return { kind: "key_reused", by };
  const earlier = db.document<Run>("SELECT doc FROM runs WHERE run_id = ?", by);
  return earlier && { kind: "repeated", run: earlier };
}

/** The name asked for, or the first suggestion that is free; else who has it (of the last suggestion). */
function freeName(db: Connection, { name, suggestions }: StartRequest): string | StartResult {
  let taken: StartResult | null = null;
  for (const candidate of name === null ? suggestions : [name]) {
    const holder = db.get("SELECT run_id FROM runs WHERE name = ?", candidate);
    if (holder === undefined) return candidate;
    taken = { kind: "name_taken", by: String(holder["run_id"]) };
  }
  if (taken) return taken;
  throw new Error("a start needs a name, or at least one suggestion");
}

function writeStart(db: Connection, request: StartRequest, id: string, name: string): Run {
  const { run, sheet, events, notices } = request.documents(id, name);
  if (run.run_id !== id || run.name !== name) {
    throw new Error(`documents of run ${id} (${name}) name themselves ${run.run_id} (${run.name})`);
  }
  const document = written(run);
  insertRun(db, document);
  for (const page of sheet) {
    db.run("INSERT INTO sheets (run_id, page, doc) VALUES (?, ?, ?)", id, page.page, JSON.stringify(page));
  }
  for (const event of events) appendEvent(db, id, written(event));
  for (const notice of notices) addNotice(db, written(notice));
  rememberRequest(db, request, run);
  return JSON.parse(document.text) as Run;
}

function rememberRequest(db: Connection, { request }: StartRequest, run: Run): void {
  if (request === null) return;
  db.run("DELETE FROM requests WHERE expires_ms < ?", epochOf(run.created_at));
  db.run(
    "INSERT INTO requests (key, hash, run_id, expires_ms) VALUES (?, ?, ?, ?)",
    ...[request.key, request.hash, run.run_id, epochOf(request.expires_at)],
  );
}
