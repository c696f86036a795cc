import type { Timestamp } from "@google-cloud/firestore";
import { z } from "zod";
import { Run } from "../../core/run.ts";
import { isFinalRun } from "../../core/status.ts";
import type { Fields, Snapshot } from "./database.ts";
import { digest } from "./hash.ts";
import { sortable } from "./instant.ts";
import { parseDocument } from "./parse-document.ts";
import { decodeFields, encodeFields } from "./values.ts";

/**
 * Fields that only BioAgent may set: it counts, orders and ends by them. A copy stands in `store.kept`; one that was edited by
 * hand is put back from there.
 */
const KEPT = [
  ...["run_id", "name", "pipeline", "executor", "status", "outcome", "stopping", "round", "created_at"],
  ...["completed_at", "summary", "rev", "planned", "event_count"],
] as const satisfies readonly (keyof Run)[];

/** What stands beside a run's own fields, under `store`. */
const Beside = z.object({
  /** `created_at` and `next_poll_at` in the form that sorts; null: nothing to look at any more. */
  created: z.string(),
  due: z.string().nullable(),
  /** `KEY=VALUE`, for queries. */
  labels: z.array(z.string()),
  /** The last commits, `REV:ID`: so that one whose answer was lost is known again. */
  commits: z.array(z.string()),
  /** JSON. */
  kept: z.string(),
  /** A digest of each other field, as it was written. */
  fields: z.record(z.string(), z.string()),
});

export interface StoredRun {
  readonly run: Run;
  readonly updateTime: Timestamp;
  readonly commits: readonly string[];
  /** What was changed by hand: fields taken as they stand, and fields put back. */
  readonly edits: { readonly taken: readonly string[]; readonly putBack: readonly string[] };
}

const KEPT_COMMITS = 8;
export const commitMark = (rev: number, id: string): string => `${rev}:${id}`;
export const wasCommitted = (stored: Pick<StoredRun, "commits">, id: string): boolean =>
  stored.commits.some((mark) => mark.endsWith(`:${id}`));

/** The document of a run, as the commit `id` writes it after those before it. */
export function runFields(run: Run, commits: readonly string[], id: string): Fields {
  const isOver = isFinalRun(run.status) || run.next_poll_at === null;
  const kept: ReadonlySet<string> = new Set(KEPT);
  const others = Object.entries(run).filter(([field]) => !kept.has(field));
  const beside: z.infer<typeof Beside> = {
    created: sortable(run.created_at),
    due: isOver ? null : sortable(run.next_poll_at ?? ""),
    labels: Object.entries(run.labels).map(([key, value]) => labelTerm(key, value)),
    commits: [...commits, commitMark(run.rev, id)].slice(-KEPT_COMMITS),
    kept: JSON.stringify(Object.fromEntries(KEPT.map((field) => [field, run[field]]))),
    fields: Object.fromEntries(others.map(([field, value]) => [field, digest(value)])),
  };
  return { ...encodeFields(run), store: encodeFields(beside) };
}

export const labelTerm = (key: string, value: string): string => `${key}=${value}`;

/** Throws an `AdapterError` that names the field when the document cannot be read. */
export function storedRun({ path, data, updateTime }: Snapshot): StoredRun {
  const { store, ...fields } = decodeFields(data);
  const beside = Beside.safeParse(store).data;
  const kept = keptFields(beside?.kept);
  const putBack = Object.keys(kept).filter((field) => digest(kept[field]) !== digest(fields[field]));
  const taken = beside
    ? Object.keys(beside.fields).filter((field) => digest(fields[field]) !== beside.fields[field])
    : ["store"];
  const run = parseDocument(Run, path, { ...fields, ...kept });
  return { run, updateTime, commits: beside?.commits ?? [], edits: { taken, putBack } };
}

function keptFields(text: string | undefined): Fields {
  try {
    const kept: unknown = JSON.parse(text ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Fields) : {};
  } catch {
    // Edited by hand too: then the document's own fields are all there is, and the schema judges them.
    return {};
  }
}

export const isEdited = ({ edits }: StoredRun): boolean => edits.taken.length + edits.putBack.length > 0;
