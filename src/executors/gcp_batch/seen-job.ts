import type { Handle } from "../../core/job.ts";
import { ATTEMPT_LABEL, NEVER_LABEL, SPEC_LABEL, STORE_LABEL } from "./attempt-labels.ts";
import { Job } from "./document-shapes.ts";
import { RECORD_VARIABLE } from "./runnables.ts";
import { jobState } from "./state-words.ts";

/** A job of Batch as the API gave it, read as far as the executor needs it. */
export interface SeenJob {
  /** The job's id, which is its attempt's. */
  readonly id: string;
  /** With the project as it was asked for. */
  readonly name: string;
  readonly region: string;
  /** The provider's own, never used twice. */
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly job: Job;
  /** Where its attempt's records are; null in a brief listing. */
  readonly record: string | null;
}

/**
 * Of an open job's document only how it stands: ten thousand of them are read in one pass and kept between two looks, and a
 * definition is most of a document.
 */
export function withoutDefinition(document: unknown): unknown {
  if (typeof document !== "object" || document === null) return document;
  const { name, uid, labels, status, createTime, updateTime } = document as Record<string, unknown>;
  return { name, uid, labels, status, createTime, updateTime };
}

/** Null for what is no job: it says nothing. */
export function readSeenJob(document: unknown): SeenJob | null {
  const read = Job.safeParse(document);
  const name = read.data?.name;
  const [, region, id] = /^projects\/[^/]+\/locations\/([^/]+)\/jobs\/([^/]+)$/.exec(name ?? "") ?? [];
  if (!read.success || !name || region === undefined || id === undefined) return null;
  const variables = read.data.taskGroups?.[0]?.taskSpec?.environment?.variables;
  return {
    id,
    name,
    region,
    uid: read.data.uid ?? "",
    labels: read.data.labels ?? {},
    job: read.data,
    record: variables?.[RECORD_VARIABLE] ?? null,
  };
}

/** What finds the attempt again: the same for every look at one job that is whole. */
export const handleOf = ({ region, name, uid, record }: SeenJob): Handle => ({ region, name, uid, record });

/** The handle's fields that an attempt has, if it was ever confirmed. */
export function readHandle(handle: Handle | null): {
  region: string | null;
  name: string | null;
  uid: string | null;
  record: string | null;
} {
  const text = (key: string): string | null => {
    const value = handle?.[key];
    return typeof value === "string" && value !== "" ? value : null;
  };
  return { region: text("region"), name: text("name"), uid: text("uid"), record: text("record") };
}

/** Whether the job is this attempt's, and this store's. */
export const isOurs = ({ labels }: SeenJob, store: string, attempt: string): boolean =>
  labels[STORE_LABEL] === store && labels[ATTEMPT_LABEL] === attempt;

/** Whether it only takes an attempt's id, so that the attempt never starts. */
export const isNever = ({ labels }: SeenJob): boolean => labels[NEVER_LABEL] !== undefined;

export const specOf = ({ labels }: SeenJob): string | null => labels[SPEC_LABEL] ?? null;

const ENDED = ["SUCCEEDED", "FAILED", "CANCELLED"];
const GOING = ["CANCELLATION_IN_PROGRESS", "DELETION_IN_PROGRESS"];

export const rawStateOf = ({ job }: SeenJob): string | null => jobState(job.status?.state);

/** Whether cancelling it has nothing left to do. */
export function needsNoCancel(seen: SeenJob): boolean {
  const state = rawStateOf(seen);
  return state !== null && (ENDED.includes(state) || GOING.includes(state));
}
