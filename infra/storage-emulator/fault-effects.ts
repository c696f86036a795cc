import { setTimeout } from "node:timers/promises";
import { ApiError } from "./api-error.ts";
import type { Answer, Call } from "./call.ts";
import type { Effect } from "./faults.ts";

/** The connection is to be broken, after so many bytes of the answer that stands here. */
export class Cut extends Error {
  override readonly name = "Cut";
  readonly answer: Answer | null;
  readonly bytes: number;
  constructor(answer: Answer | null, bytes: number) {
    super("the connection is cut by a fault that was asked for");
    this.answer = answer;
    this.bytes = bytes;
  }
}

/** Does the work of a call in the way that a fault has it. */
export async function withEffect(
  effect: Effect,
  call: Call,
  work: (call: Call) => Promise<Answer>,
): Promise<Answer> {
  if ("delay" in effect) {
    await setTimeout(effect.delay);
    return work(call);
  }
  if ("cut_answer_after" in effect) throw new Cut(await work(call), effect.cut_answer_after);
  if ("cut_request_after" in effect) {
    // What arrived before may be kept, as the service does with resumable uploads; no answer ever comes.
    await work({ ...call, body: cutAfter(call.body, effect.cut_request_after) }).catch(() => undefined);
    throw new Cut(null, 0);
  }
  if (effect.applied) await work(call);
  const { status, reason, message, retry_after } = effect;
  const said = SAYINGS[status] ?? [String(status), `Fault ${status}`];
  const error = new ApiError(status, reason ?? said[0], message ?? said[1]);
  throw retry_after === undefined ? error : Object.assign(error, { retryAfter: retry_after });
}

async function* cutAfter(body: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) break;
  }
  throw new Cut(null, 0);
}

/** Reason and message as the service gives them. */
const SAYINGS: Readonly<Record<number, readonly [string, string]>> = {
  401: ["authError", "Invalid Credentials"],
  403: [
    "forbidden",
    "tick@my-lab.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist).",
  ],
  404: ["notFound", "Not Found"],
  408: ["requestTimeout", "Request Timeout"],
  412: ["conditionNotMet", "At least one of the pre-conditions you specified did not hold."],
  429: [
    "rateLimitExceeded",
    "The rate of requests is too high. Please reduce your request rate. See https://cloud.google.com/storage/docs/gcs429.",
  ],
  500: ["backendError", "Internal Error"],
  503: ["backendError", "We encountered an internal error. Please try again."],
};
