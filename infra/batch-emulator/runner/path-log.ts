import { appendFileSync, mkdirSync } from "node:fs";
import { join, normalize } from "node:path";
import type { JobRecord } from "../model.ts";
import type { Disks } from "./disks.ts";
import type { TaskOrder } from "./runner.ts";
import type { LogLine } from "./task-log.ts";

/** Takes lines to where `logsPolicy.logsPath` points; throws when they cannot be written. */
export type PathLog = (lines: readonly LogLine[]) => void;

export interface FoundPathLog {
  readonly append: PathLog;
  /** What the machine's agent has to say about it; null: nothing. */
  readonly notice: string | null;
}

/**
 * For `logsPolicy.destination: PATH`; null for others. `logsPath` is a folder of the machine or under a mount (job.proto); one
 * that is of the machine goes with it. The names of the files in it and the form of their lines are ours: the service's were
 * not found.
 */
export function findPathLog({ record, index, retry }: TaskOrder, disks: Disks): FoundPathLog | null {
  const path = logsPathOf(record);
  if (path === null) return null;
  const folder = disks.onHost(normalize(path));
  if (folder === null) {
    const notice = `the log is not kept: logsPath ${path} is under no volume that the task may write to, so it goes with the machine`;
    return { append() {}, notice };
  }
  const file = join(folder, `${record.job.uid}-group0-${index}-${retry}.log`);
  const append: PathLog = (lines) => {
    mkdirSync(folder, { recursive: true });
    appendFileSync(
      file,
      lines.map(({ timestamp, severity, text }) => `${timestamp} ${severity} ${text}\n`).join(""),
    );
  };
  return { append, notice: null };
}

function logsPathOf({ job }: JobRecord): string | null {
  const policy = job["logsPolicy"] as { destination?: string; logsPath?: string } | undefined;
  return policy?.destination === "PATH" ? (policy.logsPath ?? null) : null;
}
