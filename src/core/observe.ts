import { classify } from "./classify.ts";
import { type Case, decide, type Verdict } from "./decide.ts";
import { change, type Draft, record } from "./draft.ts";
import type { Attempt, Decision, Evidence, Job, LoadedJob } from "./job.ts";
import { lastAttempt } from "./job.ts";
import type { Observation } from "./observation.ts";
import { type Step, stepOf } from "./pipeline.ts";
import { seen, subject } from "./reasoning.ts";
import type { Waiting } from "./run.ts";
import type { FailureClass, JobStatus } from "./status.ts";
import { isFinalAttempt, isFinalJob } from "./status.ts";
import { verifyOutputs } from "./verify.ts";

/** Seconds to look again for an output on object storage before it counts as missing. */
const OBJECT_STORAGE_PATIENCE = 60;
/** Samples of one step with one exit code, from which on an `app` failure is no accident of the sample. */
const SAME_FAILURE = 3;

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

type WaitingNow = NonNullable<Observation["waiting"]>;

/** Nothing is known that would change the state: only that, and since when. */
function keepWaiting(draft: Draft, job: LoadedJob, waiting: WaitingNow): void {
  if (job.waiting?.reason === waiting.reason) return;
  // A poll that fails changes nothing, and so does not start a wait's deadline anew; only a cancel is timed by silence.
  const known = job.waiting !== null && !lastAttempt(job)!.cancel_requested_at;
  if (known && waiting.reason === "executor_unreachable") return;
  change(draft, job.key, { waiting: { ...waiting, since: draft.now } });
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
  return job.waiting?.reason === waiting.reason ? job.waiting : { ...waiting, since: draft.now };
}
const sameWaiting = (a: Waiting | null, b: Waiting | null): boolean => a?.reason === b?.reason;

/** Exit 0 is not success until this attempt's own outputs are verified. */
function succeededOrNot(draft: Draft, job: LoadedJob, seenNow: Observation): void {
  if (!seenNow.verification) return keepWaiting(draft, job, { reason: "verification" });
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
    ...ended(draft, job, attempt),
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
  const after = change(draft, job.key, { ...ended(draft, job, attempt), status: "pending" });
  record(draft, "job.observed", after, observed(seenNow, attempt));
  if (!planned || draft.run.stopping) return endJob(draft, after, "cancelled", stoppingDecision(draft));
  if (planned.action === "retry") return void change(draft, job.key, { completed_at: null, waiting: null });
  endJob(draft, after, planned.action === "skip" ? "skipped" : "failed", planned, true);
}

function stoppingDecision(draft: Draft): Decision {
  const { stopping } = draft.run;
  const why = stopping?.action === "cancel" ? stopping.reason : "the run was aborted while it ran";
  return plainDecision(draft, "abort", `Cancelled: ${why}.`);
}

/** A decision that no rule made. */
export function plainDecision(draft: Draft, action: Decision["action"], reasoning: string): Decision {
  return {
    action,
    reasoning,
    rule: null,
    class: null,
    evidence: [],
    timestamp: draft.now,
    round: draft.run.round,
    attempt: null,
    free: false,
  };
}

/** Writes the failure down, asks the rules, and does to the job what they say. */
function settleFailure(draft: Draft, job: LoadedJob, seenNow: Observation, failure: FailureClass): void {
  const evidence = seenNow.evidence ?? [];
  const status = failure === "lost" ? "lost" : "failed";
  const attempt = endAttempt(draft, job, seenNow, status, failure, evidence);
  const fields = ended(draft, job, attempt);
  const tried: LoadedJob = { ...job, ...fields };
  const verdict = decide(caseOf(draft, tried, attempt, seenNow, failure));
  const error = seen({ class: failure, evidence, exitCode: attempt.exit_code, job }).replace(/\.$/, "");
  const after = change(draft, job.key, { ...fields, status: "pending", error });
  record(draft, "job.observed", after, observed(seenNow, attempt));
  settle(draft, after, verdict);
}

function caseOf(
  draft: Draft,
  job: LoadedJob,
  attempt: Attempt,
  seenNow: Observation,
  failure: FailureClass,
): Case {
  return {
    job,
    class: failure,
    evidence: attempt.evidence,
    exitCode: attempt.exit_code,
    matches: seenNow.matches ?? [],
    ran: seenNow.ran !== false,
    certainlyOver: failure !== "lost" || seenNow.certain === true,
    rules: draft.run.rules,
    round: draft.run.round,
    largest: draft.capacity.get(attempt.executor)?.largest ?? {},
    now: draft.now,
    hopeless: hopeless(draft, job, attempt, failure),
    capped:
      attempt.attempt >= draft.mostAttempts ? `${attempt.attempt} attempts are the cap of one job` : null,
  };
}

