import { change, type Draft, record } from "./draft.ts";
import { endJob, stop } from "./end-job.ts";
import type { Decision, LoadedJob } from "./job.ts";
import { lastAttempt } from "./job.ts";
import { nextRung } from "./ladder.ts";
import { sayDuration, secondsOf } from "./quantity.ts";
import { subject } from "./reasoning.ts";
import type { Rule } from "./rule.ts";
import type { WaitingReason } from "./status.ts";
import { isFinalAttempt, isFinalJob } from "./status.ts";

/** Seconds after which a wait is told to people. */
export const TOLD_AFTER = 30 * 60;
/** Seconds beyond its own time limit after which a silent attempt is certainly over. */
export const GRACE = 600;

/** Waits have deadlines: the rules that name a waiting reason and a time are applied to every live attempt that waits. */
export function enforceDeadlines(draft: Draft): void {
  for (const job of draft.jobs.values()) {
    const last = lastAttempt(job);
    if (!job.waiting || !last || isFinalJob(job.status) || isFinalAttempt(last.status)) continue;
    if (silentPastItsLimit(draft, job)) lose(draft, job);
    else if (!last.cancel_requested_at) applyWaitingRule(draft, job);
  }
}

const elapsed = (draft: Draft, since: string): number => (Date.parse(draft.now) - Date.parse(since)) / 1000;

/** Nobody can say how it is, and its own time limit, with grace, has passed since it was last seen starting. */
function silentPastItsLimit(draft: Draft, job: LoadedJob): boolean {
  const last = lastAttempt(job)!;
  const { reason, since } = job.waiting!;
  const nobodyKnows = reason === "executor_unreachable" || reason === "verification";
  if (nobodyKnows && last.cancel_requested_at && elapsed(draft, since) > LONGEST_SILENCE) return true;
  if (reason !== "executor_unreachable" || last.status === "recorded") return false;
  const { time } = last.resources;
  const from = last.started_at ?? null;
  if (time === undefined || from === null) return false;
  return elapsed(draft, from) > secondsOf(time) + GRACE && elapsed(draft, since) > TOLD_AFTER;
}

/** Seconds of silence after which even a cancelled attempt is given up. */
const LONGEST_SILENCE = 24 * 3600;

function lose(draft: Draft, job: LoadedJob): void {
  const last = lastAttempt(job)!;
  const past = last.cancel_requested_at ? "after it was asked to end" : "past its own time limit";
  const text = `nothing was heard of it for ${sayDuration(elapsed(draft, job.waiting!.since))}, ${past}`;
  draft.lost.push({
    attempt: last.id,
    status: "lost",
    certain: true,
    ended_at: draft.now,
    evidence: [{ source: "executor", text }],
  });
}

function applyWaitingRule(draft: Draft, job: LoadedJob): void {
  const waiting = job.waiting!;
  const waited = elapsed(draft, waiting.since);
  for (const rule of draft.run.rules) {
    if (!waits(rule, job, waiting.reason, waited)) continue;
    if (rule.do === "wait") return;
    if (rule.do !== "retry") return giveUp(draft, job, rule, waited);
    if (moveElsewhere(draft, job, rule, waited)) return;
    if ((rule.then ?? "skip") !== "next")
      return giveUp(draft, job, { ...rule, do: rule.then ?? "skip" } as Rule, waited);
  }
}

function waits(rule: Rule, job: LoadedJob, reason: WaitingReason, waited: number): boolean {
  const { when } = rule;
  if (when.waiting !== reason || waited < secondsOf(when.for ?? "0s")) return false;
  if (when.step && !when.step.includes(job.step)) return false;
  return !when.executor || when.executor.includes(lastAttempt(job)!.executor);
}

const sayWaiting: Record<WaitingReason, string> = {
  quota: "for quota",
  capacity: "for capacity",
  executor_unreachable: "for an executor that could not be asked",
  verification: "for its outputs to be verified",
};

function waitingDecision(draft: Draft, job: LoadedJob, rule: Rule, waited: number, done: string): Decision {
  const detail = job.waiting!.detail ? ` (${job.waiting!.detail})` : "";
  return {
    action: rule.do === "wait" ? "fail" : rule.do,
    reasoning: `It waited ${sayDuration(waited)} ${sayWaiting[job.waiting!.reason]}${detail}. ${done}`,
    rule: rule.name,
    class: null,
    evidence: job.waiting!.detail ? [{ source: "executor", text: job.waiting!.detail }] : [],
    timestamp: draft.now,
    round: draft.run.round,
    attempt: lastAttempt(job)?.attempt ?? null,
    free: true,
  };
}

/** Ends the attempt; the job follows when the attempt has really ended. What cannot be asked any more ends at once. */
function giveUp(draft: Draft, job: LoadedJob, rule: Rule, waited: number): void {
  const decision = waitingDecision(
    draft,
    job,
    rule,
    waited,
    `The rule allows no more. Ending ${subject(job)}.`,
  );
  const last = lastAttempt(job)!;
  const unreachable =
    job.waiting!.reason === "executor_unreachable" || job.waiting!.reason === "verification";
  if (unreachable && last.status !== "recorded") {
    const lost = { ...last, status: "lost" as const, ended_at: draft.now, class: "lost" as const };
    const after = change(draft, job.key, {
      attempts: [...job.attempts.slice(0, -1), lost],
      class: "lost",
      classes: [...job.classes, "lost"],
      exit_codes: [...job.exit_codes, null],
      error: decision.reasoning,
    });
    record(draft, "job.observed", after, {
      status: "lost",
      class: "lost",
      ended_at: draft.now,
      evidence: decision.evidence,
    });
    endJob(draft, after, rule.do === "skip" ? "skipped" : "failed", decision, true);
  } else {
    requestCancel(draft, job, decision);
  }
  if (rule.do === "abort" && !draft.run.stopping) stop(draft, "abort", decision.reasoning);
}

/** Another kind of machine, other zones, another executor: false when the rule would change nothing, or is spent. */
function moveElsewhere(draft: Draft, job: LoadedJob, rule: Rule, waited: number): boolean {
  const used = job.decisions.filter(
    (made) => made.rule === rule.name && made.round === draft.run.round,
  ).length;
  const rung = nextRung(job.resources, rule, draft.capacity.get(job.executor)?.largest ?? {});
  const executor = rule.set?.executor ?? job.executor;
  const same =
    JSON.stringify(rung.kind === "no_gain" ? null : rung.resources) === JSON.stringify(job.resources);
  const spotOnly = rule.set?.spot === false && job.resources.spot !== true;
  if (used >= (rule.times ?? 0) || rung.kind === "no_gain" || (same && executor === job.executor))
    return false;
  if (spotOnly && executor === job.executor && Object.keys(rule.set ?? {}).length === 1 && !rule.scale)
    return false;
  const decision = waitingDecision(draft, job, rule, waited, `Trying ${subject(job)} elsewhere.`);
  const after = requestCancel(draft, job, decision);
  change(draft, after.key, {
    resources: rung.resources,
    executor,
    decision,
    decisions: [...job.decisions, decision],
  });
  record(draft, "job.decided", after, { decision });
  return true;
}

function requestCancel(draft: Draft, job: LoadedJob, decision: Decision): LoadedJob {
  const last = { ...lastAttempt(job)!, cancel_requested_at: draft.now, cancel_decision: decision };
  return change(draft, job.key, { attempts: [...job.attempts.slice(0, -1), last] });
}
