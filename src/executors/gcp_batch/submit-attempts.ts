import type { FailureClass } from "../../core/status.ts";
import type { Submission, SubmitResult } from "../../ports.ts";
import { labelValue, STORE_LABEL } from "./attempt-labels.ts";
import { type BatchContext, parentOf } from "./batch-context.ts";
import { BatchError } from "./batch-error.ts";
import { type JobPlan, planJob } from "./job-definition.ts";
import { limited, timeBudget } from "./limited.ts";
import { requestId } from "./request-id.ts";
import { handleOf, isOurs, readSeenJob, type SeenJob } from "./seen-job.ts";

/** Creations at a time, and seconds that one call of `submit` may take: a tick ends before its caller gives it up. */
const WIDTH = 32;
const SECONDS = 45;
/** Creations in a row that fail because the service is away, after which the others wait too. */
const AWAY = 3;

type Planned = { readonly submission: Submission; readonly plan: Extract<JobPlan, { kind: "job" }> };
type Waiting = Extract<SubmitResult, { kind: "later" }>["waiting"];

/** Creates a job for each attempt; one that is there already is taken over when it is the attempt's own. */
export async function submitAttempts(
  context: BatchContext,
  submissions: readonly Submission[],
): Promise<SubmitResult[]> {
  const store = await context.store();
  const isOver = timeBudget(SECONDS);
  const pace: Pace = { stopped: null, away: 0 };
  return limited(
    submissions,
    WIDTH,
    async (submission) => {
      const plan = planJob(context.options, submission, store);
      if (plan.kind === "refused") return refused(submission, "config", plan.text);
      const result = await create(context, { submission, plan }, store, pace);
      return result;
    },
    {
      isOver: () => pace.stopped !== null || isOver(),
      left: (submission) => later(submission, pace.stopped),
    },
  );
}

/** Shared by the creations of one call: what stops the rest. */
interface Pace {
  stopped: Waiting;
  away: number;
}

const refused = (submission: Submission, kind: FailureClass, text: string): SubmitResult => ({
  attempt: submission.attempt.id,
  kind: "refused",
  class: kind,
  text,
});
const later = (submission: Submission, waiting: Waiting): SubmitResult => ({
  attempt: submission.attempt.id,
  kind: "later",
  waiting,
});
const submitted = (submission: Submission, job: SeenJob): SubmitResult => ({
  attempt: submission.attempt.id,
  kind: "submitted",
  handle: handleOf(job),
});

async function create(
  context: BatchContext,
  planned: Planned,
  store: string,
  pace: Pace,
): Promise<SubmitResult> {
  const { submission, plan } = planned;
  const { id } = submission.attempt;
  const parent = parentOf(context, plan.region);
  try {
    const made = await context.client.create({
      parent,
      jobId: id,
      requestId: requestId(context.options.hash, `${store} ${id}`),
      job: plan.job,
    });
    pace.away = 0;
    context.view(plan.region).stale(id);
    const job = readSeenJob(made);
    return job ? ours(submission, job, store) : adopt(context, planned, store, null);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return notCreated(context, planned, { store, pace, error });
  }
}

async function notCreated(
  context: BatchContext,
  planned: Planned,
  { store, pace, error }: { store: string; pace: Pace; error: BatchError },
): Promise<SubmitResult> {
  const { submission } = planned;
  const unreachable: Waiting = { reason: "executor_unreachable", detail: error.message };
  switch (error.kind) {
    case "exists":
      return adopt(context, planned, store, null);
    case "deadline":
    case "unavailable":
    case "other":
      pace.away += 1;
      if (pace.away >= AWAY) pace.stopped = unreachable;
      // It may have been created all the same.
      return adopt(context, planned, store, unreachable);
    case "quota":
      pace.stopped = { reason: "quota", detail: error.text };
      return later(submission, pace.stopped);
    case "unauthenticated":
      pace.stopped = unreachable;
      return later(submission, unreachable);
    case "permission":
      return refused(submission, ofPlace(error.text) ? "config" : "permission", error.text);
    case "invalid":
    case "not_found":
      return refused(submission, "config", error.text);
    default:
      return error.kind satisfies never;
  }
}

/** A region that does not exist is refused in the words of a missing permission, so that nobody learns which ones do. */
const ofPlace = (text: string): boolean => /Location \S+ is not found|or access is unauthorized/i.test(text);

/** Takes over the job under this attempt's id. `absent` is the answer when there is none after all. */
async function adopt(
  context: BatchContext,
  { submission, plan }: Planned,
  store: string,
  absent: Waiting,
): Promise<SubmitResult> {
  const { id } = submission.attempt;
  const name = `${parentOf(context, plan.region)}/jobs/${id}`;
  try {
    const job = readSeenJob(await context.client.get(name));
    if (!job) return later(submission, absent);
    return ours(submission, job, store);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const unsaid = error.kind !== "not_found";
    return later(submission, unsaid ? { reason: "executor_unreachable", detail: error.message } : absent);
  }
}

/** With another definition too: the configuration changed between a crash and now, and the job that is there is ours. */
const ours = (submission: Submission, job: SeenJob, store: string): SubmitResult =>
  isOurs(job, store, submission.attempt.id)
    ? submitted(submission, job)
    : refused(submission, "config", taken(job));

function taken(job: SeenJob): string {
  const owner = job.labels[STORE_LABEL];
  const whose =
    owner === undefined
      ? "it carries no label of BioAgent, so a person or another program made it"
      : `it belongs to the store ${labelValue(owner)}`;
  return `the job ${job.name} exists already and is somebody else's (${whose}; uid ${job.uid}): delete it or use another project or region`;
}
