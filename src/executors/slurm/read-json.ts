import { z } from "zod";
import { type ExitStatus, exitStatus, fromWaitStatus, noRecord, type SlurmRecord } from "./slurm-record.ts";
import { fullState } from "./slurm-states.ts";

const loose = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);
/** A number, or newer Slurm's `{set, infinite, number}`. */
const Amount = z.union([
  z.number().int(),
  z
    .object({ set: z.boolean(), infinite: z.boolean().optional(), number: z.number().int() })
    .transform(({ set, infinite, number }) => (set && !infinite ? number : null)),
]);
const Words = z.union([z.string(), z.array(z.string())]);
const ExitCode = z.union([
  z.number().int(),
  z.string(),
  z.object({
    return_code: loose(Amount),
    signal: loose(z.object({ id: loose(Amount), signal_id: loose(Amount) })),
  }),
]);
const State = z.union([Words, z.object({ current: loose(Words), reason: loose(z.string()) })]);

const JsonJob = z.object({
  job_id: loose(z.union([z.number(), z.string()])),
  job_state: loose(Words),
  state: loose(State),
  state_reason: loose(z.string()),
  exit_code: loose(ExitCode),
  cpus: loose(Amount),
  memory_per_node: loose(Amount),
  memory_per_cpu: loose(Amount),
  time_limit: loose(Amount),
  required: loose(
    z.object({
      CPUs: loose(Amount),
      memory: loose(Amount),
      memory_per_node: loose(Amount),
      memory_per_cpu: loose(Amount),
    }),
  ),
  time: loose(z.object({ elapsed: loose(Amount), limit: loose(Amount), start: loose(Amount) })),
  steps: z.unknown().optional(),
});
type JsonJob = z.infer<typeof JsonJob>;

const JsonStep = z.object({
  step: loose(z.object({ id: z.unknown().optional(), name: loose(z.string()) })),
  state: loose(Words),
  exit_code: loose(ExitCode),
});

/** The jobs of `sacct --json`, `squeue --json` or slurmrestd, or one of them alone. Empty when it is none. */
export function readSlurmJson(value: unknown): SlurmRecord[] {
  const items = Array.isArray(value) ? value : (fields(value)?.["jobs"] ?? [value]);
  return (Array.isArray(items) ? items : []).flatMap((item) => {
    const given = fields(item);
    const ours = given && ("job_id" in given || "job_state" in given || fields(given["state"])?.["current"]);
    const read = ours ? JsonJob.safeParse(given) : null;
    return read?.success ? recordsOf(read.data) : [];
  });
}

const fields = (value: unknown): Readonly<Record<string, unknown>> | null =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;

function recordsOf(job: JsonJob): SlurmRecord[] {
  const id = job.job_id === null || job.job_id === undefined ? null : String(job.job_id);
  const words = typeof job.state === "object" && !Array.isArray(job.state) ? job.state : null;
  const raw = firstOf(job.job_state ?? words?.current ?? (words ? null : (job.state as Words))) ?? null;
  const cpu = job.cpus ?? job.required?.CPUs ?? null;
  const minutes = job.time_limit ?? job.time?.limit ?? null;
  const main: SlurmRecord = {
    ...noRecord,
    id,
    raw,
    state: raw === null ? null : fullState(raw),
    code: codeOf(job.exit_code),
    reason: job.state_reason ?? words?.reason ?? null,
    cpu,
    memory: memoryOf(job, cpu),
    timeLimit: minutes === null ? null : minutes * 60,
    elapsed: job.time?.elapsed ?? null,
    started: job.time?.start === undefined ? null : job.time.start !== null && job.time.start > 0,
  };
  const steps = Array.isArray(job.steps) ? job.steps : [];
  return [main, ...steps.flatMap((step) => stepOf(step, id ?? "") ?? [])];
}

type Words = z.infer<typeof Words> | null | undefined;
/** Newer Slurm gives a list, flags such as COMPLETING after the state itself. */
const firstOf = (words: Words): string | undefined =>
  Array.isArray(words) ? words[0] : (words ?? undefined);

function stepOf(value: unknown, job: string): SlurmRecord | null {
  const read = JsonStep.safeParse(value);
  if (!read.success) return null;
  const raw = firstOf(read.data.state) ?? null;
  return {
    ...noRecord,
    id: `${job}.${read.data.step?.name ?? "0"}`,
    raw,
    state: raw === null ? null : fullState(raw),
    code: codeOf(read.data.exit_code),
  };
}

/** 22.05 says SUCCESS, 0 of failed jobs: a 0 here is no news, and the state is believed instead. */
function codeOf(code: z.infer<typeof ExitCode> | null | undefined): ExitStatus | null {
  if (code === null || code === undefined) return null;
  if (typeof code === "string") return exitStatus(code);
  if (typeof code === "number") return fromWaitStatus(code);
  const signal = code.signal?.id ?? code.signal?.signal_id ?? 0;
  return { code: code.return_code ?? 0, signal };
}

const MIB = 2 ** 20;
function memoryOf(job: JsonJob, cpu: number | null): number | null {
  const node = job.memory_per_node ?? job.required?.memory_per_node ?? job.required?.memory;
  const perCpu = job.memory_per_cpu ?? job.required?.memory_per_cpu;
  const mib = node || (perCpu ? perCpu * (cpu ?? 1) : 0);
  return mib > 0 && mib < 2 ** 30 ? mib * MIB : null;
}
