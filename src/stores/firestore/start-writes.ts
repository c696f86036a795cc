import type { SheetPage, StartRequest } from "../../ports.ts";
import type { Snapshot, Write } from "./database.ts";
import { addedNotice } from "./notice-document.ts";
import { PATHS } from "./paths.ts";
import { runFields } from "./run-document.ts";
import type { Session } from "./session.ts";
import { encodeFields } from "./values.ts";

/** All of a start. */
export interface Started extends ReturnType<StartRequest["documents"]> {
  readonly day: string;
  /** The run's number of the day. */
  readonly count: number;
  readonly request: StartRequest["request"];
  /** Id of the write. */
  readonly commit: string;
}

export interface StartWrites {
  readonly counter: Write;
  readonly sheet: readonly Write[];
  /** Name, request key, run, events and notices. */
  readonly rest: readonly Write[];
  readonly all: readonly Write[];
}

/** A new run's documents; each holds only if nobody else has written there since it was `seen`. */
export async function startWrites(
  session: Session,
  started: Started,
  seen: { readonly counter: Snapshot | null; readonly request: Snapshot | null },
): Promise<StartWrites> {
  const { run, day, count, commit, events, notices } = started;
  const counter = onSeen(PATHS.counter(day), { day, count }, seen.counter);
  const sheet = started.sheet.map((page) => sheetWrite(run.run_id, page));
  const rest: Write[] = [
    { kind: "create", path: PATHS.run(run.run_id), data: runFields(run, [], commit) },
    { kind: "create", path: PATHS.name(run.name), data: { name: run.name, run_id: run.run_id } },
    ...(await requestWrites(session, started, seen.request)),
    ...events.map((event): Write => {
      return { kind: "create", path: PATHS.event(run.run_id, event.seq), data: encodeFields(event) };
    }),
    ...notices.map(addedNotice),
  ];
  return { counter, sheet, rest, all: [counter, ...sheet, ...rest] };
}

/** Nobody else writes a run's sheet: its number is ours, or nothing of this is written. */
const sheetWrite = (runId: string, page: SheetPage): Write => ({
  kind: "set",
  path: PATHS.sheet(runId, page.page),
  data: encodeFields(page),
});

async function requestWrites(
  { db }: Session,
  { request, run }: Started,
  seen: Snapshot | null,
): Promise<Write[]> {
  if (request === null) return [];
  const { key, hash, expires_at } = request;
  // Firestore deletes by a Timestamp only; a text would stay for ever.
  const data = { key, hash, run_id: run.run_id, expires_at: await db.timestamp(expires_at) };
  return [onSeen(PATHS.request(key), data, seen)];
}

const onSeen = (path: string, data: Record<string, unknown>, seen: Snapshot | null): Write =>
  seen ? { kind: "update", path, data, updateTime: seen.updateTime } : { kind: "create", path, data };
