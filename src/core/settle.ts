import { type Case, decide, type Verdict } from "./decide.ts";
import { change, type Draft, record } from "./draft.ts";
import { endAttempt, ended, observed } from "./end-attempt.ts";
import { endJob, stop } from "./end-job.ts";
import type { Attempt, Evidence, Job, LoadedJob } from "./job.ts";
import type { Observation } from "./observation.ts";
import { type Step, stepOf } from "./pipeline.ts";
import { seen, subject } from "./reasoning.ts";
import type { FailureClass } from "./status.ts";

/** Samples of one step with one exit code, from which on an `app` failure is no accident of the sample. */
const SAME_FAILURE = 3;

/** Writes the failure down, asks the rules, and does to the job what they say. */
export function settleFailure(
  draft: Draft,
  job: LoadedJob,
  seenNow: Observation,
  failure: FailureClass,
): void {
  const evidence = withMatches(seenNow);
  const status = failure === "lost" ? "lost" : "failed";
  const attempt = endAttempt(draft, job, seenNow, status, failure, evidence);
  const fields = ended(job, attempt);
  const tried: LoadedJob = { ...job, ...fields };
  const verdict = decide(caseOf(draft, tried, attempt, seenNow, failure));
  const error = seen({ class: failure, evidence, exitCode: attempt.exit_code, job }).replace(/\.$/, "");
  const after = change(draft, job.key, { ...fields, status: "pending", error });
  record(draft, "job.observed", after, observed(seenNow, attempt));
  settle(draft, after, verdict);
}

/** The user's own patterns that the log matched speak too: a rule may decide by them. */
function withMatches({ evidence = [], matches = [] }: Observation): Evidence[] {
  const told = new Set(evidence.map((item) => item.text));
  const more = matches.filter((pattern) => !told.has(pattern)).slice(0, 5);
  return [...evidence, ...more.map((text): Evidence => ({ source: "pattern", text }))];
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
    return "no job of this step ever made its outputs, so the script or the pattern is wrong";
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
