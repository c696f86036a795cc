import type { Draft } from "./draft.ts";
import type { Attempt, Evidence, Job, LoadedJob } from "./job.ts";
import { lastAttempt } from "./job.ts";
import type { Observation } from "./observation.ts";
import type { FailureClass } from "./status.ts";

/** The current attempt as it ended. */
export function endAttempt(
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
export function ended(job: LoadedJob, attempt: Attempt): Partial<Job> {
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
export function observed(seenNow: Observation, attempt: Attempt): Record<string, unknown> {
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
