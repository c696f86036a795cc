import type { Run } from "../../core/run.ts";
import type { Page, RunQuery } from "../../ports.ts";
import { type Position, positionOf } from "../cursor.ts";
import type { Snapshot } from "./database.ts";
import { documentId } from "./document-id.ts";
import { sortable } from "./instant.ts";
import { PATHS } from "./paths.ts";
import { labelTerm, storedRun } from "./run-document.ts";
import { type Found, scan } from "./scan.ts";
import type { Session } from "./session.ts";
import { NAME, type Operator, type Shape } from "./shape.ts";
import { orSkip } from "./skip-broken.ts";
import { decodeFields } from "./values.ts";

/** Newest first. Firestore finds no text within a text: `text`, and labels after the first, are looked for in what it lists. */
export async function queryRuns(session: Session, query: RunQuery): Promise<Page<Run>> {
  const after = positionOf(query.cursor);
  if (query.status?.length === 0) return { items: [], cursor: null };
  const shape = shapeOf(query);
  return scan(query.limit, after, (position, count) => {
    const page = { ...shape, limit: count, after: position ? valuesOf(position) : undefined };
    return query.text === undefined ? listed(session, page, query) : searched(session, page, query);
  });
}

const valuesOf = ({ created, runId }: Position): unknown[] => [
  new Date(created).toISOString(),
  documentId(runId),
];

function shapeOf(query: RunQuery): Shape {
  const where: [string, Operator, unknown][] = [];
  if (query.status) where.push(["status", "in", [...query.status]]);
  if (query.pipeline !== undefined) where.push(["pipeline", "==", query.pipeline]);
  if (query.executor !== undefined) where.push(["executor", "==", query.executor]);
  const [label] = Object.entries(query.labels ?? {});
  // A query may ask for one member of a list, not for two.
  if (label) where.push(["store.labels", "array-contains", labelTerm(...label)]);
  if (query.since !== undefined) where.push(["store.created", ">=", sortable(query.since)]);
  if (query.until !== undefined) where.push(["store.created", "<", sortable(query.until)]);
  return {
    collection: "runs",
    where,
    order: [
      ["store.created", "desc"],
      [NAME, "desc"],
    ],
  };
}

const listed = ({ db, warn }: Session, shape: Shape, query: RunQuery): Promise<Found<Run>[]> =>
  db.query(shape, "list runs", (snapshot) => {
    const run = orSkip(() => storedRun(snapshot).run, warn);
    return { position: placeOf(snapshot), item: run && hasLabels(run, query) ? run : null };
  });

const SEARCHED = ["run_id", "name", "description", "labels", "store.created"];

/** Looks through a few fields of many runs, and reads those that fit. */
async function searched(session: Session, shape: Shape, query: RunQuery): Promise<Found<Run>[]> {
  const text = (query.text ?? "").toLowerCase();
  const found = await session.db.query({ ...shape, select: SEARCHED }, "search runs", (snapshot) => ({
    position: placeOf(snapshot),
    fits: isFound(decodeFields(snapshot.data), text, query),
  }));
  const ids = found.filter(({ fits }) => fits).map(({ position }) => position.runId);
  const runs = new Map<string, Run>();
  for (const snapshot of await session.db.getAll(ids.map(PATHS.run), "read the runs that were found")) {
    const run = snapshot && orSkip(() => storedRun(snapshot).run, session.warn);
    if (run) runs.set(run.run_id, run);
  }
  return found.map(({ position }) => ({ position, item: runs.get(position.runId) ?? null }));
}

const isFound = (fields: Record<string, unknown>, text: string, query: RunQuery): boolean =>
  ["run_id", "name", "description"].some((field) => String(fields[field]).toLowerCase().includes(text)) &&
  hasLabels({ labels: (fields["labels"] ?? {}) as Run["labels"] }, query);

const hasLabels = ({ labels }: Pick<Run, "labels">, query: RunQuery): boolean =>
  Object.entries(query.labels ?? {}).every(([key, value]) => labels[key] === value);

/** By the document itself: its fields may have been spoilt by hand. */
function placeOf({ id, data }: Snapshot): Position {
  const { store } = data;
  const created = typeof store === "object" && store !== null && "created" in store ? store.created : 0;
  return { created: Date.parse(String(created)), runId: decodeURIComponent(id), key: "" };
}

/** Runs that are not final and whose time has come, the most overdue first. */
export const activeRuns = ({ db }: Session, now: string, limit: number): Promise<string[]> =>
  db.query(
    {
      collection: "runs",
      where: [["store.due", "<=", sortable(now)]],
      order: [
        ["store.due", "asc"],
        [NAME, "asc"],
      ],
      limit,
      select: ["run_id"],
    },
    "look for runs to watch",
    ({ data, id }) => String(data["run_id"] ?? id),
  );