function hopeless(draft: Draft, job: Job, attempt: Attempt, failure: FailureClass): string | null {
  const counts = draft.board.steps.get(job.step)!;
  if (failure === "app" && attempt.exit_code !== null) {
    const others = counts.appFailures.get(attempt.exit_code) ?? new Set();
    const samples = new Set([...others, job.key]).size;
    if (samples >= SAME_FAILURE)
      return `${samples} samples of step ${job.step} failed in this way, so a retry is not worth it`;
  }
  if (failure === "missing_output" && counts.byStatus.succeeded === 0 && othersMissedToo(draft, job)) {
    return `no sample ever made it, so the pattern is probably mistyped`;
  }
  return null;
}

/** True when no other job of the step is left that might still make the output, or one has already missed it too. */
function othersMissedToo(draft: Draft, job: Job): boolean {
  for (const other of draft.jobs.values()) {
    if (other.step === job.step && other.key !== job.key && other.classes.includes("missing_output"))
      return true;
  }
  const counts = draft.board.steps.get(job.step)!;
  return counts.total <= 1;
}

function settle(draft: Draft, job: LoadedJob, { decision, next }: Verdict): void {
  record(draft, "job.decided", job, { decision });
  if (next) {
    const failure = decision.class!;
    const retries = decision.free
      ? job.retries
      : { ...job.retries, [failure]: (job.retries[failure] ?? 0) + 1 };
    change(draft, job.key, {
      decision,
      decisions: [...job.decisions, decision],
      retries,
      resources: next.resources,
      executor: next.executor,
      not_before: next.notBefore,
      completed_at: null,
      waiting: null,
    });
    return;
  }
  endJob(draft, job, decision.action === "skip" ? "skipped" : "failed", decision, true, false);
  if (decision.action === "abort" && !draft.run.stopping) {
    const step: Step = stepOf(draft.run.pipeline_spec, job.step);
    if (!step.optional)
      stop(draft, "abort", `${subject(job)}, step ${job.step}: ${job.error ?? decision.reasoning}`);
  }
}

/** From now on nothing is submitted, and what lives is cancelled. */
export function stop(
  draft: Draft,
  action: "abort" | "cancel",
  reason: string,
  by: string | null = null,
): void {
  draft.run.stopping = { action, reason, since: draft.now, by };
  record(draft, "run.stopping", null, { action, reason });
}

/** Ends a job, with the decision that says why. */
export function endJob(
  draft: Draft,
  job: LoadedJob,
  status: Extract<JobStatus, "failed" | "skipped" | "cancelled">,
  decision: Decision,
  exhausted = false,
  tell = true,
): void {
  const after = change(draft, job.key, {
    status,
    decision,
    decisions: [...job.decisions, decision],
    completed_at: job.completed_at ?? draft.now,
    waiting: null,
    not_before: null,
    exhausted,
  });
  if (tell) record(draft, "job.decided", after, { decision });
  record(draft, `job.${status}`, after, {});
}

function endAttempt(
  draft: Draft,
  job: LoadedJob,
  seenNow: Observation,
  status: "succeeded" | "failed" | "cancelled" | "lost",
  failure: FailureClass | null,
  evidence: readonly Evidence[],
): Attempt {
  const last = lastAttempt(job)!;
  const started = seenNow.started_at ?? last.started_at;
  return {
    ...last,
    status,
    class: failure,
    evidence: [...evidence],
    handle: seenNow.handle ?? last.handle,
    raw_state: seenNow.raw_state ?? last.raw_state,
    exit_code: seenNow.exit_code ?? null,
    submitted_at: last.submitted_at ?? seenNow.submitted_at ?? draft.now,
    started_at: started ?? null,
    ended_at: seenNow.ended_at ?? draft.now,
    peak_memory: seenNow.peak_memory ?? last.peak_memory,
    log_tail: seenNow.log_tail ?? last.log_tail,
    log_uri: seenNow.log_uri ?? last.log_uri,
  };
}

/** What a job says once its current attempt has ended. */
function ended(_draft: Draft, job: LoadedJob, attempt: Attempt): Partial<Job> {
  return {
    attempts: [...job.attempts.slice(0, -1), attempt],
    submitted_at: attempt.submitted_at,
    started_at: attempt.started_at,
    completed_at: attempt.ended_at,
    exit_code: attempt.exit_code,
    class: attempt.class,
    exit_codes: [...job.exit_codes, attempt.exit_code],
    classes: [...job.classes, attempt.class],
    waiting: null,
  };
}

/** The observation as the history keeps it, without the log. */
function observed(seenNow: Observation, attempt: Attempt): Record<string, unknown> {
  return {
    status: attempt.status,
    raw_state: attempt.raw_state,
    exit_code: attempt.exit_code,
    class: attempt.class,
    evidence: attempt.evidence,
    started_at: attempt.started_at,
    ended_at: attempt.ended_at,
    peak_memory: attempt.peak_memory,
    memory: attempt.resources.memory,
    ...(seenNow.ran === false ? { ran: false } : {}),
    ...(seenNow.certain === undefined ? {} : { certain: seenNow.certain }),
  };
}
