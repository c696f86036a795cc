import { classify } from "./classify.ts";
import { change, type Draft, record } from "./draft.ts";
import { endAttempt, ended, observed } from "./end-attempt.ts";
import { endJob, stoppingDecision } from "./end-job.ts";
import type { Attempt, Evidence, Job, LoadedJob } from "./job.ts";
import { lastAttempt } from "./job.ts";
import type { Observation } from "./observation.ts";
import { stepOf } from "./pipeline.ts";
import { secondsOf } from "./quantity.ts";
import type { Waiting } from "./run.ts";
import { settleFailure } from "./settle.ts";
import { isFinalAttempt, isFinalJob } from "./status.ts";
import { verifyOutputs } from "./verify.ts";
import { GRACE } from "./wait.ts";
import { retold, type WaitingNow } from "./wait-detail.ts";

/** Seconds to look again for an output on object storage before it counts as missing. */
const OBJECT_STORAGE_PATIENCE = 60;

/** Applies what was seen. Late, repeated and contradicting observations of what has ended are absorbed. */
export function observe(draft: Draft, observations: readonly Observation[]): void {
  const keys = new Map<string, string>();
  for (const job of draft.jobs.values()) {
    const last = lastAttempt(job);
    if (last && !isFinalAttempt(last.status) && !isFinalJob(job.status)) keys.set(last.id, job.key);
  }
  for (const observation of observations) {
    const key = keys.get(observation.attempt);
    if (key === undefined) continue;
    apply(draft, draft.jobs.get(key)!, observation);
    if (isFinalAttempt(lastAttempt(draft.jobs.get(key)!)!.status)) keys.delete(observation.attempt);
  }
}

function apply(draft: Draft, job: LoadedJob, seenNow: Observation): void {
  switch (seenNow.status) {
    case null:
      // Nobody need know of an attempt that was never confirmed: it is submitted again.
      if (lastAttempt(job)!.status === "recorded" && !seenNow.waiting) return;
      return keepWaiting(draft, job, seenNow.waiting ?? { reason: "executor_unreachable" });
    case "submitted":
      return moveOn(draft, job, seenNow, "submitted");
    case "running":
      return moveOn(draft, job, seenNow, "running");
    case "succeeded":
      return succeededOrNot(draft, job, seenNow);
    case "failed":
      return failed(draft, job, seenNow);
    case "cancelled":
      return cancelled(draft, job, seenNow);
    case "lost":
      return lost(draft, job, seenNow);
    default:
      return seenNow.status satisfies never;
  }
}

/** Nothing is known that would change the state: only that, since when, and what is said of it. */
function keepWaiting(draft: Draft, job: LoadedJob, waiting: WaitingNow): void {
  if (job.waiting?.reason === waiting.reason) return goOnWaiting(draft, job, job.waiting, waiting);
  // A poll that fails changes nothing, and so does not start a wait's deadline anew; only a cancel is timed by silence.
  const known = job.waiting !== null && !lastAttempt(job)!.cancel_requested_at;
  if (known && waiting.reason === "executor_unreachable") return;
  change(draft, job.key, { waiting: { ...waiting, since: draft.now } });
}

/** Since when stays; what is said of it follows, as far as it is one that speaks. */
function goOnWaiting(draft: Draft, job: LoadedJob, before: Waiting, now: WaitingNow): void {
  // Of an attempt that was never confirmed two questions fail in one pass, each in its own words: it would be written twice a pass.
  if (now.reason === "executor_unreachable" && lastAttempt(job)!.status === "recorded") return;
  const waiting = retold(before, now);
  if (waiting !== before) change(draft, job.key, { waiting });
}

const RANK = { recorded: 0, submitted: 1, running: 2 } as const;

/** The attempt is alive and as far as `status`; it never goes back. */
function moveOn(draft: Draft, job: LoadedJob, seenNow: Observation, status: "submitted" | "running"): void {
  const last = lastAttempt(job)!;
  const forward = RANK[status] > RANK[last.status as keyof typeof RANK];
  const waiting = nextWaiting(draft, job, seenNow);
  if (!forward && sameWaiting(waiting, job.waiting)) return;
  const attempt: Attempt = {
    ...last,
    ...(forward ? { status } : {}),
    handle: seenNow.handle ?? last.handle,
    raw_state: seenNow.raw_state ?? last.raw_state,
    submitted_at: last.submitted_at ?? seenNow.submitted_at ?? draft.now,
    started_at: status === "running" ? (last.started_at ?? seenNow.started_at ?? draft.now) : last.started_at,
    log_uri: seenNow.log_uri ?? last.log_uri,
  };
  const after = change(draft, job.key, {
    attempts: [...job.attempts.slice(0, -1), attempt],
    ...(forward ? { status } : {}),
    submitted_at: attempt.submitted_at,
    started_at: attempt.started_at,
    waiting,
  });
  if (forward) record(draft, "job.observed", after, { status, raw_state: attempt.raw_state });
}

