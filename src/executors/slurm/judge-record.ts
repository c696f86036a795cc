import type { Evidence } from "../../core/job.ts";
import type { Observation } from "../../core/observation.ts";
import { formatDuration, formatSize } from "../../core/quantity.ts";
import type { Resources } from "../../core/resources.ts";
import type { FailureClass } from "../../core/status.ts";
import type { Seen } from "./seen.ts";
import type { ExitStatus, SlurmRecord } from "./slurm-record.ts";
import { waitingOf } from "./waiting-reason.ts";

interface Meaning {
  readonly status: Exclude<Observation["status"], null>;
  readonly verdict?: FailureClass;
  readonly ran?: boolean;
  readonly note?: string;
}

const HELD = "It is held: somebody must release it.";
const MEANINGS: Readonly<Record<string, Meaning>> = {
  PENDING: { status: "submitted" },
  CONFIGURING: { status: "submitted" },
  REQUEUED: { status: "submitted", note: "Slurm has put it back into its queue." },
  REQUEUE_FED: { status: "submitted", note: "Slurm has put it back into its queue." },
  REQUEUE_HOLD: { status: "submitted", note: HELD },
  SPECIAL_EXIT: { status: "submitted", note: HELD },
  RESV_DEL_HOLD: { status: "submitted", note: HELD },
  RUNNING: { status: "running" },
  RESIZING: { status: "running" },
  SIGNALING: { status: "running" },
  SUSPENDED: { status: "running", note: "It is suspended." },
  STOPPED: { status: "running", note: "It is stopped." },
  COMPLETING: { status: "running", note: "It is ending." },
  STAGE_OUT: { status: "running", note: "Its files are being staged out." },
  COMPLETED: { status: "succeeded" },
  FAILED: { status: "failed" },
  OUT_OF_MEMORY: { status: "failed", verdict: "oom" },
  TIMEOUT: { status: "failed", verdict: "timeout" },
  DEADLINE: { status: "failed", verdict: "timeout" },
  PREEMPTED: { status: "failed", verdict: "preempted" },
  NODE_FAIL: { status: "failed", verdict: "infra" },
  BOOT_FAIL: { status: "failed", verdict: "infra", ran: false },
  LAUNCH_FAILED: { status: "failed", verdict: "infra", ran: false },
  CANCELLED: { status: "cancelled", verdict: "cancelled_elsewhere" },
  // Its sibling on another cluster started: resubmitting would run it twice.
  REVOKED: { status: "cancelled", verdict: "cancelled_elsewhere", ran: false },
};
/** Slurm's own numbers where a signal stands: 53 its files could not be opened, 125 a counted memory kill. */
const FILES_UNUSABLE = 53;
const MEMORY_KILL = 125;

/** What a job's record and those of its steps say together. */
export function judgeRecord(job: SlurmRecord, steps: readonly SlurmRecord[]): Seen {
  const meaning = job.state === null ? null : (MEANINGS[job.state] ?? null);
  const killed = [job, ...steps].find((record) => record.state === "OUT_OF_MEMORY");
  // A kill that Slurm counted in a step spoils the whole, even where the script went on to exit 0.
  const ended = meaning?.status === "failed" || meaning?.status === "succeeded";
  const oom = killed !== undefined && (ended || meaning === null) && (meaning?.verdict ?? "oom") === "oom";
  const status = oom ? "failed" : (meaning?.status ?? null);
  const exitCode = exitCodeOf(job, steps, oom, status);
  const failure = status === "failed" || status === "cancelled" || (status === null && failingCode(exitCode));
  const waiting = status === "submitted" ? waitingOf(job.reason) : null;
  return {
    ...EMPTY,
    name: job.id,
    state: status,
    failure,
    waiting,
    resources: resourcesOf(job),
    ranSeconds: job.elapsed,
    note: noteOf(job, meaning),
    observation: {
      attempt: job.id ?? "",
      status,
      raw_state: job.raw,
      exit_code: exitCode,
      verdict: oom ? "oom" : verdictOf(job, meaning),
      evidence: failure ? evidenceOf(job, oom ? killed : undefined) : [],
      ...ranOf(job, meaning),
      ...(waiting && isStored(waiting) ? { waiting } : {}),
      peak_memory: Math.max(0, ...[job, ...steps].map((record) => record.peakMemory ?? 0)) || null,
    },
  };
}

