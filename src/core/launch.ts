import { hasLiveAttempt, openJobs } from "./board.ts";
import { change, type Draft, record } from "./draft.ts";
import { endJob, plainDecision } from "./end-job.ts";
import { jobKey } from "./ids.ts";
import { type Job, type LoadedJob, lastAttempt, nextAttempt } from "./job.ts";
import { type Step, stepOf, topological } from "./pipeline.ts";
import { bytesOf } from "./quantity.ts";
import { sayStopping, subject } from "./reasoning.ts";
import { tooBig } from "./resources.ts";
import type { Stopping } from "./run.ts";
import { isFinalJob } from "./status.ts";

/** How the jobs that a job needs stand. */
export type Needs =
  | { readonly kind: "met" }
  | { readonly kind: "open" }
  /** A needed job has ended without success: `key` names it, or the step when it is all of one. */
  | { readonly kind: "blocked"; readonly key: string; readonly text: string };

/** `needs` joins sample with sample; a job that is per run waits for all, and runs on what succeeded. */
export function needsOf(
  draft: Pick<Draft, "run" | "jobs" | "board">,
  job: Pick<Job, "step" | "sample">,
): Needs {
  const step = stepOf(draft.run.pipeline_spec, job.step);
  let open = false;
  for (const id of step.needs) {
    const need = stepOf(draft.run.pipeline_spec, id);
    const found =
      need.per === "sample" && job.sample === null ? gathers(draft, need) : joins(draft, need, job.sample);
    if (found.kind === "blocked") return found;
    if (found.kind === "open") open = true;
  }
  if (open) return { kind: "open" };
  const gathered = step.per === "run" ? gatheredSteps(draft.run.pipeline_spec.steps, step) : [];
  return gathered.length > 0 && noSample(draft, step)
    ? { kind: "blocked", key: gathered[0]!.id, text: "no sample succeeded in what it needs" }
    : { kind: "met" };
}

function joins(draft: Pick<Draft, "jobs">, need: Step, sample: string | null): Needs {
  const key = jobKey(need.id, need.per === "sample" ? sample : null);
  const needed = draft.jobs.get(key);
  if (!needed || !isFinalJob(needed.status)) return { kind: "open" };
  if (needed.status === "succeeded" || need.optional) return { kind: "met" };
  return { kind: "blocked", key, text: `it needs ${key}, which ${wasEnded(needed)}` };
}

const wasEnded = (job: Job): string => (job.status === "failed" ? "failed" : `was ${job.status}`);

function gathers(draft: Pick<Draft, "board">, need: Step): Needs {
  return openJobs(draft.board.steps.get(need.id)!) === 0 ? { kind: "met" } : { kind: "open" };
}

const gatheredSteps = (steps: readonly Step[], step: Step): Step[] =>
  steps.filter(
    (candidate) => step.needs.includes(candidate.id) && candidate.per === "sample" && !candidate.optional,
  );

const noSample = (draft: Pick<Draft, "run" | "jobs">, step: Step): boolean =>
  samplesFor(draft, step).length === 0 && draft.run.samples.length > 0;

/** The samples that a per-run step works on: those that succeeded in every per-sample step that it needs. */
export function samplesFor(draft: Pick<Draft, "run" | "jobs">, step: Step): string[] {
  const needed = gatheredSteps(draft.run.pipeline_spec.steps, step);
  return draft.run.samples.filter((sample) =>
    needed.every((need) => draft.jobs.get(jobKey(need.id, sample))?.status === "succeeded"),
  );
}

/** Pending jobs whose needs can never be met are skipped, and name the job that they needed. */
export function skipBlocked(draft: Draft): void {
  const byStep = pendingByStep(draft);
  for (const step of topological(draft.run.pipeline_spec)) {
    for (const job of byStep.get(step.id) ?? []) {
      const needs = needsOf(draft, job);
      if (needs.kind !== "blocked") continue;
      const decision = plainDecision(draft, "skip", `Skipping ${job.key}: ${needs.text}.`);
      const after = change(draft, job.key, { blocked_by: needs.key, error: `needs ${needs.key}` });
      endJob(draft, after, "skipped", decision);
    }
  }
}

function pendingByStep(draft: Draft): Map<string, LoadedJob[]> {
  const byStep = new Map<string, LoadedJob[]>();
  for (const job of draft.jobs.values()) {
    if (job.status !== "pending" || hasLiveAttempt(job)) continue;
    const jobs = byStep.get(job.step);
    if (jobs) jobs.push(job);
    else byStep.set(job.step, [job]);
  }
  return byStep;
}

/**
 * Records an attempt for every job that may start now: needs met, pause over, limits and capacity kept.
 * Later steps go first: a sample that is far along ends early, and a wrong last step is found before all is spent.
 */
