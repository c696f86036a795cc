import { readFileSync } from "node:fs";
import type { Evidence } from "../../core/job.ts";
import type { Observation } from "../../core/observation.ts";
import { sayQuantity } from "../../core/quantity.ts";
import type { Resources } from "../../core/resources.ts";
import type { FailureClass } from "../../core/status.ts";
import { instantOf } from "./claim.ts";

const REASONS = ["cancelled", "timeout", "disk", "memory", "unborn"] as const;

/** How an attempt ended, as its supervisor wrote it down. */
export interface ExitRecord {
  readonly code: number;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Why the supervisor ended it; null when the script ended by itself. `unborn`: it could not be started. */
  readonly reason: (typeof REASONS)[number] | null;
  /** Processes that the kernel killed at the memory limit. */
  readonly kills: number;
  /** Bytes; includes page cache that the kernel charged to the memory group. */
  readonly peak: number | null;
  /** Bytes that were dropped from the middle of the log. */
  readonly leftOut: number;
  /** What the programs said when the outputs could not be published. */
  readonly failure: string | null;
}

/** The record, or null while it is absent or not complete (its last line is missing). */
export function readRecord(path: string): ExitRecord | null {
  try {
    return parseRecord(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

export function parseRecord(text: string): ExitRecord | null {
  if (!text.endsWith("\nend\n")) return null;
  const fields = new Map(
    text.split("\n").map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), line.slice(space + 1)] as const;
    }),
  );
  const said = (name: string): string | null => {
    const value = fields.get(name);
    return value === undefined || value === "-" ? null : value;
  };
  return {
    code: Number(said("code")),
    startedAt: instantOf(said("started") ?? "0"),
    endedAt: instantOf(said("ended") ?? "0"),
    reason: REASONS.find((reason) => reason === said("reason")) ?? null,
    kills: Number(said("kills") ?? 0),
    peak: said("peak") === null ? null : Number(said("peak")),
    leftOut: Number(said("left_out") ?? 0),
    failure: said("failure"),
  };
}

interface Context {
  readonly resources: Resources;
  /** How limits are enforced here, `cgroup v1`. */
  readonly memoryLimits: string;
}

/** What stands in an observation because of a record: status, exit code, the executor's own verdict and its evidence. */
export function observationOf(id: string, record: ExitRecord, context: Context): Observation {
  const { verdict, evidence } = judge(record, context);
  return {
    attempt: id,
    status: statusOf(record, verdict),
    raw_state: rawState(record),
    submitted_at: record.startedAt,
    started_at: record.reason === "unborn" ? null : record.startedAt,
    ended_at: record.endedAt,
    exit_code: record.code,
    verdict,
    evidence: record.leftOut > 0 ? [...evidence, leftOutEvidence(record.leftOut)] : evidence,
    ran: record.reason !== "unborn",
    peak_memory: record.peak,
  };
}

function statusOf(record: ExitRecord, verdict: FailureClass | null): "succeeded" | "failed" | "cancelled" {
  if (record.reason === "cancelled") return "cancelled";
  return record.code === 0 && verdict === null ? "succeeded" : "failed";
}

function rawState(record: ExitRecord): string {
  const how = record.reason === null ? "" : ` (${record.reason})`;
  return `exit ${record.code}${how}`;
}

interface Judgement {
  readonly verdict: FailureClass | null;
  readonly evidence: Evidence[];
}

/** Our own cancel first, then a counted kill: whatever happened afterwards, happened because of it. */
function judge(record: ExitRecord, { resources, memoryLimits }: Context): Judgement {
  const found = (verdict: FailureClass, source: Evidence["source"], text: string): Judgement => ({
    verdict,
    evidence: [{ source, text }],
  });
  const memory = sayQuantity(resources.memory);
  if (record.reason === "cancelled") return { verdict: null, evidence: [] };
  if (record.kills > 0) {
    const processes = record.kills === 1 ? "1 process" : `${record.kills} processes`;
    return found("oom", "cgroup", `${processes} killed at the limit of ${memory} (${memoryLimits})`);
  }
  if (record.reason === "memory")
    return found("oom", "sampled", `used more than ${memory} when its memory was sampled, and was killed`);
  if (record.reason === "timeout")
    return found("timeout", "limit", `ended at its time limit of ${resources.time}`);
  if (record.reason === "disk")
    return found("disk_full", "limit", `its files are larger than its disk limit of ${resources.disk}`);
  if (record.reason === "unborn")
    return found("infra", "executor", "its supervisor could not start the script; the log says why");
  return record.failure === null ? { verdict: null, evidence: [] } : judgePublishing(record.failure);
}

function judgePublishing(failure: string): Judgement {
  const full = /No space left on device|Disk quota exceeded/.exec(failure)?.[0];
  const text = `${full ?? "exit 0, but not published"}: ${failure.trim()}`;
  return { verdict: full ? "disk_full" : "io", evidence: [{ source: "executor", text }] };
}

const leftOutEvidence = (bytes: number): Evidence => ({
  source: "executor",
  text: `${bytes} bytes were left out of the middle of the log`,
});