const EMPTY = { executor: "slurm", spot: null, vanishedBefore: 0 } as const;
const failingCode = (code: number | null): boolean => code !== null && code !== 0;

type Stored = NonNullable<Observation["waiting"]>;
const isStored = (waiting: { reason: string }): waiting is Stored & { detail: string } =>
  waiting.reason === "quota" || waiting.reason === "capacity";

/** `code:signal` as a shell would say it; the steps know it where the job's own is 0:0. */
function exitCodeOf(
  job: SlurmRecord,
  steps: readonly SlurmRecord[],
  oom: boolean,
  status: Observation["status"],
): number | null {
  if (status === "submitted" || status === "running") return null;
  const own = shellCode(job.code, oom);
  if (status === "succeeded") return own;
  const ofSteps = steps
    .filter((step) => !step.id?.includes(".ext"))
    .map((step) => shellCode(step.code, oom))
    .find(failingCode);
  return own || ofSteps || null;
}

function shellCode(exit: ExitStatus | null, oom: boolean): number | null {
  if (!exit) return null;
  if (exit.signal === MEMORY_KILL && oom) return 128 + 9;
  if (exit.code === 0 && exit.signal === FILES_UNUSABLE) return null;
  return exit.code === 0 && exit.signal > 0 ? 128 + exit.signal : exit.code;
}

const filesUnusable = (job: SlurmRecord): boolean =>
  job.state === "FAILED" && job.code?.code === 0 && job.code.signal === FILES_UNUSABLE;

const verdictOf = (job: SlurmRecord, meaning: Meaning | null): FailureClass | null =>
  meaning?.verdict ?? (filesUnusable(job) ? "infra" : null);

function ranOf(job: SlurmRecord, meaning: Meaning | null): { ran?: boolean } {
  if (filesUnusable(job)) return { ran: false };
  const ran = meaning?.ran ?? (job.elapsed ? true : job.started);
  return ran === null ? {} : { ran };
}

const TALKATIVE = new Set(["", "none", "(null)", "nonzeroexitcode"]);

function evidenceOf(job: SlurmRecord, killed: SlurmRecord | undefined): Evidence[] {
  const said: string[] = [];
  if (killed && killed !== job) said.push(`Slurm counted a memory kill in step ${killed.id ?? ""}`.trim());
  if (filesUnusable(job)) said.push("Slurm could not open the job's own files (0:53)");
  if (job.raw !== null) said.push(`Slurm's state is ${job.raw}`);
  if (job.reason && !TALKATIVE.has(job.reason.toLowerCase())) said.push(`reason ${job.reason}`);
  const text = said.join(", ").slice(0, 500);
  return text === "" ? [] : [{ source: "executor", text }];
}

function noteOf(job: SlurmRecord, meaning: Meaning | null): string | null {
  if (meaning?.note) return meaning.note;
  if (meaning === null && job.raw !== null) return `The state ${job.raw} is not known here.`;
  if (meaning?.status !== "submitted") return null;
  return /^(?:JobHeld|JobHoldMaxRequeue|ResvDelHold|launch.failed)/i.test(job.reason ?? "") ? HELD : null;
}

const resourcesOf = ({ cpu, memory, timeLimit }: SlurmRecord): Partial<Resources> => ({
  ...(cpu && cpu > 0 && cpu <= 1024 ? { cpu } : {}),
  ...(memory ? { memory: formatSize(memory) } : {}),
  ...(timeLimit && timeLimit > 0 && timeLimit < 1e9 ? { time: formatDuration(timeLimit) } : {}),
});
