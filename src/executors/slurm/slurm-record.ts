/** One line of `sacct`, one job of `scontrol` or `squeue`, in Slurm's own words. */
export interface SlurmRecord {
  /** `123`, `123_4`, or of a step `123.batch`; null when not told. */
  readonly id: string | null;
  /** A full state word; null when it is absent, unknown, or cut so short that it may be several. */
  readonly state: string | null;
  /** The word as it stood there, `CANCELLED by 0`. */
  readonly raw: string | null;
  readonly code: ExitStatus | null;
  readonly reason: string | null;
  readonly cpu: number | null;
  /** Bytes. */
  readonly memory: number | null;
  /** Seconds. */
  readonly timeLimit: number | null;
  /** Seconds. */
  readonly elapsed: number | null;
  /** Bytes. */
  readonly peakMemory: number | null;
  /** False when it is told that it never started; null when nothing is told. */
  readonly started: boolean | null;
}

export interface ExitStatus {
  readonly code: number;
  readonly signal: number;
}

export const noRecord: SlurmRecord = {
  id: null,
  state: null,
  raw: null,
  code: null,
  reason: null,
  cpu: null,
  memory: null,
  timeLimit: null,
  elapsed: null,
  peakMemory: null,
  started: null,
};

/** `3:0`, `0:9`. */
export function exitStatus(text: string | undefined): ExitStatus | null {
  const match = /^(\d{1,5}):(\d{1,3})$/.exec(text?.trim() ?? "");
  return match ? { code: Number(match[1]), signal: Number(match[2]) } : null;
}

/** A raw wait status, as `squeue --json` of 22.05 has it: 768 is exit 3, 9 a SIGKILL. */
export const fromWaitStatus = (status: number): ExitStatus => ({ code: status >> 8, signal: status & 0x7f });

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes of Slurm's sizes: `4G`, `4000Mn`, `2Gc` (per CPU, of which there are `cpus`), `123456K`; a bare number is MiB. */
export function slurmBytes(text: string | undefined, cpus: number | null): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([KMGT]?)([nc]?)$/i.exec(text?.trim() ?? "");
  if (!match) return null;
  const each = match[3]?.toLowerCase() === "c" ? (cpus ?? 1) : 1;
  const bytes = Math.round(Number(match[1]) * UNITS[match[2]?.toUpperCase() || "M"]! * each);
  return bytes > 0 && bytes < 2 ** 50 ? bytes : null;
}

/** Seconds of Slurm's times: `1-00:00:00`, `01:30:00`, `30:00`; null for `UNLIMITED` and the like. */
export function slurmSeconds(text: string | undefined): number | null {
  const match = /^(?:(\d{1,4})-)?(\d{1,4}(?::\d{2}){1,2})(?:\.\d+)?$/.exec(text?.trim() ?? "");
  if (!match) return null;
  const clock = match[2]!.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  // With days, two parts are hours and minutes.
  const seconds = match[1] && match[2]!.split(":").length === 2 ? clock * 60 : clock;
  return Number(match[1] ?? 0) * 86400 + seconds;
}
