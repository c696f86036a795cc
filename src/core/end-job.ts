import { change, type Draft, record } from "./draft.ts";
import type { Decision, LoadedJob } from "./job.ts";
import { sayStopping } from "./reasoning.ts";
import type { JobStatus } from "./status.ts";

export function stoppingDecision(draft: Draft): Decision {
  const { stopping } = draft.run;
  const isCancel = stopping?.action === "cancel";
  const why = isCancel ? sayStopping(stopping) : "Cancelled: the run was aborted while it ran.";
  return plainDecision(draft, "abort", why);
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
