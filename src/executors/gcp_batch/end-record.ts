import { z } from "zod";
import type { Evidence } from "../../core/job.ts";
import { tailOf } from "../../core/log-text.ts";
import type { Observation } from "../../core/observation.ts";
import { sayQuantity } from "../../core/quantity.ts";
import type { Resources } from "../../core/resources.ts";
import type { FailureClass } from "../../core/status.ts";

const Instant = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)))
  .nullable();

/** How an attempt ended, as `wrapper-report.sh` wrote it down. */
const EndRecord = z.object({
  attempt: z.string(),
  /** Null when the script did not come to its end, or never started. */
  code: z.number().int().nullable(),
  started: Instant,
  ended: Instant,
  /** Processes that the kernel killed at the memory limit. */
  kills: z.number().int(),
  /** Bytes. */
  peak: z.number().nullable(),
  /** Bytes that were dropped from the middle of the log. */
  left_out: z.number(),
  /** Why the outputs could not be published, in the storage's words. */
  failure: z.string().nullable(),
  /** Base64 of at most 64 KiB. */
  log_tail: z.string(),
});
export type EndRecord = z.infer<typeof EndRecord>;

/** The record of this attempt; null when the text is half-written, foreign or another attempt's. */
export function parseEndRecord(text: string, attempt: string): EndRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // the report was cut: what Batch says of the task stands alone
  }
  const parsed = EndRecord.safeParse(value);
  return parsed.success && parsed.data.attempt === attempt ? parsed.data : null;
}

/** An observation with what the attempt's own record adds to what Batch said. */
export function withEndRecord(
  seen: Observation,
  record: EndRecord,
  resources: Pick<Resources, "memory">,
): Observation {
  const told: Observation = {
    ...seen,
    started_at: seen.started_at ?? record.started,
    ended_at: seen.ended_at ?? record.ended,
    peak_memory: record.peak,
    log_tail: tailOf(Buffer.from(record.log_tail, "base64").toString()),
    ...(record.started === null ? {} : { ran: true }),
  };
  const judged = judge(told, record, resources);
  if (record.left_out === 0) return judged;
  const text = `${record.left_out} bytes were left out of the middle of the log`;
  return { ...judged, evidence: [...(judged.evidence ?? []), { source: "executor", text }] };
}

/** Batch's own codes say what happened to the machine, or that time was up: the script's code only followed from that. */
const isReserved = (code: number | null | undefined): boolean => (code ?? 0) >= 50000;

function judge(seen: Observation, record: EndRecord, { memory }: Pick<Resources, "memory">): Observation {
  if (seen.status !== "failed" && seen.status !== "succeeded") return seen;
  if (isReserved(seen.exit_code)) return seen;
  const found = (verdict: FailureClass, evidence: Evidence): Observation => ({
    ...seen,
    status: "failed",
    exit_code: record.code ?? seen.exit_code ?? null,
    verdict,
    evidence: [evidence],
  });
  if (record.kills > 0) {
    const processes = record.kills === 1 ? "1 process" : `${record.kills} processes`;
    const text = `${processes} killed at the limit of ${sayQuantity(memory)}`;
    const killed = found("oom", { source: "cgroup", text });
    // The script that lost a process and still said 0 was ended with 137 by its wrapper.
    return record.code === 0 ? { ...killed, exit_code: seen.exit_code || 137 } : killed;
  }
  if (record.failure !== null)
    return found(unpublished(record.failure), {
      source: "executor",
      text: `exit 0, but the outputs could not be published: ${record.failure}`,
    });
  // The script's own code, where Batch told none (its tasks are not readable yet, or its words have changed).
  return seen.status === "failed" && record.code !== null && !seen.exit_code
    ? { ...seen, exit_code: record.code }
    : seen;
}

function unpublished(failure: string): FailureClass {
  if (/No space left on device|disk full/i.test(failure)) return "disk_full";
  if (/HTTP 40[13]|access token/.test(failure)) return "permission";
  return /HTTP 4(?:00|04)/.test(failure) ? "config" : "io";
}
