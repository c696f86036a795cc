/** Slurm's job states and `squeue`'s short forms: https://slurm.schedmd.com/job_state_codes.html */
const STATES: Readonly<Record<string, string>> = {
  BF: "BOOT_FAIL",
  CA: "CANCELLED",
  CD: "COMPLETED",
  CF: "CONFIGURING",
  CG: "COMPLETING",
  DL: "DEADLINE",
  F: "FAILED",
  LF: "LAUNCH_FAILED",
  NF: "NODE_FAIL",
  OOM: "OUT_OF_MEMORY",
  PD: "PENDING",
  PR: "PREEMPTED",
  R: "RUNNING",
  RD: "RESV_DEL_HOLD",
  RF: "REQUEUE_FED",
  RH: "REQUEUE_HOLD",
  RQ: "REQUEUED",
  RS: "RESIZING",
  RV: "REVOKED",
  S: "SUSPENDED",
  SE: "SPECIAL_EXIT",
  SI: "SIGNALING",
  SO: "STAGE_OUT",
  ST: "STOPPED",
  TO: "TIMEOUT",
};
const WORDS = Object.values(STATES);
/** The least of a cut word that is taken for its state. */
const SHORTEST_CUT = 3;

/**
 * The full word of a state as any tool spells it: `CANCELLED by 0`, `OUT_OF_ME+`, `PD`. Null for what is not a state,
 * or is cut so short that it may be several.
 */
export function fullState(text: string): string | null {
  const word = /^([A-Z_]+)(\+?)/.exec(text.trim().toUpperCase());
  if (!word) return null;
  const [, name, cut] = word as unknown as [string, string, string];
  if (!cut) return STATES[name] ?? (WORDS.includes(name) ? name : null);
  const candidates = WORDS.filter((candidate) => candidate.startsWith(name));
  return name.length >= SHORTEST_CUT && candidates.length === 1 ? candidates[0]! : null;
}

/** Whether a text is nothing but a state, `OUT_OF_ME+` or `CANCELLED by 0`; short forms are not enough. */
export const isStateText = (text: string): boolean =>
  /^[A-Z_]{5,}(?:\+| by \S+)?$/.test(text.trim()) && fullState(text) !== null;
