import type { BatchContext } from "./batch-context.ts";
import { cancelJob } from "./cancel-attempts.ts";
import { limited } from "./limited.ts";
import { momentOf } from "./order-events.ts";
import { needsNoCancel, type SeenJob } from "./seen-job.ts";

/** Seconds for which a job may be open without being known: its creation and the store's commit are not one step. */
const GRACE = 900;

/** Stands for all regions in one listing: runs name their own, and a process that is new knows of none. */
const EVERY_REGION = "-";

/**
 * Cancels the open jobs, in any region, that carry this store's label and whose attempt is not among `known`, the ids of all attempts that
 * the store holds for open. Younger ones than a quarter of an hour are left: somebody may be about to write them down.
 */
export async function sweepOrphans(context: BatchContext, known: ReadonlySet<string>): Promise<string[]> {
  const store = await context.store();
  const now = Date.parse(context.options.now()) / 1000;
  const open = await context.view(EVERY_REGION).listOpen();
  const orphans = open.filter(
    (job) => !known.has(job.id) && !needsNoCancel(job) && now - bornAt(job) > GRACE,
  );
  await limited(orphans, 8, (job) => cancelJob(context, job, { store, attempt: job.id }));
  return orphans.map(({ id }) => id);
}

/** Seconds since 1970; a job that does not say when it was made is left alone. */
const bornAt = ({ job }: SeenJob): number => momentOf(job.createTime)?.seconds ?? Number.POSITIVE_INFINITY;