export function launch(draft: Draft): void {
  const byStep = pendingByStep(draft);
  const order = new Map(draft.run.samples.map((sample, at) => [sample, at]));
  const room = openRoom(draft);
  for (const step of topological(draft.run.pipeline_spec).reverse()) {
    const jobs = byStep.get(step.id) ?? [];
    jobs.sort((a, b) => (order.get(a.sample ?? "") ?? 0) - (order.get(b.sample ?? "") ?? 0));
    for (const job of jobs) {
      if (room.run <= 0 || (room.steps.get(step.id) ?? 0) <= 0) break;
      if (!isReady(draft, job) || endsAsTooBig(draft, job) || !finds(draft, room, job)) continue;
      recordAttempt(draft, job);
    }
  }
}

function isReady(draft: Draft, job: LoadedJob): boolean {
  if (job.not_before !== null && job.not_before > draft.now) return false;
  return needsOf(draft, job).kind === "met";
}

/** A job that grew, or moved, beyond what its executor has would wait for ever: it fails instead, and says so. */
function endsAsTooBig(draft: Draft, job: LoadedJob): boolean {
  const largest = draft.capacity.get(job.executor)?.largest;
  const problems = largest ? tooBig(job.resources, largest) : [];
  if (problems.length === 0) return false;
  const who = subject(job);
  const error = `${problems.map((text) => `${who} ${text}`).join("; ")} (executor ${job.executor})`;
  const after = change(draft, job.key, { error });
  endJob(draft, after, "failed", plainDecision(draft, "fail", `${error}. Failing ${who}.`), true);
  return true;
}

interface Room {
  run: number;
  /** Attempts that may still be recorded beyond what is free. */
  ahead: number;
  readonly steps: Map<string, number>;
  readonly free: Map<string, Free | null>;
}

/** What may still start: `max_parallel` of run and steps, and each executor's free slots less what is recorded already. */
function openRoom(draft: Draft): Room {
  const { pipeline_spec: pipeline } = draft.run;
  const room: Room = {
    run: pipeline.max_parallel ?? Number.POSITIVE_INFINITY,
    ahead: draft.ahead,
    steps: new Map(pipeline.steps.map((step) => [step.id, step.max_parallel ?? Number.POSITIVE_INFINITY])),
    free: new Map(
      [...draft.capacity].map(([kind, capacity]) => [kind, capacity.free && { ...capacity.free }]),
    ),
  };
  for (const job of draft.jobs.values()) {
    if (!hasLiveAttempt(job)) continue;
    room.run -= 1;
    room.steps.set(job.step, room.steps.get(job.step)! - 1);
    const last = lastAttempt(job)!;
    const free = room.free.get(last.executor);
    if (last.status !== "recorded" || !free) continue;
    if (!fits(free, last.resources)) room.ahead -= 1;
    spend(free, last.resources);
  }
  return room;
}

function finds(draft: Draft, room: Room, job: LoadedJob): boolean {
  const free = room.free.get(job.executor);
  if (free === undefined) return false;
  if (free && !takes(free, job.resources)) {
    if (room.ahead <= 0 || draft.board.steps.get(job.step)!.byStatus.succeeded === 0) return false;
    room.ahead -= 1;
    // It is next, so nothing smaller slips past it.
    spend(free, job.resources);
  }
  room.run -= 1;
  room.steps.set(job.step, room.steps.get(job.step)! - 1);
  return true;
}

interface Free {
  cpu: number;
  memory: number;
}

const fits = (free: Free, resources: Job["resources"]): boolean =>
  free.cpu + 1e-9 >= resources.cpu && free.memory >= bytesOf(resources.memory);

/** Takes resources out of what is free (bytes of memory); false, and nothing is taken, when they do not fit. */
export function takes(free: Free, resources: Job["resources"]): boolean {
  if (!fits(free, resources)) return false;
  spend(free, resources);
  return true;
}

function spend(free: Free, resources: Job["resources"]): void {
  free.cpu -= resources.cpu;
  free.memory -= bytesOf(resources.memory);
}

/** Record before act: the attempt exists under its derived id before anything is submitted. */
function recordAttempt(draft: Draft, job: LoadedJob): void {
  const attempt = nextAttempt(job, draft.now);
  const { id, executor, resources } = attempt;
  const after = change(draft, job.key, {
    job_id: id,
    attempts: [...job.attempts, attempt],
    retry_count: attempt.attempt - 1,
    not_before: null,
    completed_at: null,
  });
  record(draft, "job.recorded", after, { id, executor, resources });
}

const beforeStart = (stopping: Stopping): string =>
  stopping.action === "abort"
    ? "Cancelled: the run was aborted before this job could start."
    : sayStopping(stopping);

/** Everything not ended is cancelled: what was never started at once, what lives when it has really ended. */
export function cancelOpen(draft: Draft): void {
  const stopping = draft.run.stopping!;
  for (const job of [...draft.jobs.values()]) {
    if (isFinalJob(job.status)) continue;
    if (!hasLiveAttempt(job)) {
      endJob(draft, job, "cancelled", plainDecision(draft, "abort", beforeStart(stopping)));
      continue;
    }
    const last = lastAttempt(job)!;
    if (last.cancel_requested_at) continue;
    change(draft, job.key, {
      attempts: [...job.attempts.slice(0, -1), { ...last, cancel_requested_at: draft.now }],
    });
  }
}
