import { AdapterError, type AttemptRef } from "../../ports.ts";
import { ATTEMPT_LABEL, labelValue, NEVER_LABEL, STORE_LABEL } from "./attempt-labels.ts";
import type { JobRequest } from "./batch-client.ts";
import { type BatchContext, parentOf } from "./batch-context.ts";
import { BatchError } from "./batch-error.ts";
import { allocation, labelled } from "./job-definition.ts";
import { limited, timeBudget } from "./limited.ts";
import { nameOf, regionOf } from "./observe-attempts.ts";
import type { Found } from "./region-view.ts";
import { requestId } from "./request-id.ts";
import { isOurs, needsNoCancel, readSeenJob, type SeenJob } from "./seen-job.ts";

const WIDTH = 16;
const SECONDS = 45;

/**
 * Asks for the end of attempts; a later look sees whether it came. What was never submitted gets a job that does nothing
 * under its id, cancelled at once: the id is then taken for ever, in Batch itself, so that no monitor that is late, and no
 * restart, can start the attempt any more. Throws when some could not be asked for; they are asked for again.
 */
export async function cancelAttempts(context: BatchContext, refs: readonly AttemptRef[]): Promise<void> {
  const store = await context.store();
  const found = new Map<string, Found>();
  for (const [region, group] of Map.groupBy(refs, (ref) => regionOf(context, ref))) {
    const ids = group.map(({ attempt }) => attempt.id);
    for (const entry of await context.view(region).lookUp(ids)) found.set(...entry);
  }
  const isOver = timeBudget(SECONDS);
  const problems = await limited<AttemptRef, string | null>(
    refs,
    WIDTH,
    (ref) => cancelOne(context, ref, { store, found: found.get(ref.attempt.id) ?? { kind: "absent" } }),
    { isOver, left: () => `not asked within ${SECONDS} s` },
  );
  const failed = problems.filter((problem) => problem !== null);
  if (failed.length === 0) return;
  throw new AdapterError(`${failed.length} of ${refs.length} could not be cancelled now: ${failed[0]}`, {
    code: "batch_cancel",
    retryable: true,
  });
}

/** Null when it is asked for, or needs not be; else why not. */
async function cancelOne(
  context: BatchContext,
  ref: AttemptRef,
  { store, found }: { store: string; found: Found },
): Promise<string | null> {
  try {
    if (found.kind === "unknown") return found.error.message;
    const job = found.kind === "found" ? found.job : await readByName(context, nameOf(context, ref));
    if (job) return await cancelFound(context, ref, job, store);
    // Confirmed once and not there any more: it has ended.
    return ref.attempt.status === "recorded" ? await takeId(context, ref, store) : null;
  } catch (error) {
    if (error instanceof BatchError) return error.message;
    throw error;
  }
}

/** Under somebody else's job of the same id the attempt cannot start either. */
async function cancelFound(
  context: BatchContext,
  ref: AttemptRef,
  job: SeenJob,
  store: string,
): Promise<string | null> {
  const { id, status } = ref.attempt;
  if (status === "recorded" && !isOurs(job, store, id)) context.neverStarted.add(id);
  return cancelJob(context, job, { store, attempt: id });
}

async function readByName({ client }: BatchContext, name: string): Promise<SeenJob | null> {
  try {
    return readSeenJob(await client.get(name));
  } catch (error) {
    if (error instanceof BatchError && error.kind === "not_found") return null;
    throw error;
  }
}

/** Looked at first: the API accepts to cancel what has ended, and refuses what is being cancelled. */
export async function cancelJob(
  context: BatchContext,
  job: SeenJob,
  { store, attempt }: { store: string; attempt: string },
): Promise<string | null> {
  if (!isOurs(job, store, attempt) || needsNoCancel(job)) return null;
  context.view(job.region).stale(attempt);
  try {
    await context.client.cancel(job.name);
  } catch (error) {
    // It ended, or somebody else cancelled it, since it was looked at.
    const isOver = error instanceof BatchError && (error.kind === "not_found" || error.kind === "invalid");
    if (!isOver) throw error;
  }
  return null;
}

/** Gives the id to a job that does nothing, and cancels that before it gets a machine. */
async function takeId(context: BatchContext, ref: AttemptRef, store: string): Promise<string | null> {
  const { id } = ref.attempt;
  const region = regionOf(context, ref);
  try {
    const made = await context.client.create({
      parent: parentOf(context, region),
      jobId: id,
      requestId: requestId(context.options.hash, `${store} never ${id}`),
      job: neverJob(context, ref, store),
    });
    const job = readSeenJob(made);
    return job ? await cancelFound(context, ref, job, store) : null;
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    if (error.kind === "exists") return await cancelTaken(context, ref, store);
    if (!["permission", "invalid", "not_found"].includes(error.kind)) throw error;
    // Whoever may not create this may not create the attempt's own job either.
    context.neverStarted.add(id);
    return null;
  }
}

/** Another monitor was faster, with the attempt's own job or with one that does nothing. */
async function cancelTaken(context: BatchContext, ref: AttemptRef, store: string): Promise<string | null> {
  const job = await readByName(context, nameOf(context, ref));
  return job ? cancelFound(context, ref, job, store) : null;
}

/** Should it be left to run, for want of somebody to cancel it, it costs a minute of a small machine. */
function neverJob(context: BatchContext, ref: AttemptRef, store: string): JobRequest {
  const { options } = context;
  const job: JobRequest = {
    taskGroups: [
      {
        taskCount: 1,
        taskSpec: {
          runnables: [{ displayName: "bioagent-never", script: { text: "#!/bin/sh\nexit 0\n" } }],
          maxRunDuration: { seconds: 60 },
          maxRetryCount: 0,
        },
      },
    ],
    allocationPolicy: allocation(options, {}, { machine: "e2-small", region: regionOf(context, ref) }),
  };
  const labels = {
    ...options.labels,
    [STORE_LABEL]: store,
    "bioagent-run": labelValue(ref.run_id),
    [ATTEMPT_LABEL]: ref.attempt.id,
    [NEVER_LABEL]: "1",
  };
  return labelled(job, labels, options.hash);
}
