import type { Classified } from "../core/classify.ts";
import type { Attempt, Job } from "../core/job.ts";
import { lastAttempt, UNTOUCHED } from "../core/job.ts";
import type { Resources } from "../core/resources.ts";
import type { FailureClass } from "../core/status.ts";
import type { SeenDocument } from "./explain.ts";

/** Stands where the document names no step; taken out of the sentences again. */
export const NO_STEP = "unknown_step";

/** A limit that the document does not tell, but that there must have been: the rules look whether it can be raised. */
const SUPPOSED: Resources = { cpu: 1, memory: "1GiB", disk: "10GiB", time: "1h" };

/** The job that the rules are asked about: our own without the decision on this failure, or one with this attempt alone. */
export function supposedJob(seen: SeenDocument, found: Classified, now: string): Job {
  const own = seen.job;
  if (own) {
    const last = lastAttempt(own)?.attempt;
    const decisions = own.decisions.filter((decision) => decision.attempt !== last);
    return { ...own, decisions, resources: lastAttempt(own)?.resources ?? own.resources };
  }
  const resources: Resources = {
    ...SUPPOSED,
    ...seen.resources,
    ...(seen.spot === null ? {} : { spot: seen.spot }),
  };
  const attempts = isTold(found.class, seen) ? [supposedAttempt(seen, found, resources, now)] : [];
  return {
    ...EMPTY,
    job_id: seen.name ?? "",
    sample: label(seen),
    resources,
    executor: seen.executor,
    attempts,
  };
}

/** Whether the resource that a failure of this class lacked is told: only then may a sentence name it. */
export function isTold(failure: FailureClass, { resources, job }: SeenDocument): boolean {
  if (job) return true;
  if (failure === "oom") return resources.memory !== undefined;
  if (failure === "timeout") return resources.time !== undefined;
  return failure !== "disk_full" || resources.disk !== undefined;
}

const label = ({ name }: SeenDocument): string => name?.split("/").at(-1)?.slice(0, 63) || "the job";

function supposedAttempt(
  { name, executor, observation }: SeenDocument,
  { class: failure, evidence }: Classified,
  resources: Resources,
  now: string,
): Attempt {
  return {
    attempt: 1,
    id: name ?? "",
    status: "failed",
    executor,
    handle: null,
    group: null,
    origin: "adopted",
    resources,
    recorded_at: now,
    submitted_at: observation.submitted_at ?? null,
    started_at: observation.started_at ?? null,
    ended_at: observation.ended_at ?? null,
    raw_state: observation.raw_state ?? null,
    exit_code: observation.exit_code ?? null,
    class: failure,
    evidence: [...evidence],
    peak_memory: observation.peak_memory ?? null,
    log_tail: null,
    log_uri: null,
    cancel_requested_at: null,
    cancel_decision: null,
  };
}

const EMPTY: Omit<Job, "resources" | "executor"> = {
  run_id: "",
  pipeline: "",
  key: "",
  job_id: "",
  step: NO_STEP,
  sample: null,
  inputs: {},
  ...UNTOUCHED,
  fingerprint: null,
};
