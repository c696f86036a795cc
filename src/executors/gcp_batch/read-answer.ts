import { cutText } from "../../core/message.ts";
import type { FailureClass } from "../../core/status.ts";
import type { Attributes, ErrorBody, Operation } from "./document-shapes.ts";
import { readJob } from "./read-job.ts";
import { readTasks } from "./read-tasks.ts";
import { nothingSeen, type Seen } from "./seen.ts";

/** Answers that say how a request fared, by status or HTTP code. Everything else is a question that was not answered. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  NOT_FOUND: {
    note: "Tasks may be absent for minutes after a job is made; a job that was there before is gone.",
  },
  ALREADY_EXISTS: { note: "There is already a job of this id: it is looked at, not made again." },
  RESOURCE_EXHAUSTED: { waiting: "quota" },
  PERMISSION_DENIED: { class: "permission" },
  INVALID_ARGUMENT: { class: "config" },
  FAILED_PRECONDITION: { class: "config" },
};
interface Answer {
  readonly class?: FailureClass;
  readonly waiting?: "quota";
  readonly note?: string;
}
const STATUS_OF: Readonly<Record<number, string>> = {
  3: "INVALID_ARGUMENT",
  5: "NOT_FOUND",
  6: "ALREADY_EXISTS",
  7: "PERMISSION_DENIED",
  8: "RESOURCE_EXHAUSTED",
  9: "FAILED_PRECONDITION",
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  429: "RESOURCE_EXHAUSTED",
};
/** A look that was refused says nothing of the job. */
const A_LOOK = /batch\.(?:jobs|tasks|operations|locations)\.(?:get|list)/;

/** An error instead of a document: it says nothing of the job's state, and unknown is not failed. */
export function readError(error: ErrorBody): Seen {
  const status = error.status ?? STATUS_OF[error.code ?? 0] ?? "UNKNOWN";
  const text = cutText(`${status}: ${error.message || "no message"}`, 500);
  const answer: Answer = ANSWERS[status] ?? {};
  const base = nothingSeen();
  const evidence = [{ source: "event", text }] as const;
  const observation = { ...base.observation, raw_state: status, evidence };
  if (answer.class && !A_LOOK.test(text)) {
    const refused = { ...observation, verdict: answer.class, ran: false };
    return { ...base, observation: refused, failure: true, note: "Batch refused the request." };
  }
  if (answer.note) return { ...base, observation, note: answer.note };
  const waiting = { reason: answer.waiting ?? "executor_unreachable", detail: text } as const;
  return { ...base, observation: { ...observation, waiting }, waiting };
}

/** A long-running operation: it is about a request, not about the job's state. */
export function readOperation(operation: Operation): Seen {
  const { verb = null, target = null } = operation.metadata ?? {};
  const what = `The ${verb ?? "operation"}${target ? ` of ${target}` : ""}`;
  if (operation.error)
    return { ...readError(operation.error), name: target ?? null, note: `${what} failed.` };
  const base = nothingSeen(target ?? null);
  return { ...base, note: `${what} ${operation.done ? "is done" : "is under way"}.` };
}

/** A hint to look at the job, not a record of it: messages come late, twice and in any order. */
export function readMessage(attributes: Attributes): Seen {
  const name = attributes.JobName ?? attributes.JobUID ?? null;
  if (attributes.NewJobState !== undefined && attributes.NewJobState !== null)
    return readJob({
      name,
      status: { state: attributes.NewJobState },
    });
  return readTasks([{ name, status: { state: attributes.NewTaskState ?? null } }], false);
}
