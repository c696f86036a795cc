import { Attempt, type Evidence, Job, lastAttempt } from "../core/job.ts";
import type { Observation } from "../core/observation.ts";
import type { SeenDocument } from "./explain.ts";

/** An attempt, as much of it as there is. */
const PartAttempt = Attempt.partial().required({ status: true });
type PartAttempt = ReturnType<typeof PartAttempt.parse>;
/** A job without its history, as the ledger has it. */
const PartJob = Job.omit({ attempts: true, decisions: true }).partial().required({ status: true });
type PartJob = ReturnType<typeof PartJob.parse>;

/** What both say of how it stands. */
interface Part
  extends Pick<
    PartAttempt,
    "executor" | "exit_code" | "class" | "resources" | "raw_state" | "log_tail" | "started_at" | "ended_at"
  > {
  readonly status: Attempt["status"] | Job["status"];
  readonly evidence?: readonly Evidence[] | undefined;
  readonly waiting?: Job["waiting"] | undefined;
}

/** One of our own jobs or attempts. Null when it is neither. */
export function readOwnDocument(value: unknown): SeenDocument | null {
  const fields = value as Readonly<Record<string, unknown>>;
  if (value === null || typeof value !== "object" || typeof fields["status"] !== "string") return null;
  const whole = Job.safeParse(value);
  if (whole.success) return ofJob(whole.data);
  if ("recorded_at" in fields || ("attempt" in fields && "id" in fields)) {
    const read = PartAttempt.safeParse(value);
    return read.success ? ofPart(read.data, read.data.id ?? null) : null;
  }
  if (!("job_id" in fields || "key" in fields) || !("step" in fields || "retry_count" in fields)) return null;
  const read = PartJob.safeParse(value);
  return read.success
    ? ofPart(withLastAttempt(read.data, fields["attempts"]), read.data.job_id ?? null)
    : null;
}

function ofJob(job: Job): SeenDocument {
  const last = lastAttempt(job);
  if (!last)
    return ofPart({ ...job, evidence: [], raw_state: null, log_tail: null, ended_at: null }, job.key);
  const seen = ofPart({ ...last, waiting: job.waiting }, job.key);
  return {
    ...seen,
    job,
    vanishedBefore: job.exit_codes.slice(0, -1).filter((code) => code === 50002).length,
  };
}

/** A job that is not all there may still have its last attempt. */
function withLastAttempt(job: PartJob, attempts: unknown): Part {
  const last = Array.isArray(attempts) ? PartAttempt.safeParse(attempts.at(-1)) : null;
  return last?.success ? { ...last.data, waiting: job.waiting } : job;
}

function ofPart(part: Part, name: string | null): SeenDocument {
  const status = statusOf(part);
  const failure = status === "failed" || status === "lost";
  const seconds = (Date.parse(part.ended_at ?? "") - Date.parse(part.started_at ?? "")) / 1000;
  return {
    executor: part.executor ?? "local",
    name,
    state: status,
    failure,
    waiting: part.waiting ? { reason: part.waiting.reason, detail: part.waiting.detail ?? "" } : null,
    resources: part.resources ?? {},
    spot: part.resources?.spot ?? null,
    ranSeconds: Number.isFinite(seconds) ? seconds : null,
    vanishedBefore: 0,
    note: null,
    observation: {
      attempt: name ?? "",
      status,
      raw_state: part.raw_state ?? null,
      exit_code: part.exit_code ?? null,
      verdict: failure ? (part.class ?? null) : null,
      evidence: evidenceOf(part),
      log_tail: part.log_tail ?? null,
    },
  };
}

/** What its class was judged by stands in the evidence already; the exit code is added again by the judge. */
const evidenceOf = ({ evidence, exit_code }: Part): Evidence[] =>
  (evidence ?? []).filter(
    (item) => item.source !== "exit_code" || exit_code === null || exit_code === undefined,
  );

/** A job that was skipped ended by a failure, unless it never had an attempt: a job that it needs failed. */
function statusOf({ status, class: failure, exit_code }: Part): Observation["status"] {
  if (status === "skipped") return failure || typeof exit_code === "number" ? "failed" : null;
  return status === "recorded" || status === "pending" ? null : status;
}
