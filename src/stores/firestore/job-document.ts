import { isDeepStrictEqual } from "node:util";
import { Job, type LoadedJob } from "../../core/job.ts";
import { AdapterError } from "../../ports.ts";
import { headOf } from "../head.ts";
import type { Fields, Snapshot } from "./database.ts";
import { sortable } from "./instant.ts";
import { parseDocument } from "./parse-document.ts";
import { decodeFields, encodeFields } from "./values.ts";

/** Characters. A larger head (somebody's very long error) is not kept twice; such a job is always read whole. */
const MOST_HEAD = 16_384;
/** What a tick reads of a job. */
export const HEAD_FIELDS = ["store.head"];

/**
 * The document of a job. Beside its own fields stands `store.head`: its deciding fields and its last attempt, as one text. A
 * projection cannot cut inside the list of attempts, and one text is read several times faster than thirty fields.
 */
export function jobFields(job: Job, runCreatedAt: string): Fields {
  return { ...encodeFields(job), store: { created: sortable(runCreatedAt), head: headText(job) } };
}

/** What a head leaves empty, it does not keep. */
function headText(job: Job): string | null {
  const { inputs: _i, outputs: _o, metrics: _m, decisions: _d, whole: _w, ...head } = headOf(job);
  const text = JSON.stringify(head);
  if (text.length > MOST_HEAD) return null;
  // Half a character is kept as it is in the fields (`encodeFields`); JSON shows it as an escape.
  return /\\ud[89a-f]/.test(text) ? JSON.stringify(head, wellFormed) : text;
}

const wellFormed = (_: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed() : value;

/** The head in a projection of `HEAD_FIELDS`; null when the job must be read whole. */
export function storedHead(snapshot: Snapshot): LoadedJob | null {
  const head = keptHead(snapshot);
  // Not parsed by the schema: only this program writes the text, and a job that is changed is read whole and parsed first.
  return (
    head &&
    ({ ...head, inputs: {}, outputs: [], metrics: {}, decisions: [], whole: false } as unknown as LoadedJob)
  );
}

/**
 * The whole job. Its deciding fields are those of its head, by which ticks go: whoever edits them by hand changes nothing, and
 * `warn` says so.
 */
export function storedJob(snapshot: Snapshot, warn: (text: string) => void): Job {
  const { store: _, ...fields } = decodeFields(snapshot.data);
  const { attempts: _last, ...deciding } = keptHead(snapshot) ?? {};
  const edited = Object.keys(deciding).filter((field) => !isDeepStrictEqual(fields[field], deciding[field]));
  if (edited.length > 0) {
    warn(
      `job document ${snapshot.path} was edited by hand (${edited.join(", ")}): that changes nothing, and the next write puts it back; use the command line`,
    );
  }
  return parseDocument(Job, snapshot.path, { ...fields, ...deciding });
}

function keptHead({ path, data }: Snapshot): Fields | null {
  const { store } = data;
  if (typeof store !== "object" || store === null || !("head" in store)) return null;
  if (typeof store.head !== "string") return null;
  try {
    const head: unknown = JSON.parse(store.head);
    if (typeof head === "object" && head !== null) return head as Fields;
  } catch {
    // Said below, in one way for all that is no head.
  }
  throw new AdapterError(
    `Firestore document ${path} is not as BioAgent writes it: store.head is no JSON. Delete the field store.head: the job's own fields are then read.`,
    { code: "bad_document", retryable: false },
  );
}
