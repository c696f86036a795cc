import { exitStatus, noRecord, type SlurmRecord, slurmBytes, slurmSeconds } from "./slurm-record.ts";
import { fullState } from "./slurm-states.ts";

/** The jobs of `scontrol show job`: `Key=value` words, jobs one after another. Empty when it is none. */
export function readScontrol(text: string): SlurmRecord[] {
  return text
    .split(/(?=\bJobId=)/)
    .map(pairs)
    .flatMap((fields) => recordOf(fields) ?? []);
}

/** The first of a key counts: a comment or a command may contain anything, and comes later. */
function pairs(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, key, value] of text.matchAll(/(?:^|\s)([A-Za-z][\w:/]*)=(\S*)/g))
    if (!found.has(key!)) found.set(key!, value!);
  return found;
}

function recordOf(fields: ReadonlyMap<string, string>): SlurmRecord | null {
  const raw = fields.get("JobState") ?? null;
  if (raw === null) return null;
  const cpu = Number(fields.get("NumCPUs") ?? 0) || null;
  const array = fields.get("ArrayJobId");
  const task = fields.get("ArrayTaskId");
  const elapsed = slurmSeconds(fields.get("RunTime"));
  const memory = fields.get("MinMemoryNode");
  const perCpu = fields.get("MinMemoryCPU");
  return {
    ...noRecord,
    id: array && task ? `${array}_${task}` : (fields.get("JobId") ?? null),
    state: fullState(raw),
    raw,
    code: exitStatus(fields.get("ExitCode")),
    reason: fields.get("Reason") ?? null,
    cpu,
    memory: perCpu ? slurmBytes(`${perCpu}c`, cpu) : slurmBytes(memory, cpu),
    timeLimit: slurmSeconds(fields.get("TimeLimit")),
    elapsed,
    started: fields.get("StartTime") === "Unknown" ? false : elapsed ? true : null,
  };
}
