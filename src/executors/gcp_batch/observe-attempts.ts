import type { Handle } from "../../core/job.ts";
import type { Observation } from "../../core/observation.ts";
import { regionOfZone } from "../../core/region.ts";
import type { AttemptRef } from "../../ports.ts";
import { type BatchContext, parentOf } from "./batch-context.ts";
import { BatchError } from "./batch-error.ts";
import { Task } from "./document-shapes.ts";
import { parseEndRecord, withEndRecord } from "./end-record.ts";
import { limited } from "./limited.ts";
import { type LookAtBucket, lookAtBuckets, withMountTrouble } from "./mount-trouble.ts";
import { momentOf } from "./order-events.ts";
import { readJob } from "./read-job.ts";
import type { Found } from "./region-view.ts";
import type { Seen } from "./seen.ts";
import { handleOf, isNever, isOurs, rawStateOf, readHandle, readSeenJob, type SeenJob } from "./seen-job.ts";
import { taskState } from "./state-words.ts";
import { withoutRecord } from "./unreported.ts";

const WIDTH = 16;
/** Milliseconds after its creation was confirmed for which a job may still be unknown here and there. */
const SETTLING = 120_000;
/** Milliseconds for which the tasks of a job that ended may be unknown. https://github.com/nextflow-io/nextflow/issues/5422 */
const TASKS_LATE = 180_000;

/** For one call of `observe`. */
interface Looking extends BatchContext {
  readonly bucket: LookAtBucket;
}

/** One observation for each attempt. Never fails one because something could not be asked. */
export async function observeAttempts(
  context: BatchContext,
  refs: readonly AttemptRef[],
): Promise<Observation[]> {
  const found = new Map<string, Found>();
  const byRegion = Map.groupBy(refs, (ref) => regionOf(context, ref));
  await Promise.all(
    [...byRegion].map(async ([region, group]) => {
      const ids = group.map(({ attempt }) => attempt.id);
      for (const entry of await context.view(region).find(ids)) found.set(...entry);
    }),
  );
  const store = await context.store();
  const looking: Looking = { ...context, bucket: lookAtBuckets(context.options.readText) };
  return limited(refs, WIDTH, (ref) =>
    observeFound(looking, ref, found.get(ref.attempt.id) ?? { kind: "absent" }, store),
  );
}

export const regionOf = ({ options }: BatchContext, { attempt, region }: AttemptRef): string =>
  readHandle(attempt.handle).region ?? zoneRegion(attempt.resources.zones?.[0]) ?? region ?? options.region;

const zoneRegion = (zone: string | undefined): string | null =>
  zone === undefined ? null : regionOfZone(zone);

async function observeFound(
  context: Looking,
  ref: AttemptRef,
  found: Found,
  store: string,
): Promise<Observation> {
  switch (found.kind) {
    case "unknown":
      return unreachable(ref, found.error);
    case "absent":
      return observeAbsent(context, ref, store);
    case "found":
      return isOurs(found.job, store, ref.attempt.id)
        ? observeJob(context, ref, found.job)
        : { attempt: ref.attempt.id, status: null };
    default:
      return found satisfies never;
  }
}

const notSaid = (ref: AttemptRef, detail: string): Observation => ({
  attempt: ref.attempt.id,
  status: null,
  waiting: { reason: "executor_unreachable", detail },
});

const unreachable = (ref: AttemptRef, error: BatchError): Observation => notSaid(ref, error.message);

/** Not found by its label. Before it was confirmed that says nothing; afterwards only reading it by name is certain. */
async function observeAbsent(context: Looking, ref: AttemptRef, store: string): Promise<Observation> {
  const { id, status } = ref.attempt;
  if (status === "recorded") {
    return context.neverStarted.has(id)
      ? { attempt: id, status: "cancelled", raw_state: "never submitted", ran: false }
      : { attempt: id, status: null };
  }
  const name = readHandle(ref.attempt.handle).name ?? nameOf(context, ref);
  try {
    const job = readSeenJob(await context.client.get(name));
    if (job && isOurs(job, store, id)) return await observeJob(context, ref, job);
    // The id can only have been given to somebody else's job when ours was gone.
    return job ? observeGone(context, ref, name) : notSaid(ref, `what came back for ${name} is no job`);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return error.kind === "not_found" ? observeGone(context, ref, name) : unreachable(ref, error);
  }
}

export const nameOf = (context: BatchContext, ref: AttemptRef): string =>
  `${parentOf(context, regionOf(context, ref))}/jobs/${ref.attempt.id}`;