function nextWaiting(draft: Draft, job: LoadedJob, { waiting }: Observation): Waiting | null {
  if (!waiting) return null;
  if (job.waiting?.reason === waiting.reason) return retold(job.waiting, waiting);
  // Quota now and capacity then is one wait for a machine: its deadlines go on.
  const goesOn = job.waiting && FOR_A_MACHINE.has(job.waiting.reason) && FOR_A_MACHINE.has(waiting.reason);
  return { ...waiting, since: goesOn ? job.waiting!.since : draft.now };
}
const FOR_A_MACHINE: ReadonlySet<string> = new Set(["quota", "capacity"]);
const sameWaiting = (a: Waiting | null, b: Waiting | null): boolean =>
  a?.reason === b?.reason && a?.detail === b?.detail;

/** Exit 0 is not success until this attempt's own outputs are verified. */
function succeededOrNot(draft: Draft, job: LoadedJob, seenNow: Observation): void {
  if (!seenNow.verification) return keepWaiting(draft, job, seenNow.waiting ?? { reason: "verification" });
  const step = stepOf(draft.run.pipeline_spec, job.step);
  const found = verifyOutputs(step, job, lastAttempt(job)!.id, seenNow.verification);
  if (found.missing.length === 0) return succeeded(draft, job, seenNow, found.files);
  if (mayStillAppear(draft, job))
    return keepWaiting(draft, job, { reason: "verification", detail: found.missing.join("; ") });
  const evidence: Evidence[] = found.missing.map((text) => ({ source: "manifest", text }));
  settleFailure(
    draft,
    job,
    { ...seenNow, evidence: [...(seenNow.evidence ?? []), ...evidence] },
    "missing_output",
  );
}

function mayStillAppear(draft: Draft, job: LoadedJob): boolean {
  if (!draft.run.config.output.startsWith("gs://")) return false;
  const since = job.waiting?.reason === "verification" ? job.waiting.since : draft.now;
  return Date.parse(draft.now) - Date.parse(since) < OBJECT_STORAGE_PATIENCE * 1000;
}

function succeeded(draft: Draft, job: LoadedJob, seenNow: Observation, files: Job["outputs"]): void {
  const attempt = endAttempt(draft, job, seenNow, "succeeded", null, seenNow.evidence ?? []);
  const after = change(draft, job.key, {
    ...ended(job, attempt),
    status: "succeeded",
    error: null,
    outputs: files,
    metrics: { ...seenNow.verification!.metrics },
  });
  record(draft, "job.observed", after, observed(seenNow, attempt));
  record(draft, "job.succeeded", after, { outputs: files.length });
}

function failed(draft: Draft, job: LoadedJob, seenNow: Observation): void {
  const last = lastAttempt(job)!;
  if (last.cancel_requested_at) return cancelled(draft, job, seenNow);
  if (mayStillRun(draft, last, seenNow)) return keepWaiting(draft, job, UNRESPONSIVE);
  const { class: failure, evidence } = classify({
    observation: seenNow,
    step: stepOf(draft.run.pipeline_spec, job.step),
    resources: last.resources,
    ranSeconds: secondsRun(last, seenNow),
    vanishedBefore: job.attempts.filter((attempt) => attempt.exit_code === 50002 && attempt.started_at)
      .length,
  });
  settleFailure(draft, job, { ...seenNow, evidence }, failure);
}

/** Batch's code for a task that did not answer: its machine may work on. */
const NO_ANSWER = 50004;
const UNRESPONSIVE: WaitingNow = {
  reason: "executor_unreachable",
  detail:
    "exit code 50004: the task does not answer and may still run; it is over once its time limit has passed",
};

/** Retried only once it is certainly dead: its own time limit, with grace, has passed. */
function mayStillRun(draft: Draft, last: Attempt, seenNow: Observation): boolean {
  const from = seenNow.started_at ?? last.started_at;
  const { time } = last.resources;
  if (seenNow.exit_code !== NO_ANSWER || !from || time === undefined) return false;
  return Date.parse(draft.now) - Date.parse(from) < (secondsOf(time) + GRACE) * 1000;
}

function secondsRun(last: Attempt, seenNow: Observation): number | null {
  const from = seenNow.started_at ?? last.started_at;
  const to = seenNow.ended_at;
  return from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}

/** An attempt that nobody hears of any more; `certain` when it is known that nothing of it runs. */
function lost(draft: Draft, job: LoadedJob, seenNow: Observation): void {
  if (lastAttempt(job)!.cancel_requested_at && seenNow.certain) return cancelled(draft, job, seenNow);
  settleFailure(draft, job, seenNow, seenNow.verdict ?? "lost");
}

/** Ended because we asked for it, or because somebody else did. */
function cancelled(draft: Draft, job: LoadedJob, seenNow: Observation): void {
  const last = lastAttempt(job)!;
  if (!last.cancel_requested_at) {
    const never = seenNow.ran === false && !last.started_at;
    return settleFailure(draft, job, seenNow, seenNow.verdict ?? (never ? "infra" : "cancelled_elsewhere"));
  }
  const attempt = endAttempt(draft, job, seenNow, "cancelled", null, seenNow.evidence ?? []);
  const planned = last.cancel_decision;
  const after = change(draft, job.key, { ...ended(job, attempt), status: "pending" });
  record(draft, "job.observed", after, observed(seenNow, attempt));
  if (!planned || draft.run.stopping) return endJob(draft, after, "cancelled", stoppingDecision(draft));
  if (planned.action === "retry") return void change(draft, job.key, { completed_at: null, waiting: null });
  endJob(draft, after, planned.action === "skip" ? "skipped" : "failed", planned, true);
}
