import { cleanLog, lastLines } from "../../core/log-text.ts";
import type { AttemptRef, LogRequest } from "../../ports.ts";
import type { BatchContext } from "./batch-context.ts";
import { BatchError } from "./batch-error.ts";
import type { CloudLogging } from "./cloud-logging.ts";
import { nameOf } from "./observe-attempts.ts";
import { readHandle, readSeenJob } from "./seen-job.ts";

/** The log that the attempt uploaded at its end; before that, what Cloud Logging has, as far as its quota goes. */
export async function readLog(
  context: BatchContext,
  logging: CloudLogging | null,
  ref: AttemptRef,
  { lines }: LogRequest,
): Promise<string | null> {
  const { uid, record } = await placeOf(context, ref);
  const uploaded = record === null ? null : await context.options.readText(`${record}.log`);
  const text =
    uploaded ?? (uid === null || !logging ? null : await logging.read(uid, ref.attempt.recorded_at, lines));
  if (text === null) return null;
  const clean = cleanLog(text);
  return lines === null ? clean : lastLines(clean, lines);
}

/** From the attempt's handle, or, where it was not confirmed yet, from the job itself. */
async function placeOf(
  context: BatchContext,
  ref: AttemptRef,
): Promise<{ uid: string | null; record: string | null }> {
  const { name, uid, record } = readHandle(ref.attempt.handle);
  if (uid !== null && record !== null) return { uid, record };
  try {
    const job = readSeenJob(await context.client.get(name ?? nameOf(context, ref)));
    return { uid: job?.uid ?? uid, record: job?.record ?? record };
  } catch (error) {
    if (error instanceof BatchError && error.kind === "not_found") return { uid, record };
    throw error;
  }
}