/** Seen once, and not there any more: deleting ends what runs, so nothing of it does. */
function observeGone({ options }: BatchContext, ref: AttemptRef, name: string): Observation {
  const { id, submitted_at, started_at } = ref.attempt;
  const age = submitted_at ? Date.parse(options.now()) - Date.parse(submitted_at) : Number.POSITIVE_INFINITY;
  if (age < SETTLING) return { attempt: id, status: null };
  const sixtyDays = 60 * 24 * 3_600_000;
  const why =
    age > sixtyDays
      ? "Batch keeps ended jobs for 60 days only, and nobody looked at it in that time"
      : "somebody deleted it, in the console or by a command";
  return {
    attempt: id,
    status: "lost",
    raw_state: "NOT_FOUND",
    certain: true,
    evidence: [{ source: "executor", text: `the job ${name} is not there any more: ${why}` }],
    ...(started_at ? { ran: true } : {}),
  };
}

/** How a job that is there stands. */
async function observeJob(context: Looking, ref: AttemptRef, job: SeenJob): Promise<Observation> {
  if (isNever(job)) return observeNever(ref, job);
  const state = rawStateOf(job);
  // Until it is gone it is not certain that nothing of it runs; the next look finds it gone.
  if (state === "DELETION_IN_PROGRESS")
    return { ...notSaid(ref, "the job was deleted, and is going away"), raw_state: state };
  if (state === "FAILED") return observeFailed(context, ref, job);
  const observation = asObservation(ref, job, readJob(job.job));
  if (state === "SUCCEEDED") return withRecord(context, ref, job, { ...observation, exit_code: 0 });
  return observation;
}

/** A job that only took the attempt's id: however it ended, the attempt never ran. */
function observeNever(ref: AttemptRef, job: SeenJob): Observation {
  const state = rawStateOf(job);
  const base = { attempt: ref.attempt.id, raw_state: state, handle: handleFor(ref, job) };
  const isOver = state === "CANCELLED" || state === "SUCCEEDED" || state === "FAILED";
  return isOver ? { ...base, status: "cancelled", ran: false } : { ...base, status: "submitted" };
}

async function observeFailed(context: Looking, ref: AttemptRef, job: SeenJob): Promise<Observation> {
  const tasks = await readTaskList(context, job);
  const seen = readJob(job.job, tasks);
  const observation = asObservation(ref, job, seen);
  const reported = await withRecord(context, ref, job, observation);
  const told = await withMountTrouble(reported, { job, tasks }, context.bucket);
  const isTold = told.exit_code !== null || told.verdict !== null || observation.ran === false;
  const isFailing = tasks?.some((task) => taskState(task.status?.state) === "FAILED") ?? false;
  if (isTold || isFailing || isLongOver(context, job)) return told;
  return notSaid(ref, "it failed, and its tasks, which say why, cannot be read yet");
}

function isLongOver({ options }: BatchContext, { job }: SeenJob): boolean {
  const changedAt = momentOf(job.updateTime)?.seconds ?? 0;
  return Date.parse(options.now()) - changedAt * 1000 > TASKS_LATE;
}

/** Null where they cannot be read (yet); a job that failed before any task existed has none. */
async function readTaskList({ client }: BatchContext, job: SeenJob): Promise<Task[] | null> {
  try {
    const documents = await client.listTasks(job.name);
    return documents.flatMap((document) => {
      const read = Task.safeParse(document);
      return read.success ? [read.data] : [];
    });
  } catch (error) {
    if (error instanceof BatchError) return null;
    throw error;
  }
}

function asObservation(ref: AttemptRef, job: SeenJob, seen: Seen): Observation {
  const { observation, note } = seen;
  const silent = observation.status === null && note !== null;
  return {
    ...observation,
    attempt: ref.attempt.id,
    handle: handleFor(ref, job),
    ...(job.record === null ? {} : { log_uri: `${job.record}.log` }),
    ...(silent ? { waiting: { reason: "executor_unreachable", detail: note } } : {}),
  };
}

/** A brief listing does not say where the records are; what was confirmed once does. */
const handleFor = ({ attempt }: AttemptRef, job: SeenJob): Handle =>
  job.record === null && attempt.handle ? attempt.handle : handleOf(job);

/** With what the attempt's own report says, where there is one: a machine that was taken away left none. */
async function withRecord(
  { options }: BatchContext,
  ref: AttemptRef,
  job: SeenJob,
  observation: Observation,
): Promise<Observation> {
  const prefix = job.record ?? readHandle(ref.attempt.handle).record;
  if (prefix === null) return observation;
  let text: string | null;
  try {
    text = await options.readText(`${prefix}.exit.json`);
  } catch (error) {
    // What Batch says of the task stands alone; the outputs are verified by somebody else.
    const said = error instanceof Error ? error.message : String(error);
    const evidence = { source: "executor", text: `its report could not be read: ${said}` } as const;
    return { ...observation, evidence: [...(observation.evidence ?? []), evidence] };
  }
  if (text === null) return withoutRecord(observation, prefix);
  const record = parseEndRecord(text, ref.attempt.id);
  return record ? withEndRecord(observation, record, ref.attempt.resources) : observation;
}
